"""The task of a farm that colours one chunk: may run twice, at once, on two machines, or end at any instant."""

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tinct.runtime.backends.base import Backend
from tinct.runtime.bundle import Bundle
from tinct.runtime.errors import OutputError
from tinct.runtime.farm.chunk_writer import ChunkWriter
from tinct.runtime.farm.folder import JobFolder, here, move_whole
from tinct.runtime.farm.handover import Handover
from tinct.runtime.farm.paths import PathRule
from tinct.runtime.farm.plan import Chunk, Plan, find_chunk
from tinct.runtime.farm.record import ChunkRecord, is_intact, read_record
from tinct.runtime.media import ResultFrame, ResultWriter
from tinct.runtime.media.base import Piece
from tinct.runtime.picture.stretch import Stretch
from tinct.runtime.run.checkpoint import Checkpoint
from tinct.runtime.run.pipeline import colorize_plate
from tinct.runtime.run.request import Progress
from tinct.runtime.session import StepResult
from tinct.runtime.warm import Warm

NewsCall = Callable[[Mapping[str, Any]], None]
_DONE, _WORK = "done", ".work"
_log = logging.getLogger(__name__)


@dataclass
class _Loaded:
    """Notes which backend a run works with."""

    warm: Warm
    backends: list[Backend] = field(default_factory=list)

    def __call__(self, name: str, bundle: Bundle, threads: int | None) -> Backend:
        self.backends.append(self.warm.backend(name, bundle, threads))
        return self.backends[-1]


class ChunkTask:
    """Colours chunks of a plan into the job's folder."""

    def __init__(
        self, plan: Plan, folder: JobFolder, *, rules: Sequence[PathRule] = (), warm: Warm | None = None
    ) -> None:
        """For chunks of ``plan``, whose files are called here as ``rules`` say."""
        self._plan, self._folder, self._rules = plan, folder, rules
        self._loaded = _Loaded(warm or Warm())
        self._warm = replace(self._loaded.warm, backend=self._loaded)
        self._handover = Handover(plan, folder, rules, self._warm)

    def relay(self, last: Chunk, cancelled: Callable[[], bool] | None = None) -> int:
        """See `Handover.relay`."""
        return self._handover.relay(last, cancelled)

    def finished(self, chunk: Chunk) -> ChunkRecord | None:
        """The record of a chunk that is there and intact; what is damaged, or of another plan, is taken away."""
        place = self._folder.chunk(chunk.name)
        record = read_record(place)
        if record is not None and record.identity == self._plan.identity and is_intact(place, record):
            return record
        if place.exists():
            _log.warning("the chunk %s is damaged or of another plan; it is made again", chunk.name)
            self._folder.discard(place)
        return None

    def colorize(
        self, chunk: Chunk, *, news: NewsCall | None = None, cancelled: Callable[[], bool] | None = None
    ) -> ChunkRecord:
        """Colour ``chunk``, unless that is done; an attempt that was killed is gone on with.

        Args:
            chunk: of the plan.
            news: hears of each frame: ``frame``, ``done``, ``total``, ``seconds``, ``resumed``, ``confidence``.
            cancelled: see `colorize_plate`.

        Raises:
            TinctError: as `colorize_plate`.
        """
        if (record := self.finished(chunk)) is not None:
            return record
        with self._folder.claimed(chunk.name) as mine:
            if (record := self.finished(chunk)) is not None:  # by whom the claim was waited for
                return record
            start, kind = self._handover.start_of(chunk, cancelled)
            key = "shot" if start is None else hashlib.sha256(start.to_bytes()).hexdigest()[:8]
            name = f"{chunk.name}-{self._plan.identity[:8]}-{key}"
            attempt = self._folder.attempt(name if mine else f"{name}-{here()}")
            try:
                self._run(chunk, attempt, start, kind, news, cancelled)
            finally:
                if not mine:
                    shutil.rmtree(attempt, ignore_errors=True)
            return self._published(chunk, attempt)

    def _run(
        self,
        chunk: Chunk,
        attempt: Path,
        start: Checkpoint | None,
        kind: str,
        news: NewsCall | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        """One attempt at ``chunk``, which leaves its files in ``attempt``; they are then published."""
        request = self._plan.request(chunk.film, chunk.first, chunk.last, self._rules)
        began, ends, writers = time.perf_counter(), list[Checkpoint](), list[ChunkWriter]()
        confidence = 0.0

        def record() -> ChunkRecord:
            end, backend = ends[-1], self._loaded.backends[-1]
            hints = end.hints
            return ChunkRecord(
                identity=self._plan.identity,
                chunk=asdict(chunk),
                pieces=(),
                hashes={},
                targets={},
                frames=(),
                tally=asdict(end.tally),
                backend=backend.NAME,
                precision=backend.precision,
                model=backend.bundle.manifest.name,
                start=kind,
                host=here(),
                seconds={"all": round(time.perf_counter() - began, 3)},
                lost=() if hints is None else hints.lost,
                followed=() if hints is None else tuple((one[0], one[3]) for one in hints.followed),
            )

        def wrapped(writer: ResultWriter, done: Sequence[Piece]) -> ResultWriter:
            output, staging = Path(request.output), attempt / _WORK
            target = attempt / _DONE
            writers.append(
                ChunkWriter(writer, chunk, output=output, staging=staging, target=target, done=done, record=record)
            )
            return writers[-1]

        def ended(checkpoint: Checkpoint) -> None:
            ends.append(checkpoint)
            if kind != "preroll" and self._has_follower(chunk):
                self._handover.keep(chunk, checkpoint)

        def keep(frame: ResultFrame, step: StepResult) -> None:
            nonlocal confidence
            confidence = float(step.confidence.mean())
            writers[-1].note(frame, step)

        def show(progress: Progress) -> None:
            if news is not None:
                news({**asdict(progress), "confidence": round(confidence, 4)})

        colorize_plate(
            request,
            progress=show,
            cancelled=cancelled,
            on_frame=keep,
            warm=self._warm,
            stretch=Stretch(start, ended, (attempt, _WORK), wrapped),
        )
        move_whole(attempt / _DONE, self._folder.chunk(chunk.name))

    def _published(self, chunk: Chunk, attempt: Path) -> ChunkRecord:
        """The record of what is there now: of this attempt, or of one that was quicker."""
        record = self.finished(chunk)
        shutil.rmtree(attempt, ignore_errors=True)
        if record is None:
            raise OutputError(
                f"the chunk {chunk.name} is not what was written to {self._folder.path}; check its disk, and try again"
            )
        return record

    def _has_follower(self, chunk: Chunk) -> bool:
        film = self._plan.of_film(chunk.film)
        after = chunk.last + 1
        return after <= film[-1].last and not find_chunk(film, after).starts_shot
