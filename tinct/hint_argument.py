"""``FRAME,X,Y,#RRGGBB`` on the command line."""

import re

from tinct.runtime.errors import UsageError
from tinct.runtime.hint_points import PointHint

_HINT = re.compile(
    r"(?P<frame>[+-]?\d+),(?P<x>\d+(\.\d+)?),(?P<y>\d+(\.\d+)?),#?(?P<colour>[0-9a-f]{6})", re.IGNORECASE
)


def parse_hint(text: str) -> PointHint:
    """A colour hint as a user writes it.

    Raises:
        UsageError: ``text`` is not of that form.
    """
    match = _HINT.fullmatch(text.replace(" ", ""))
    if match is None:
        raise UsageError(f"--hint {text!r} is not of the form FRAME,X,Y,#RRGGBB, for example 1001,640,360,#C23B22")
    red, green, blue = (value / 255 for value in bytes.fromhex(match["colour"]))
    return PointHint(int(match["frame"]), float(match["x"]), float(match["y"]), (red, green, blue))
