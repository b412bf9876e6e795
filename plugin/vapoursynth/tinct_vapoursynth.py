"""``import tinct_vapoursynth as tinct``, then ``tinct.Colorize(clip, stills)``."""

from __future__ import annotations

from tinct.plugin.vapoursynth.colorize import colorize as Colorize

__all__ = ["Colorize"]
