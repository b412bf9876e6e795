"""A run over some frames of a plate, as a piece of a longer one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinct.runtime.media import ResultWriter
from tinct.runtime.media.base import Piece
from tinct.runtime.run.checkpoint import Checkpoint


@dataclass(frozen=True)
class Stretch:
    """What a run over the frames of a request goes on from, and what becomes of its result.

    ``start``: where the frames before its own ended; None: nothing is taken from them. ``ended``: called with where its
    last frame leaves it, before its files are published. ``place``: the folder in which it works, and the name of the
    hidden folder in that. ``writer``: wraps the writer of the result, given the pieces that an earlier attempt
    settled; what it then finishes is published, in place of the result itself.
    """

    start: Checkpoint | None
    ended: Callable[[Checkpoint], None]
    place: tuple[Path, str]
    writer: Callable[[ResultWriter, Sequence[Piece]], ResultWriter]
