"""A still of a library for each shot of a plate: the retrieval step of the automatic pipeline (SwinTExCo, seed 000)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tinct.runtime.errors import UsageError
from tinct.runtime.library.still_library import Found, StillLibrary
from tinct.runtime.media import PlateReader, open_plate
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.shots.shot import Shot, ShotList

FLOOR = 0.75
"""Similarity below which a still is taken for another place: docs/shots.md says how it was chosen."""
LOOKS = 3
"""Frames of a shot that are looked at."""
CANDIDATES = 5


@dataclass(frozen=True)
class ShotStill:
    """The still chosen for a shot, or None where none is alike enough.

    ``candidates``: the stills found for it, best first, with the mean ``similarity`` over the frames ``looked_at``.
    """

    shot: Shot
    still: Path | None
    similarity: float
    looked_at: tuple[int, ...]
    candidates: tuple[Found, ...]


def choose_stills(
    library: StillLibrary,
    plate: Path,
    shots: ShotList,
    *,
    frames: str | None = None,
    floor: float = FLOOR,
    looks: int = LOOKS,
) -> tuple[ShotStill, ...]:
    """Choose a still of ``library`` for each of the ``shots`` that has frames in ``plate`` (in the range ``frames``);
    the shots of the answer are cut to those.

    A shot is asked for at ``looks`` frames spread over it, those of its transitions left out; the still with the
    highest mean similarity is chosen, unless that is below ``floor``.

    Raises:
        UsageError: ``floor`` is not within -1..1.
        FrameRangeError, MediaError: the plate cannot be read, or lacks frames.
        BackendError: the descriptor graph failed.
    """
    if not -1 <= floor <= 1:
        raise UsageError(f"the floor {floor} must lie within -1..1: it is a cosine")
    chosen = []
    with open_plate(plate, frames=frames) as reader:
        for place, shot in enumerate(shots.shots):
            after = shots.shots[place + 1] if place + 1 < len(shots.shots) else None
            numbers = [number for number in reader.info.frames if shot.first <= number <= shot.last]
            if numbers:
                inside = replace(shot, first=max(shot.first, numbers[0]), last=min(shot.last, numbers[-1]))
                chosen.append(_choose(library, reader, inside, _looked_at(numbers, shot, after, looks), floor))
    return tuple(chosen)


def _looked_at(numbers: Sequence[int], shot: Shot, after: Shot | None, looks: int) -> list[int]:
    """``looks`` of the shot's frame ``numbers``, in the middle of as many equal parts."""
    begins, ends = shot.begins, after.begins if after is not None else None
    clear = [
        number
        for number in numbers
        if (begins is None or number > begins.last or begins.first == begins.last)
        and (ends is None or number < ends.first)
    ]
    clear = clear or list(numbers)
    count = min(looks, len(clear))
    return [clear[(2 * part + 1) * len(clear) // (2 * count)] for part in range(count)]


def _choose(library: StillLibrary, reader: PlateReader, shot: Shot, numbers: list[int], floor: float) -> ShotStill:
    answers: list[dict[Path, Found]] = []
    for number in numbers:
        lightness = luma_to_lightness(reader.read(number).luma, reader.info.colour)
        found = library.query(np.nan_to_num(lightness, nan=0.0, posinf=100.0, neginf=0.0), CANDIDATES)
        answers.append({one.path: one for one in found})
    known = {path: one for answer in answers for path, one in answer.items()}
    means = {path: _mean(path, answers) for path in known}
    ranked = tuple(
        Found(path, means[path], known[path].digest) for path in sorted(known, key=lambda path: -means[path])
    )
    best = ranked[0] if ranked else None
    similarity = best.similarity if best is not None else -1.0
    taken = best.path if best is not None and similarity >= floor else None
    return ShotStill(shot, taken, similarity, tuple(numbers), ranked[:CANDIDATES])


def _mean(path: Path, answers: Sequence[dict[Path, Found]]) -> float:
    """Mean similarity of a still; a frame that does not list it counts with the least one that it lists."""
    return float(
        np.mean(
            [
                answer[path].similarity if path in answer else min(one.similarity for one in answer.values())
                for answer in answers
                if answer
            ]
        )
    )
