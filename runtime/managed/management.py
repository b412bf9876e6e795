"""What colour management does to a run: the plate is read in, and the result written out, through named spaces."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import UsageError
from tinct.runtime.managed.config import ColourConfig, Conversion
from tinct.runtime.managed.movie_colour import movie_tags
from tinct.runtime.managed.working_space import measure_linear_space
from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.plate import ColourTags, PlateInfo
from tinct.runtime.picture.screen import linear_to_srgb

Image = NDArray[np.float32]

_FLOAT_SUFFIXES = (".exr", ".tif", ".tiff")
_PROBES, _LOST, _TOE = 1025, 1e-3, 0.1
"""Probes of the grey axis, the error of one that is lost, and where they begin: below Dmin a log has no light left."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ColourSpaces:
    """The spaces that a user named, each by a name, an alias or a role of the configuration; None: not named.

    ``config``: an OpenColorIO configuration as `ColourConfig` takes it. ``input``: of the plate's file; without it
    nothing is managed and files are taken by their own tags. ``output``: of the result's file; the plate's own unless
    named. ``still``: of the stills' files; unless named, integer files are sRGB and float files linear Rec.709.
    """

    config: str | None = None
    input: str | None = None
    output: str | None = None
    still: str | None = None

    def open(self) -> "ColourManagement | None":
        """Load the configuration and look the spaces up; None when no input space is named.

        Raises:
            UnknownNameError: a space that the configuration does not have.
            UsageError: options without an input space, or a configuration that cannot be used.
        """
        if self.input is not None:
            return ColourManagement(self)
        named = {"--ocio": self.config, "--output-space": self.output, "--still-space": self.still}
        for option, value in named.items():
            if value is not None:
                raise UsageError(f"{option} needs --input-space, which says what space the plate's file is in")
        return None


class ColourManagement:
    """Conversions from the plate's space to a linear one, in which colour is composed, and on to the result's.

    The plate's own space is worked in when it is linear; otherwise the configuration's scene-linear one is.
    """

    def __init__(self, spaces: ColourSpaces) -> None:
        """Load and check everything that ``spaces`` names, an input space among it.

        Raises:
            UnknownNameError: a space that the configuration does not have.
            UsageError: a configuration or a space that cannot be used.
        """
        assert spaces.input is not None, "management begins with an input space"
        self.config = config = ColourConfig(spaces.config)
        self.input = config.space(spaces.input, "--input-space")
        self.output = config.space(spaces.output, "--output-space") if spaces.output else self.input
        self.still = config.space(spaces.still, "--still-space") if spaces.still else None
        working = self.input if config.is_linear(self.input) else config.linear_space()
        self.working = measure_linear_space(config, working, scene=not config.is_picture(self.input))
        self.to_working = config.conversion(self.input, working)
        self.to_output = config.conversion(working, self.output)
        self.holds = _reversible_up_to(config.conversion(working, self.input), self.to_working)
        """Grey values from 0 up to this come back from the working space; infinity where all do."""
        _log.info("%s: %s -> %s -> %s", config.name, self.input, working, self.output)

    def working_tags(self, colour: ColourTags) -> ColourTags:
        """Tags of the plate while it is worked on; ``colour``: those of its file."""
        return replace(colour, transfer="linear", space=self.working)

    @property
    def still_to_srgb(self) -> Callable[[Image], Image] | None:
        """Turns a still's pixels (H, W, 3) float32 as stored into sRGB, 0..1; None where no still space is named.

        A scene-referred still is seen as the plate is, through the shoulder of the view.
        """
        if self.still is None:
            return None
        target, space = self._still_space
        conversion = self.config.conversion(self.still, target)
        return lambda rgb: linear_to_srgb(conversion.apply(np.array(rgb, np.float32)), space)

    @cached_property
    def _still_space(self) -> tuple[str, LinearSpace]:
        assert self.still is not None, "only asked for with a still space"
        target = self.still if self.config.is_linear(self.still) else self.config.linear_space()
        return target, measure_linear_space(self.config, target, scene=not self.config.is_picture(self.still))

    def written_info(self, info: PlateInfo, output: Path) -> PlateInfo:
        """``info`` as the writer of ``output`` needs it: tags say what the values that come to it are.

        Raises:
            UsageError: scene-linear values would go into a format of integers.
        """
        if self.config.is_linear(self.output):
            if not holds_floats(info, output):
                raise UsageError(
                    f"{self.output!r} is linear light, and {output} holds integers, in which shadows would band; "
                    "write EXR, or name a log or display space (--output-space)"
                )
            space = self.working
            if self.output != space.name:
                space = measure_linear_space(self.config, self.output, scene=space.scene)
            colour = ColourTags(info.colour.matrix, "linear", matrix_tag=0, space=space)
        elif self.output == self.input and info.colour.transfer != "linear":
            colour = info.colour
        else:
            colour = movie_tags(self.output, info.colour)
        return replace(info, colour=colour)


def _reversible_up_to(back: Conversion, there: Conversion) -> float:
    """The largest grey value below which every one comes back through ``there`` and ``back``.

    Densities of a whole 16-bit ADX reach beyond any light; the conversion to light ends before its codes do.
    """
    if there.is_nothing:
        return np.inf
    ramp = np.linspace(0, 1, _PROBES, dtype=np.float32)
    returned = back.apply(there.apply(np.repeat(ramp[:, None], 3, axis=1)))
    lost = np.flatnonzero(~(np.abs(returned - ramp[:, None]) < _LOST).all(axis=1) & (ramp > _TOE))
    return float(ramp[lost[0]]) if lost.size else np.inf


def holds_floats(info: PlateInfo, output: Path) -> bool:
    """Whether ``output`` will hold floating point; a folder takes the plate's own format."""
    suffix = output.suffix.lower() if output.suffix and not output.is_dir() else info.path.suffix.lower()
    return suffix == ".exr" or (suffix in _FLOAT_SUFFIXES and info.is_float)
