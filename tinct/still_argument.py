"""``STILL[@FRAME]`` on the command line."""

import re
from dataclasses import dataclass
from pathlib import Path

_WITH_FRAME = re.compile(r"(?P<path>.+)@(?P<frame>[+-]?\d+)")


@dataclass(frozen=True)
class StillArgument:
    """A still as a user names it: ``path``, in force from the plate's frame ``frame`` on (None: from the start)."""

    path: Path
    frame: int | None


def parse_still(text: str) -> StillArgument:
    """Split ``STILL@FRAME`` at the last ``@`` when an integer follows it.

    A file whose whole name is ``text`` is that file, even where its name ends like ``@1001``.
    """
    whole = Path(text)
    match = _WITH_FRAME.fullmatch(text)
    if match is None or whole.exists():
        return StillArgument(whole, None)
    return StillArgument(Path(match["path"]), int(match["frame"]))
