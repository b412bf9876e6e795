"""Files behind a media pool item: Resolve spells a sequence ``shot.[1001-1100].exr``."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

IMAGE_SUFFIXES = (".exr", ".dpx", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
WRITTEN_SUFFIXES = (".exr", ".dpx", ".tif", ".tiff", ".png")
"""Image formats that Tinct writes; a sequence of another one becomes PNG."""

_RANGE = re.compile(r"^(.*)\[(\d+)-(\d+)\](\.[A-Za-z0-9]+)$")


class MediaPath(NamedTuple):
    """``path``: a movie, or a sequence's pattern with ``%04d``; ``first``: number of its first frame (0 of a movie).

    ``frames``: count by the spelling of a sequence, None for a movie.
    """

    path: str
    first: int
    frames: int | None

    @property
    def is_sequence(self) -> bool:
        """Whether it is numbered pictures."""
        return self.frames is not None

    @property
    def stem(self) -> str:
        """The name without folder, number and suffix."""
        name = os.path.basename(self.path)
        return re.sub(r"[._-]*%\d*d$", "", os.path.splitext(name)[0]) or "clip"

    @property
    def suffix(self) -> str:
        """Of the file name, lower case."""
        return os.path.splitext(self.path)[1].lower()

    def file(self, index: int) -> str:
        """The picture ``index`` of a sequence, 0 for its first; a movie is one file."""
        token = re.search(r"%0(\d+)d(?=\.[A-Za-z0-9]+$)", self.path) if self.frames is not None else None
        if token is None:
            return self.path
        return f"{self.path[: token.start()]}{self.first + index:0{token[1]}d}{self.path[token.end() :]}"

    def files(self) -> list[str]:
        """The file, or the first and the last of a sequence."""
        return [self.path] if self.frames is None else [self.file(0), self.file(self.frames - 1)]


def parse_media_path(spelled: str) -> MediaPath:
    """What Resolve's ``File Path`` names."""
    match = _RANGE.match(spelled)
    if match is None:
        return MediaPath(spelled, 0, None)
    head, first, last, suffix = match.groups()
    return MediaPath(f"{head}%0{len(first)}d{suffix}", int(first), int(last) - int(first) + 1)


def media_key(spelled: str) -> str:
    """The same for each way to spell one movie or sequence, "" for none."""
    ends = [os.path.normcase(os.path.normpath(path)) for path in parse_media_path(spelled).files()]
    return "|".join(ends) if spelled else ""


def spell_sequence(pattern: str, first: int, frames: int) -> str:
    """A sequence's pattern with ``%04d`` as Resolve spells it."""
    token = re.search(r"%0(\d+)d(?=\.[A-Za-z0-9]+$)", pattern)
    assert token is not None
    ends = f"[{first:0{token[1]}d}-{first + frames - 1:0{token[1]}d}]"
    return f"{pattern[: token.start()]}{ends}{pattern[token.end() :]}"
