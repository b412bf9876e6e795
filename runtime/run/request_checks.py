"""What can be known of a request before work begins: errors that refuse it, and warnings."""

import math
from collections.abc import Iterator
from pathlib import Path

from tinct.runtime.backends import AUTO, backend_names
from tinct.runtime.errors import FrameRangeError, UnknownNameError, UsageError
from tinct.runtime.media import CODECS, PlateInfo, open_plate
from tinct.runtime.run.passes import check_passes
from tinct.runtime.run.request import ColorizeRequest


def check_names(request: ColorizeRequest, *, stills: bool = True) -> None:
    """Refuse names that are not known and parameters out of their range; ``stills``: some must be named.

    Raises:
        UsageError: see above.
    """
    if request.backend not in (AUTO, *backend_names()):
        known = ", ".join((AUTO, *backend_names()))
        raise UnknownNameError(f"no backend named {request.backend!r}: the backends are {known}")
    if request.codec is not None and request.codec not in CODECS:
        raise UnknownNameError(f"no codec named {request.codec!r}: the codecs are {', '.join(CODECS)}")
    if not (math.isfinite(request.chroma) and request.chroma >= 0):
        raise UsageError(f"chroma is {request.chroma} and must be 0 or more; 1 is the colour as the stills have it")
    if request.stills_at_once < 1:
        raise UsageError(f"stills at once is {request.stills_at_once} and must be 1 or more")
    check_passes(request.passes)
    for still in request.references:
        if not (math.isfinite(still.weight) and still.weight > 0):
            raise UsageError(f"the weight of the still {still.path} is {still.weight} and must be above 0")
    if stills and not request.references:
        raise UsageError("no reference still was given; name at least one (--reference STILL)")


def check_frames(request: ColorizeRequest, info: PlateInfo) -> None:
    """Refuse a still or a hint whose frame lies outside the plate; outside the frames asked for is allowed.

    Raises:
        FrameRangeError: see above.
    """
    first, last = info.frames[0], info.frames[-1]
    named = [(f"the still {still.path}@{still.frame}", still.frame) for still in request.references]
    named += [(f"the hint {hint}", hint.frame) for hint in request.hints]
    outside = [(what, frame) for what, frame in named if frame is not None and not first <= frame <= last]
    if outside and request.frames is not None:
        try:
            with open_plate(Path(request.input)) as plate:
                first, last = plate.info.frames[0], plate.info.frames[-1]
        except FrameRangeError:  # holes, which the range leaves out: the plate's own ends are not known
            return
    for what, frame in outside:
        if not first <= frame <= last:
            raise FrameRangeError(f"{what} is for a frame outside the plate: {info.path} has frames {first} to {last}")


def check_hint_places(request: ColorizeRequest, info: PlateInfo) -> None:
    """Refuse a hint outside the picture.

    Raises:
        UsageError: see above.
    """
    for hint in request.hints:
        if not (0 <= hint.x <= info.width - 1 and 0 <= hint.y <= info.height - 1):
            raise UsageError(
                f"the hint {hint} lies outside the picture: {info.path} is {info.width}x{info.height}, "
                f"x from 0 to {info.width - 1} and y from 0 to {info.height - 1}"
            )


def hint_warnings(request: ColorizeRequest, info: PlateInfo) -> Iterator[str]:
    """Hints on frames that are not coloured."""
    frames = frozenset(info.frames)
    for hint in request.hints:
        if hint.frame not in frames:
            yield f"the hint {hint} is for a frame that was not coloured; it was not used"


def still_warnings(request: ColorizeRequest, info: PlateInfo) -> Iterator[str]:
    """Stills that no frame used, and frames that no still colours."""
    starts = [-math.inf if still.frame is None else still.frame for still in request.references]
    first, last = info.frames[0], info.frames[-1]
    in_force = {max((start for start in starts if start <= number), default=None) for number in info.frames}
    for still, start in zip(request.references, starts, strict=True):
        if start not in in_force:
            yield f"the still {still.path} is in force at none of the frames {first} to {last}; it was not used"
    if None in in_force:
        begin = min(start for start in starts)
        end = max(number for number in info.frames if number < begin)
        yield f"frames {first} to {end} lie before the first still and stay grey"
