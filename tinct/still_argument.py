"""``STILL[@FRAME][=WEIGHT]`` on the command line."""

import re
from dataclasses import dataclass
from pathlib import Path

_WITH_WEIGHT = re.compile(r"(?P<still>.+)=(?P<weight>[+-]?(\d+(\.\d*)?|\.\d+))")
_WITH_FRAME = re.compile(r"(?P<path>.+)@(?P<frame>[+-]?\d+)")


@dataclass(frozen=True)
class StillArgument:
    """A still as a user names it: ``path``, in force from the plate's frame ``frame`` on (None: from the start).

    ``weight``: how much it counts beside the other stills of its set.
    """

    path: Path
    frame: int | None
    weight: float = 1.0


def parse_still(text: str) -> StillArgument:
    """Split ``STILL@FRAME=WEIGHT`` at the last ``=`` when a number follows it, and the rest at the last ``@`` when an
    integer does.

    A file whose whole name is ``text``, or what is left of it, is that file, even where its name ends like ``@1001`` or
    ``=2``. Names of pictures end in ``.png`` and the like, so they are never taken for one.
    """
    weight = 1.0
    weighed = _WITH_WEIGHT.fullmatch(text)
    if weighed is not None and not Path(text).exists():
        text, weight = weighed["still"], float(weighed["weight"])
    match = _WITH_FRAME.fullmatch(text)
    if match is None or Path(text).exists():
        return StillArgument(Path(text), None, weight)
    return StillArgument(Path(match["path"]), int(match["frame"]), weight)
