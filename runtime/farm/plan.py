"""The plan of a job: its films cut into chunks, and the chunks dealt out to tasks."""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tinct.runtime.checkpoint import CHECKPOINT_FRAMES
from tinct.runtime.errors import PiecesError, UsageError
from tinct.runtime.farm.paths import PathRule, mapped_request
from tinct.runtime.request import ColorizeRequest
from tinct.runtime.shot_plan import ShotPlan
from tinct.runtime.worker.colorize_call import parse_request
from tinct.runtime.worker.fields import Fields

SCHEMA = 1
TASK_COST = 12
"""What a chunk costs beside its frames, in frames: opening plate and stills, filling the stages."""


@dataclass(frozen=True)
class Chunk:
    """The frames ``first`` to ``last`` of the film ``film``, in the shot ``shot`` that begins at ``shot_first``."""

    film: int
    number: int
    shot: int
    shot_first: int
    first: int
    last: int

    @property
    def name(self) -> str:
        """Its name among all of the job."""
        return f"{self.film:03}.{self.number:05}"

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return self.last - self.first + 1

    @property
    def starts_shot(self) -> bool:
        """Whether nothing is taken from a frame before it."""
        return self.first == self.shot_first


@dataclass(frozen=True)
class PlannedFilm:
    """A film whose shots are known: its ``request`` (paths as on the machine that wrote the job), its ``shots`` and the
    numbers of its ``first`` and ``last`` frame."""

    name: str
    request: Mapping[str, Any]
    shots: ShotPlan
    first: int
    last: int
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """``identity``: 32 hexadecimal digits that change with everything that the result depends on. ``preroll``: see
    `FarmJob`. ``chunks``: of all films in order."""

    identity: str
    films: tuple[PlannedFilm, ...]
    chunks: tuple[Chunk, ...]
    preroll: int | None = None
    backend: str | None = None

    def of_film(self, film: int) -> tuple[Chunk, ...]:
        """The chunks of one film."""
        return tuple(chunk for chunk in self.chunks if chunk.film == film)

    def tasks(self, count: int) -> tuple[tuple[Chunk, ...], ...]:
        """The chunks dealt out to ``count`` tasks, neighbours together; tasks beyond the chunks have none."""
        return deal(self.chunks, count)

    def relays(self, count: int) -> tuple[tuple[Chunk, ...], ...]:
        """The last chunks of cut shots dealt out to ``count`` tasks that make the states at which chunks begin."""
        lasts: dict[tuple[int, int], Chunk] = {}
        for chunk in self.chunks:
            if not chunk.starts_shot:
                lasts[chunk.film, chunk.shot] = chunk
        return deal(tuple(lasts.values()), count)

    def request(self, film: int, first: int, last: int, rules: Sequence[PathRule] = ()) -> ColorizeRequest:
        """The request for the frames ``first`` to ``last`` of a film, as this machine calls its files.

        Raises:
            UsageError: the film's request cannot be used.
        """
        planned = self.films[film]
        wanted = mapped_request(planned.request, rules)
        wanted["frames"] = f"{first}-{last}" if last > first else str(first)
        if self.backend is not None:
            wanted["backend"] = self.backend
        request = parse_request(Fields(wanted, f"the film {planned.name}"))
        return replace(request, shots=planned.shots, overwrite=True, resume=True)

    def to_json(self) -> str:
        """The plan as text."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, sort_keys=True) + "\n"


def read_plan(path: Path) -> Plan:
    """Read the plan in ``path``.

    Raises:
        PiecesError: there is none, or it is damaged: the analysis must run again.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("schema") != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
        films = tuple(
            PlannedFilm(**{**film, "shots": ShotPlan(**{name: _deep(value) for name, value in film["shots"].items()})})
            for film in document.pop("films")
        )
        chunks = tuple(Chunk(**chunk) for chunk in document.pop("chunks"))
        return Plan(films=films, chunks=chunks, **document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PiecesError(f"{path} is no plan ({error}); let the step analyse run again") from error


def cut_film(film: int, shots: ShotPlan, first: int, last: int, chunk: int) -> tuple[Chunk, ...]:
    """The chunks of a film: its shots, those longer than ``chunk`` frames (0: none) in equal parts.

    A shot here ends where nothing is taken over, which for a dissolve is its last frame. Parts end where a run over
    the whole shot has a checkpoint.
    """
    starts = [first, *(reset for reset in shots.resets if first < reset <= last)]
    ends = [*(start - 1 for start in starts[1:]), last]
    chunks: list[Chunk] = []
    for shot, (begin, end) in enumerate(zip(starts, ends, strict=True)):
        for one, other in _parts(begin, end, chunk):
            chunks.append(Chunk(film, len(chunks), shot, begin, one, other))
    return tuple(chunks)


def deal(chunks: Sequence[Chunk], count: int) -> tuple[tuple[Chunk, ...], ...]:
    """``chunks`` in ``count`` runs of neighbours, the dearest of which is as cheap as can be.

    Raises:
        UsageError: ``count`` is below 1.
    """
    if count < 1:
        raise UsageError(f"the number of tasks is {count} and must be 1 or more")
    costs = [chunk.frames + TASK_COST for chunk in chunks]
    if len(chunks) <= count:
        runs: list[tuple[Chunk, ...]] = [(chunk,) for chunk in chunks]
    else:
        low, high = max(costs), sum(costs)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if len(_filled(costs, middle)) <= count else (middle + 1, high)
        ends = _filled(costs, low)
        runs = [tuple(chunks[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
    return (*runs, *((),) * (count - len(runs)))


def identity_of(facts: Mapping[str, Any]) -> str:
    """32 hexadecimal digits of ``facts`` that JSON can hold."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def find_chunk(chunks: Sequence[Chunk], frame: int) -> Chunk:
    """The one of a film's ``chunks`` that has ``frame``."""
    return chunks[bisect_right([chunk.first for chunk in chunks], frame) - 1]


def _parts(first: int, last: int, most: int) -> list[tuple[int, int]]:
    length = last - first + 1
    if most == 0 or length <= most:
        return [(first, last)]
    parts = -(-length // max(most // CHECKPOINT_FRAMES * CHECKPOINT_FRAMES, CHECKPOINT_FRAMES))
    size = -(-length // (parts * CHECKPOINT_FRAMES)) * CHECKPOINT_FRAMES
    return [(begin, min(begin + size - 1, last)) for begin in range(first, last + 1, size)]


def _filled(costs: Sequence[int], most: int) -> list[int]:
    """Ends of the runs when each takes neighbours as long as they cost no more than ``most``."""
    ends, cost = [], 0
    for index, one in enumerate(costs):
        if cost + one > most:
            ends.append(index)
            cost = 0
        cost += one
    return [*ends, len(costs)]


def _deep(value: Any) -> Any:
    return tuple(_deep(one) for one in value) if isinstance(value, list) else value
