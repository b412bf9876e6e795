"""Readers and writers of movies, image sequences and stills."""

from tinct.runtime.media.base import PlateReader, ResultWriter
from tinct.runtime.media.codecs import CODECS
from tinct.runtime.media.formats import open_plate, open_writer
from tinct.runtime.media.plate import ColourTags, PlateFrame, PlateInfo, ResultFrame
from tinct.runtime.media.stills import Still, StillFile, read_still

__all__ = [
    "CODECS",
    "ColourTags",
    "PlateFrame",
    "PlateInfo",
    "PlateReader",
    "ResultFrame",
    "ResultWriter",
    "Still",
    "StillFile",
    "open_plate",
    "open_writer",
    "read_still",
]
