"""Where the results of a project go, and what they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tinct.runtime.errors import ProjectError
from tinct.runtime.project.shot import check_path

SHOT = "{shot}"
"""Stands in a pattern for the shot's name."""
PASSES = ("chroma", "cbcr", "ab", "confidence")


@dataclass(frozen=True)
class OutputSettings:
    """Results of all shots.

    ``folder``: where they go. ``pattern``: the place of one in it, with ``{shot}`` for the shot's name: a movie
    (``{shot}.mov``) or a sequence (``{shot}/{shot}.%04d.exr``). ``codec``: of movies; None: the container's usual one.
    ``passes``: written beside the picture, of `PASSES`; ``passes_pattern``: where, if not in the picture's own EXR
    (``{shot}/{shot}_{pass}.%04d.exr``).
    """

    folder: str
    pattern: str = "{shot}.mov"
    codec: str | None = None
    passes: tuple[str, ...] = ()
    passes_pattern: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ProjectError: a field that holds what it must not; the message names it.
        """
        check_path("folder", self.folder)
        _check_pattern("pattern", self.pattern)
        if self.passes_pattern is not None:
            _check_pattern("passes_pattern", self.passes_pattern)
        for name in self.passes:
            if name not in PASSES:
                raise ProjectError(f"passes names {name[:80]!r}; the passes are {', '.join(PASSES)}")

    def place(self, shot: str) -> str:
        """The path of the result of the shot of that name."""
        return os.path.join(self.folder, *self.pattern.replace(SHOT, shot).split("/"))

    def passes_place(self, shot: str) -> str | None:
        """The path of its passes, None where they have none of their own."""
        if self.passes_pattern is None:
            return None
        return os.path.join(self.folder, *self.passes_pattern.replace(SHOT, shot).split("/"))


def _check_pattern(name: str, pattern: str) -> None:
    parts = pattern.split("/")
    outside = (
        pattern.startswith("/") or "\\" in pattern or "\0" in pattern or any(part in ("", ".", "..") for part in parts)
    )
    if outside or SHOT not in pattern:
        raise ProjectError(
            f"{name} is {pattern[:80]!r} and must be a place within the output folder, with {SHOT} for the shot's name"
        )
