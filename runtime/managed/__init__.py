"""Colour management with OpenColorIO: a plate's own space in, linear light to work in, a chosen space out."""

from pathlib import Path

from tinct.runtime.managed.management import ColourManagement, ColourSpaces, holds_floats
from tinct.runtime.managed.reader import ManagedReader
from tinct.runtime.managed.writer import ManagedWriter
from tinct.runtime.media.base import PlateReader, ResultWriter
from tinct.runtime.media.plate import PlateInfo

__all__ = ["ColourManagement", "ColourSpaces", "managed_plate", "managed_result"]


def managed_plate(reader: PlateReader, management: ColourManagement | None) -> PlateReader:
    """``reader`` seen through ``management``; itself where there is none."""
    return reader if management is None else ManagedReader(reader, management)


def managed_result(
    writer: ResultWriter, management: ColourManagement | None, info: PlateInfo, output: Path
) -> ResultWriter:
    """``writer`` of ``output`` reached through ``management``; itself where there is none."""
    if management is None:
        return writer
    return ManagedWriter(writer, management, integers=not holds_floats(info, output))
