"""The part of a picture that a request names."""

from tinct.runtime.media.framing import Framing
from tinct.runtime.worker.fields import Fields


def parse_framing(fields: Fields) -> Framing:
    """``crop`` and ``turn`` of a request; without them, the whole picture.

    Raises:
        UsageError: they are no part of a picture.
    """
    turn = fields.whole("turn") if fields.has("turn") else 0
    if not fields.has("crop"):
        return Framing(turn=turn)
    left, top, right, bottom = fields.numbers("crop", 4)
    return Framing((left, top, right, bottom), turn)
