"""An OpenColorIO configuration: which one, which spaces it has, and conversions; the border of its failures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import UnknownNameError, UsageError
from tinct.runtime.picture.bands import for_row_bands

Image = NDArray[np.float32]

DEFAULT_CONFIG = "ocio://studio-config-v2.1.0_aces-v1.3_ocio-v2.3"
"""The ACES configuration that comes inside OpenColorIO 2.3.2 and later, named in full so that an update of the library
does not change pictures."""
INTERCHANGE = "ACES2065-1"
"""The space by which OpenColorIO knows one configuration's colours in another's."""
_SUGGESTIONS = 4


class Conversion:
    """A way from one space to another, on float32 RGB."""

    def __init__(self, processor: Any) -> None:
        self._cpu = processor

    @property
    def is_nothing(self) -> bool:
        """Whether values stay as they are."""
        return bool(self._cpu.isNoOp())

    def apply(self, rgb: Image) -> Image:
        """Convert ``rgb`` (..., 3) float32, contiguous, in place and return it; values beyond 0..1 are kept."""
        if self.is_nothing or rgb.size == 0:
            return rgb
        if rgb.ndim != 3:
            self._cpu.applyRGB(rgb)
            return rgb

        def band(rows: slice, scratch: Image) -> None:
            self._cpu.applyRGB(rgb[rows])

        for_row_bands(rgb.shape[0], rgb.shape[1], band)
        return rgb


class ColourConfig:
    """A loaded configuration."""

    def __init__(self, name: str | None = None) -> None:
        """Load ``name``: a ``.ocio`` or ``.ocioz`` file or ``ocio://NAME``; None: ``$OCIO``, else `DEFAULT_CONFIG`.

        Raises:
            UsageError: OpenColorIO is not installed, or the configuration cannot be read.
        """
        try:
            import PyOpenColorIO as ocio
        except ImportError as error:
            raise UsageError(
                "colour spaces need OpenColorIO, which is not installed: pip install 'tinct[ocio]', "
                "or leave out --input-space and the options that go with it"
            ) from error
        self._ocio = ocio
        self._source = "--ocio"
        if name is None:
            name = os.environ.get("OCIO") or None
            self._source = "$OCIO" if name else "default"
        self.name = name or DEFAULT_CONFIG
        with self._reading():
            self._config = ocio.Config.CreateFromFile(self.name)

    @property
    def identity(self) -> str:
        """Names the configuration as it is now, the files that it reads among it."""
        return f"{self.name} {self._config.getCacheID()}"

    def space(self, name: str, option: str) -> str:
        """The full name of the colour space that ``name`` (a name, an alias or a role) means; ``option`` asked for it.

        Raises:
            UnknownNameError: there is none; names alike are in the message.
            UsageError: it holds data, not colours.
        """
        found = self._config.getColorSpace(name)
        if found is None:
            known = {alias.casefold(): space.getName() for space in self._spaces() for alias in _names(space)}
            known |= {role.casefold(): role for role, _ in self._config.getRoles()}
            alike = get_close_matches(name.casefold(), list(known), _SUGGESTIONS * 3, cutoff=0.4)
            alike += [key for key in known if name.casefold() in key and key not in alike]
            names = list(dict.fromkeys(known[key] for key in alike))[:_SUGGESTIONS]
            hint = f"; did you mean {' or '.join(repr(n) for n in names)}?" if names else ""
            raise UnknownNameError(f"{option}: {self.name} has no colour space {name!r}{hint}")
        if found.isData():
            raise UsageError(
                f"{option}: {found.getName()!r} of {self.name} holds data, not colours; name the space that the "
                "pixels are in, or leave the option out to take the file's own tags"
            )
        return str(found.getName())

    def is_linear(self, name: str) -> bool:
        """Whether the space ``name`` is linear light."""
        display = self._is_display(name)
        reference = (
            self._ocio.REFERENCE_SPACE_DISPLAY if display else self._ocio.REFERENCE_SPACE_SCENE
        )  # linear in its own reference
        with self._reading():
            return bool(self._config.isColorSpaceLinear(name, reference))

    def is_picture(self, name: str) -> bool:
        """Whether the space ``name`` is that of a picture on an SDR display, whose white is 1."""
        encoding = self._config.getColorSpace(name).getEncoding()
        return encoding == "sdr-video" or (not encoding and self._is_display(name))

    def linear_space(self) -> str:
        """The configuration's scene-linear working space.

        Raises:
            UsageError: it names none.
        """
        role = self._config.getColorSpace(self._ocio.ROLE_SCENE_LINEAR)
        if role is None:
            raise UsageError(
                f"{self.name} has no role 'scene_linear', in which Tinct composes; add the role or use another "
                "configuration (--ocio)"
            )
        return str(role.getName())

    def conversion(self, source: str, target: str) -> Conversion:
        """The way from the space ``source`` to ``target``.

        Raises:
            UsageError: the configuration cannot convert between them (a missing file, mostly).
        """
        with self._reading():
            return self._cpu(self._config.getProcessor(source, target))

    def to_aces(self, source: str) -> Conversion:
        """The way from ``source`` to linear ACES2065-1.

        Raises:
            UsageError: the configuration does not say how its spaces relate to ACES.
        """
        with self._reading(
            "add the role aces_interchange to it, which says where its colours lie, or use another (--ocio)"
        ):
            return self._cpu(self._ocio.Config.GetProcessorToBuiltinColorSpace(self._config, source, INTERCHANGE))

    def _cpu(self, processor: Any) -> Conversion:
        depth = self._ocio.BIT_DEPTH_F32
        # Faster settings use approximate powers, which cost up to 1e-4 of full scale.
        return Conversion(processor.getOptimizedCPUProcessor(depth, depth, self._ocio.OPTIMIZATION_LOSSLESS))

    def _is_display(self, name: str) -> bool:
        kind = self._config.getColorSpace(name).getReferenceSpaceType()
        return bool(kind == self._ocio.REFERENCE_SPACE_DISPLAY)

    def _spaces(self) -> Iterator[Any]:
        yield from self._config.getColorSpaces(self._ocio.SEARCH_REFERENCE_SPACE_ALL, self._ocio.COLORSPACE_ALL)

    @contextmanager
    def _reading(self, advice: str = "check its path and the files it names") -> Iterator[None]:
        """Turn OpenColorIO's exceptions into `UsageError`."""
        try:
            yield
        except (self._ocio.Exception, self._ocio.ExceptionMissingFile) as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise UsageError(
                f"the OpenColorIO configuration {self.name} ({self._source}) cannot be used: {reason}; {advice}"
            ) from error


def _names(space: Any) -> list[str]:
    """A space's name and aliases."""
    return [space.getName(), *space.getAliases()]
