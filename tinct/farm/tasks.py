"""The tasks of a job, as an engine of a farm runs them: progress and failures in the words of Open Job Description."""

import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tinct.farm.template import ANALYSE, AS_IN_JOB, JOIN, RELAY
from tinct.farm.warm_worker import client_of, worker_of_session
from tinct.plugin.client import Cancelled, ClientError, WorkerRefused
from tinct.runtime.errors import TinctError
from tinct.runtime.farm.analysis import analyse
from tinct.runtime.farm.chunk_task import ChunkTask
from tinct.runtime.farm.exit_codes import DONE, UNKNOWN, WORKER, exit_code, exit_code_of
from tinct.runtime.farm.folder import JobFolder
from tinct.runtime.farm.job import FarmJob, read_job
from tinct.runtime.farm.join import finished_film, join_film
from tinct.runtime.farm.log import TaskLog
from tinct.runtime.farm.paths import PathRule
from tinct.runtime.farm.plan import Chunk, Plan, read_plan
from tinct.runtime.warm import Warm
from tinct.runtime.worker.farm_call import Listener, work_on

NEWS_SECONDS = 0.25
ALL = "all"


@dataclass(frozen=True)
class Overrides:
    """What the job's parameters say in place of its file; None: as the file says."""

    chunk: int | None = None
    preroll: int | None = None
    backend: str | None = None
    output: str | None = None
    frames: str | None = None

    def apply(self, job: FarmJob) -> FarmJob:
        """The job as the parameters have it; output and frames are those of a job's only film."""
        chunk = job.chunk if self.chunk is None else self.chunk
        preroll = job.preroll if self.preroll is None else None if self.preroll < 0 else self.preroll
        films = job.films
        if len(films) == 1 and self.output is not None:
            frames = None if self.frames in (None, ALL) else self.frames
            request = {**films[0].request, "output": self.output, "frames": frames}
            films = (replace(films[0], request=request),)
        return replace(job, films=films, chunk=chunk, preroll=preroll)


class Speaker(Listener):
    """Tells an engine how far a task is, a few times a second."""

    def __init__(self, step: str, log: TaskLog, total: int) -> None:
        """For a task of ``total`` frames."""
        self._step, self._log, self._total = step, log, total
        self._before = 0
        self._name = ""
        self._told = -NEWS_SECONDS

    def begin(self, name: str) -> None:
        """A chunk of that ``name`` begins."""
        self._name = name

    def end(self, frames: int) -> None:
        """It is done, and had so many ``frames``."""
        self._before += frames

    def tell(self, news: Mapping[str, Any]) -> None:
        """A frame is done."""
        if "frame" not in news:
            return
        self._log.write("frame", chunk=self._name, **news)
        now = time.monotonic()
        if now - self._told >= NEWS_SECONDS:
            self._told = now
            done = self._before + int(news["done"])
            say("progress", f"{100 * done / max(1, self._total):.2f}")
            say("status", f"{self._step} {self._name}: frame {news['frame']}, {done} of {self._total}")


def run_analyse(job_file: Path, work: Path, rules: Sequence[PathRule], overrides: Overrides) -> int:
    """The step analyse; returns its exit code."""

    def run(log: TaskLog) -> None:
        def show(frame: int, done: int, total: int) -> None:
            if done % 100 == 0:
                say("progress", f"{100 * done / total:.2f}")

        backend = None if overrides.backend in (None, AS_IN_JOB) else overrides.backend
        job = overrides.apply(read_job(job_file))
        plan = analyse(job, JobFolder(work), rules=rules, backend=backend, progress=show)
        log.write("planned", identity=plan.identity, films=len(plan.films), chunks=len(plan.chunks))
        say("status", f"{len(plan.films)} films, {len(plan.chunks)} chunks")

    return _guarded(work, ANALYSE, 0, run)


def run_chunks(step: str, work: Path, rules: Sequence[PathRule], index: int, of: int, warm: Warm | None = None) -> int:
    """A task of the step colorize or relay: its share of the chunks; returns its exit code. ``warm``: for work without
    the session's worker."""

    def run(log: TaskLog) -> None:
        folder = JobFolder(work)
        plan = read_plan(folder.plan)
        dealt = plan.relays(of) if step == RELAY else plan.tasks(of)
        share = [chunk for chunk in dealt[index - 1] if finished_film(plan, folder, chunk.film, rules) is None]
        log.write("share", chunks=[chunk.name for chunk in share])
        speaker = Speaker(step, log, sum(chunk.frames for chunk in share))
        task = ChunkTask(plan, folder, rules=rules, warm=warm)
        with _working(step, task, plan, folder, rules, speaker) as work_on_it:
            for chunk in share:
                speaker.begin(chunk.name)
                facts = work_on_it(chunk)
                speaker.end(chunk.frames)
                log.write("chunk", chunk=chunk.name, first=chunk.first, last=chunk.last, shot=chunk.shot, **facts)

    return _guarded(work, step, index, run)


def run_join(work: Path, rules: Sequence[PathRule], film: int) -> int:
    """The step join for one film, counted from 1; returns its exit code."""

    def run(log: TaskLog) -> None:
        from tinct.farm.project_record import record_render
        from tinct.farm.report_page import write_pages
        from tinct.farm.stills_record import record_stills

        folder = JobFolder(work)
        plan = read_plan(folder.plan)

        def show(done: int, total: int) -> None:
            say("progress", f"{100 * done / total:.2f}")

        report = join_film(plan, folder, film - 1, rules=rules, progress=show)
        record_render(plan.films[film - 1], report, rules)
        record_stills(plan.films[film - 1], rules)
        write_pages(plan, folder, rules)
        log.write("joined", **report)
        say("status", f"{report['output']}: {report['frames']} frames")

    return _guarded(work, JOIN, film, run)


def say(kind: str, text: str) -> None:
    """One line that engines of Open Job Description understand (How Jobs Are Run, stdout messages)."""
    sys.stdout.write(f"openjd_{kind}: {' '.join(text.split())}\n")
    sys.stdout.flush()


Work = Callable[[Chunk], Mapping[str, Any]]


@contextmanager
def _working(
    step: str, task: ChunkTask, plan: Plan, folder: JobFolder, rules: Sequence[PathRule], speaker: Speaker
) -> Iterator[Work]:
    """What works on a chunk: the session's worker, or this process where there is none."""
    relay, worker = step == RELAY, worker_of_session()
    if worker is None:
        yield lambda chunk: work_on(task, plan, chunk.name, speaker, relay=relay)["facts"]
        return
    with client_of(worker) as client:
        header = {
            "call": "farm", "work": str(folder.path.absolute()), "rules": [asdict(rule) for rule in rules],
            "relay": relay,
        }  # fmt: skip

        def ask(chunk: Chunk) -> Mapping[str, Any]:
            wanted = {**header, "chunk": chunk.name}
            reply = client.repeated(lambda: client.long(wanted, speaker.tell, None, None), "farm")
            return dict(reply["facts"])

        yield ask


def _guarded(work: Path, step: str, index: int, run: Callable[[TaskLog], None]) -> int:
    """Run a task, and turn whatever goes wrong into a line for the engine and an exit code."""
    try:
        with TaskLog(JobFolder(work).logs, step, index) as log:
            log.write("begun")
            run(log)
            log.write("done")
        return DONE
    except WorkerRefused as error:
        code, message = exit_code_of(error.kind), str(error)
    except Cancelled as error:
        code, message = exit_code(KeyboardInterrupt), str(error)
    except ClientError as error:
        code, message = WORKER, str(error)
    except (TinctError, KeyboardInterrupt) as error:
        code, message = exit_code(type(error)), str(error) or "stopped"
    except Exception as error:
        traceback.print_exc()
        code, message = UNKNOWN, f"{type(error).__name__}: {error}"
    say("fail", f"{message} (exit code {code})")
    return code
