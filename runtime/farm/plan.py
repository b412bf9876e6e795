"""The plan of a job: its films cut into chunks, and the chunks dealt out to tasks."""

import hashlib
import json
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tinct.runtime.errors import PiecesError, UsageError
from tinct.runtime.farm.paths import PathRule, mapped_request
from tinct.runtime.run.checkpoint import CHECKPOINT_FRAMES
from tinct.runtime.run.request import ColorizeRequest
from tinct.runtime.run.shot_plan import ShotPlan
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
    """A film whose shots are known: its ``request`` (paths as on the machine that wrote the job, each still with the
    digest of its pixels), its ``shots`` and the numbers of its ``first`` and ``last`` frame. ``stills``: what was
    chosen for its shots (`AutoStills.facts`), empty where the job names the stills."""

    name: str
    request: Mapping[str, Any]
    shots: ShotPlan
    first: int
    last: int
    origin: Mapping[str, str] = field(default_factory=dict)
    stills: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """``identity``: 32 hexadecimal digits that change with everything that the result depends on; ``asked``: with what
    was asked for alone, before stills were chosen. ``preroll``: see `FarmJob`. ``chunks``: of all films in order."""

    identity: str
    films: tuple[PlannedFilm, ...]
    chunks: tuple[Chunk, ...]
    preroll: int | None = None
    backend: str | None = None
    asked: str = ""

    def of_film(self, film: int) -> tuple[Chunk, ...]:
        """The chunks of one film."""
        return tuple(chunk for chunk in self.chunks if chunk.film == film)

    def tasks(self, count: int) -> tuple[tuple[Chunk, ...], ...]:
        """The chunks dealt out to ``count`` tasks, neighbours together, the dearest task first; tasks beyond the chunks
        have none."""
        return deal(self.chunks, count)

    def relays(self, count: int) -> tuple[tuple[Chunk, ...], ...]:
        """The last chunks of cut shots dealt out to ``count`` tasks that make the states at which chunks begin."""
        lasts: dict[tuple[int, int], Chunk] = {}
        for chunk in self.chunks:
            if not chunk.starts_shot:
                lasts[chunk.film, chunk.shot] = chunk
        return deal(tuple(lasts.values()), count, relay_cost_of)

    def request(self, film: int, first: int, last: int, rules: Sequence[PathRule] = ()) -> ColorizeRequest:
        """The request for the frames ``first`` to ``last`` of a film, as this machine calls its files, with the stills
        that are in force there alone: a film with a still for each shot has a thousand.

        Raises:
            UsageError: the film's request cannot be used.
        """
        planned = self.films[film]
        wanted = mapped_request(planned.request, rules)
        takes_over = first not in (planned.first, *planned.shots.resets)
        wanted["references"] = _in_force(wanted["references"], first - takes_over, last)
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


def deal(
    chunks: Sequence[Chunk], count: int, cost: Callable[[Chunk], int] | None = None
) -> tuple[tuple[Chunk, ...], ...]:
    """``chunks`` in ``count`` runs of neighbours, the dearest of which is as cheap as can be. The dearest comes first:
    engines begin tasks in their order, and a long one that begins last is waited for. ``cost``: of a chunk, None:
    `cost_of`.

    Raises:
        UsageError: ``count`` is below 1.
    """
    if count < 1:
        raise UsageError(f"the number of tasks is {count} and must be 1 or more")
    cost = cost or cost_of
    costs = list(map(cost, chunks))
    if len(chunks) <= count:
        runs: list[tuple[Chunk, ...]] = [(chunk,) for chunk in chunks]
    else:
        low, high = max(costs), sum(costs)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if len(_filled(costs, middle)) <= count else (middle + 1, high)
        ends = _filled(costs, low)
        runs = [tuple(chunks[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
    runs.sort(key=lambda run: -sum(map(cost, run)))  # stable: equal ones stay in the film's order
    return (*runs, *((),) * (count - len(runs)))


def cost_of(chunk: Chunk) -> int:
    """What a chunk costs, in frames."""
    return chunk.frames + TASK_COST


def relay_cost_of(last: Chunk) -> int:
    """What it costs to make the states of a shot up to its ``last`` chunk, in frames."""
    return last.first - last.shot_first + TASK_COST


def identity_of(facts: Mapping[str, Any]) -> str:
    """32 hexadecimal digits of ``facts`` that JSON can hold."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def find_chunk(chunks: Sequence[Chunk], frame: int) -> Chunk:
    """The one of a film's ``chunks`` that has ``frame``."""
    return chunks[bisect_right([chunk.first for chunk in chunks], frame) - 1]


def _in_force(stills: Sequence[Mapping[str, Any]], first: int, last: int) -> list[Mapping[str, Any]]:
    """Those of a film's ``stills`` that are in force at one of the frames, or the earliest where none is."""
    starts = [-math.inf if still.get("frame") is None else still["frame"] for still in stills]
    begin = max((start for start in starts if start <= first), default=-math.inf)
    found = [still for still, start in zip(stills, starts, strict=True) if begin <= start <= last]
    return found or [still for still, start in zip(stills, starts, strict=True) if start == min(starts)]


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
