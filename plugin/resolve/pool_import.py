"""Coloured files in the media pool: in a bin of their own, with the frame rate and the properties of their plates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from tinct.plugin.resolve.api import Pool, PoolFolder, PoolItem
from tinct.plugin.resolve.errors import PlacementError
from tinct.plugin.resolve.media_path import media_key, parse_media_path
from tinct.plugin.resolve.rates import frame_rate

BIN = "Tinct"


def import_result(pool: Pool, result: str, rate: Fraction, properties: Mapping[str, Any]) -> PoolItem:
    """The media pool item of the coloured file ``result``, imported if it is not there yet.

    Raises:
        PlacementError: Resolve does not take it.
    """
    for clip in _clips(pool.GetRootFolder()):
        if media_key(str(clip.GetClipProperty("File Path") or "")) == media_key(result):
            return clip
    before = pool.GetCurrentFolder()
    pool.SetCurrentFolder(_bin(pool))
    try:
        media = parse_media_path(result)
        if media.frames is None:
            made = pool.ImportMedia([result])
        else:
            ends = {"StartIndex": media.first, "EndIndex": media.first + media.frames - 1}
            made = pool.ImportMedia([{"FilePath": media.path, **ends}])
    finally:
        pool.SetCurrentFolder(before)
    item: PoolItem | None = made[0] if made else None
    if item is None or media_key(str(item.GetClipProperty("File Path") or "")) != media_key(result):
        raise PlacementError(f"Resolve does not import {result}; see that it can read the file, and import it by hand")
    suit(item, rate, properties)
    return item


def suit(item: PoolItem, rate: Fraction, properties: Mapping[str, Any]) -> None:
    """Give a coloured clip its plate's rate and properties, which Resolve takes from the project or guesses otherwise.

    Raises:
        PlacementError: it does not take the rate.
    """
    if frame_rate(item.GetClipProperty("FPS")) != rate:
        item.SetClipProperty("FPS", f"{round(float(rate), 3):g}")
    if frame_rate(item.GetClipProperty("FPS")) != rate:
        raise PlacementError(
            "{} plays at {} frames a second and its plate at {:.3f}, and Resolve does not change it; set it in Clip "
            "Attributes and update again".format(item.GetName(), item.GetClipProperty("FPS"), float(rate))
        )
    for name, value in properties.items():
        if item.GetClipProperty(name) != value:
            item.SetClipProperty(name, value)  # what a version does not let scripts set stays as Resolve has it


def _clips(folder: PoolFolder) -> Iterator[PoolItem]:
    yield from folder.GetClipList() or []
    for below in folder.GetSubFolderList() or []:
        yield from _clips(below)


def _bin(pool: Pool) -> PoolFolder:
    root = pool.GetRootFolder()
    for folder in root.GetSubFolderList() or []:
        if folder.GetName() == BIN:
            return folder
    return pool.AddSubFolder(root, BIN) or root
