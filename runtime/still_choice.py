"""Which stills of a set take part in a frame, where there are more than may take part at once.

A step's cost and memory grow with the tokens that a frame is matched against, so only some stills of a large set take
part: those that together show most of the frame. The frame is encoded as if it were a still without colour, so its
cells and those of the stills are compared by the very descriptors with which the network matches, and no further
graph is needed. Q cells of the frame, M of a still, S stills, C channels of the first bank tensor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.state import TemporalState

Image = NDArray[np.float32]
Cells = NDArray[np.float16]

STILLS_AT_ONCE = 4
"""Default of how many stills take part in a frame; engines are built for as many unless told otherwise."""
LOOK_EVERY = 12
"""Frames from one look at all stills to the next; at a cut there is one at once."""
CUT = 10.0
"""Mean change of L* from the frame before, on cells of 16 pixels, from which a frame counts as another shot."""
FRAME_CELLS, STILL_CELLS = 251, 509
"""Cells that stand for a frame and for a still at most; primes, so that they do not stand in columns."""
SHARPNESS = 30.0
"""How fast likeness falls with distance, in natural logarithms: about that of the shipped model's attention."""
STAY = 0.5
"""A still that takes part counts as e^STAY times heavier: two stills that show the same must not take turns."""
JOIN = 0.3
"""A further still takes part where it raises the mean likeness by at least this, and leaves below half of it: a still
of another place fits every frame here and there, and what it fits by chance it colours wrongly."""
_CUT_CELL = 16
_EXCHANGES, _GAIN = 16, 1e-6
"""Most exchanges of one choice, and the least that one must gain."""


@dataclass(frozen=True)
class Choice:
    """``stills``: positions in their set, ascending, empty where all take part; ``age``: frames since the look."""

    stills: tuple[int, ...] = ()
    age: int = 0


ALL = Choice()


def cells_of(tokens: Image, most: int) -> Cells:
    """At most ``most`` rows of ``tokens`` (1, N, C), evenly spread, as (M, C) float16."""
    count = min(tokens.shape[1], most)
    rows = np.arange(count) * tokens.shape[1] // count
    return np.asarray(tokens[0, rows], np.float16)


def likeness(frame: Cells, still: Cells, log_weight: float) -> Image:
    """How well ``still`` (M, C) shows each cell of ``frame`` (Q, C): (Q,) float32, 0 or less but for the weight.

    Minus half the squared distance to the nearest cell, in units of the frame's mean squared length, times `SHARPNESS`,
    plus the logarithm of the still's weight: for keys of one length that is the logit of an attention of that sharpness
    (but for a term of the frame's own), as the frame graph has it.
    """
    one, other = frame.astype(np.float32), still.astype(np.float32)
    squares = np.square(one).sum(1)
    nearest = (one @ other.T - np.square(other).sum(1) / 2).max(1) - squares / 2
    return np.asarray(nearest * (SHARPNESS / max(float(squares.mean()), 1e-12)) + log_weight, np.float32)


def choose(alike: Image, count: int, kept: Sequence[int] = ()) -> tuple[int, ...]:
    """At most ``count`` stills that together show the frame best, by ``alike`` (S, Q), as positions, ascending.

    The stills are taken one by one, each time the one that raises the mean over the cells of the best likeness most
    (greedy facility location: Nemhauser, Wolsey, Fisher 1978), as long as that is by `JOIN`; then one is exchanged for
    another as long as that raises it. Of equals the first named is taken. Those in ``kept`` have `STAY` added.
    """
    scores = alike.astype(np.float64)
    scores[list(kept)] += STAY
    price = np.full(len(scores), JOIN)
    price[list(kept)] = JOIN / 2
    chosen = [int(scores.mean(1).argmax())]
    while len(chosen) < min(count, len(scores)):
        gains = _means_with(scores, chosen) - scores[chosen].max(0).mean() - price
        if gains.max() < 0:
            break
        chosen.append(int(gains.argmax()))
    for _ in range(_EXCHANGES):
        # Row k: the means with each of the stills in place of the k-th chosen one.
        means = np.stack([_means_with(scores, chosen[:k] + chosen[k + 1 :]) for k in range(len(chosen))])
        place, still = np.unravel_index(means.argmax(), means.shape)
        if means[place, still] <= means[0, chosen[0]] + _GAIN:
            break
        chosen[int(place)] = int(still)
    return tuple(sorted(chosen))


def _means_with(scores: NDArray[np.float64], chosen: Sequence[int]) -> NDArray[np.float64]:
    """The mean over the cells of the best score among ``chosen`` and each other still (S,); minus infinity for those
    chosen."""
    best = scores[list(chosen)].max(0, initial=-np.inf)
    means = np.asarray(np.maximum(scores, best).mean(1))
    means[list(chosen)] = -np.inf
    return means


def wants_look(previous: TemporalState, luminance: Image) -> bool:
    """Whether the stills are to be chosen anew for a frame with that ``luminance`` (h, w) L*, padded, after
    ``previous``: every so often, and where the picture changes as it does at a cut."""
    if not previous.stills or previous.age + 1 >= LOOK_EVERY:
        return True
    size = tuple(max(1, side // _CUT_CELL) for side in luminance.shape[::-1])
    then, now = (cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (previous.luminance, luminance))
    return float(np.abs(then - now).mean()) > CUT


def choice_at(previous: TemporalState | None, luminance: Image, alike: Iterator[Image], count: int) -> Choice:
    """The choice for a frame: that of ``previous``, or a new one.

    ``alike`` gives the likeness (Q,) of one still after the other to the frame, and is only asked for a new choice.
    """
    if previous is not None and not wants_look(previous, luminance):
        return Choice(previous.stills, previous.age + 1)
    return Choice(choose(np.stack(list(alike)), count, previous.stills if previous is not None else ()))
