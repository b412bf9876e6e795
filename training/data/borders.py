"""Black borders of a shot: letterbox and pillarbox bars."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinct.training.data.plan import Window

Profile = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""How bright each row (H,) and each column (W,) of a frame is: the 95th percentile of its pixels, full-range levels."""

BLACK = 20
"""Levels up to which a row or column counts as black; compression leaves noise in bars."""

MARGIN = 2
"""Pixels cut off beside a bar: its edge is blurred."""

LEAST_SHARE = 0.4
"""What a crop must leave of the height and of the width; less is a lit thing in the dark."""


def profile(frame: NDArray[np.uint8]) -> Profile:
    """The profile of a frame (H, W, 3); every fourth pixel along a row or column is looked at."""
    light = frame.max(-1)
    rows, columns = np.percentile(light[:, ::4], 95, axis=1), np.percentile(light[::4], 95, axis=0)
    return rows.astype(np.uint8), columns.astype(np.uint8)


def content_window(profiles: Sequence[Profile]) -> Window:
    """The part of the frames that is not border in any of ``profiles``, of frames of one size."""
    (top, height), (left, width) = (_lit(np.max([p[axis] for p in profiles], axis=0)) for axis in (0, 1))
    return top, left, height, width


def _lit(levels: NDArray[np.uint8]) -> tuple[int, int]:
    """First row (column) and number of rows from the first lit to the last."""
    lit = np.flatnonzero(levels > BLACK)
    if not len(lit):
        return 0, len(levels)
    first, end = int(lit[0]), int(lit[-1]) + 1
    first += MARGIN * (first > 0)
    end -= MARGIN * (end < len(levels))
    return (first, end - first) if end - first >= LEAST_SHARE * len(levels) else (0, len(levels))
