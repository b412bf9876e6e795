"""The plot of a plate's confidence, frame by frame."""

from collections.abc import Sequence

from tinct.plot import Box, Line, Shape, Words
from tinct.runtime.confidence_curve import FrameConfidence, Suggestion

WIDTH, HEIGHT = 1200, 360
LEFT, RIGHT, TOP, BOTTOM = 50, 1180, 50, 310
MEAN, SHARE, LIMIT = (0, 90, 160), (230, 140, 20), (190, 30, 30)
DOUBT, CUT, FRAME = (252, 228, 226), (120, 120, 120), (200, 200, 200)
MOST_TICKS = 10


def draw_curve(
    frames: Sequence[FrameConfidence],
    suggestions: Sequence[Suggestion],
    threshold: float,
    cuts: Sequence[int],
    title: str,
) -> tuple[list[Shape], int, int]:
    """Shapes, width and height: mean confidence and covered share over the frame numbers, doubted stretches shaded, the
    suggested frames marked above, shots divided by upright lines."""
    first, last = (frames[0].number, frames[-1].number) if frames else (0, 1)

    def x(number: float) -> float:
        return LEFT + (RIGHT - LEFT) * (number - first) / max(1, last - first)

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * value

    shapes: list[Shape] = [Box((0, 0), (WIDTH, HEIGHT), (255, 255, 255))]
    shapes += [Box((x(one.first), TOP), (max(x(one.last), x(one.first) + 1), BOTTOM), DOUBT) for one in suggestions]
    for tenth in range(0, 11, 2):
        shapes += [
            Line([(LEFT, y(tenth / 10)), (RIGHT, y(tenth / 10))], FRAME),
            Words(f"{tenth / 10:.1f}", (LEFT - 8, y(tenth / 10) + 4), anchor="end"),
        ]
    shapes += [Line([(x(cut), TOP), (x(cut), BOTTOM)], CUT) for cut in cuts if first < cut <= last]
    for number in _ticks(first, last):
        shapes.append(Words(str(number), (x(number), BOTTOM + 20), anchor="middle"))
    shapes.append(Line([(LEFT, y(threshold)), (RIGHT, y(threshold))], LIMIT))
    if frames:
        shapes.append(Line([(x(one.number), y(one.covered)) for one in frames], SHARE))
        shapes.append(Line([(x(one.number), y(one.mean)) for one in frames], MEAN, 2))
    for one in suggestions:
        at = x(one.frame)
        shapes += [
            Line([(at, TOP - 4), (at - 5, TOP - 12), (at + 5, TOP - 12), (at, TOP - 4)], LIMIT, 2),
            Words(str(one.frame), (at, TOP - 16), LIMIT, "middle"),
        ]
    words = (("mean confidence", MEAN), ("covered share", SHARE), ("threshold, suggested stills", LIMIT))
    shapes += [Words(text, (LEFT + 160 * place, HEIGHT - 12), colour) for place, (text, colour) in enumerate(words)]
    return [*shapes, Words(title, (LEFT, 18))], WIDTH, HEIGHT


def _ticks(first: int, last: int) -> range:
    """Round frame numbers, at most `MOST_TICKS` of them."""
    step = next(
        unit * 10**power
        for power in range(12)
        for unit in (1, 2, 5)
        if (last - first) / (unit * 10**power) < MOST_TICKS
    )
    return range(-(-first // step) * step, last + 1, step)
