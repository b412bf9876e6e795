"""Shots that go to a farm: bundled, run here or handed over, followed, and taken back."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Iterator, Sequence
from typing import Any, Callable

from tinct.plugin.client import ClientError
from tinct.runtime.errors import TinctError
from tinct.runtime.project import Project
from tinct.ui.lane import Lane, Post, Stale
from tinct.ui.models.document import Document
from tinct.ui.models.farm_folder import BUNDLED, DONE, FAILED, RUNNING, SENT, STOPPED, FarmFolder, FarmJob
from tinct.ui.models.messages import Messages
from tinct.ui.models.processes import Processes, Said
from tinct.ui.signal import Signal

ENGINES = ("deadline-cloud", "opencue")
ABOUT = "farm"
STATUS_EVERY = 10.0
"""Seconds from one ``tinct farm status`` of a job to the next."""
IDLE = (BUNDLED, STOPPED, FAILED, DONE)
"""States in which a job may be run or sent."""


class FarmJobs:
    """``changed``: jobs, or what is chosen; ``rendered``: the shot of that id has another result.

    Jobs lie beside the project (`FarmFolder`); everything on disk and every process is of a thread.
    """

    def __init__(self, document: Document, messages: Messages, post: Post, processes: Processes):
        """The jobs of ``document``, once that has a file; ``post`` as in `Lane`."""
        self.changed, self.rendered = Signal(), Signal()
        self._document, self._messages, self._processes = document, messages, processes
        self._lane = Lane("farm", post, waiting=64)
        self._folder: FarmFolder | None = None
        self._path: str | None = None
        self._jobs: list[FarmJob] = []
        self._chosen = ""
        self._at_work: frozenset[str] = frozenset()
        self._asked_at: dict[str, float] = {}
        self._settled: set[str] = set()
        self._is_looking = False
        self.engine, self.options = ENGINES[0], ""
        document.changed.connect(self._follow)

    @property
    def jobs(self) -> list[FarmJob]:
        """All jobs, the oldest first."""
        return list(self._jobs)

    @property
    def chosen(self) -> FarmJob | None:
        """The one that actions are about."""
        return next((job for job in self._jobs if job.id == self._chosen), None)

    def choose(self, id: str) -> None:
        """Let actions be about that job; empty for none."""
        if id != self._chosen:
            self._chosen = id
            self.changed.emit()

    def set_engine(self, engine: str, options: str) -> None:
        """Where jobs are sent to, and how: ``NAME=VALUE ...``, as ``tinct farm submit --option`` has them."""
        self.engine, self.options = engine, options

    def bundle(self, ids: Sequence[str]) -> None:
        """Write a bundle of these shots as they are now. Those without a still are left out."""
        folder, project = self._folder, self._document.project
        if folder is None:
            self._messages.problem("Save the project first: bundles lie beside it.", ABOUT)
            return
        shots = [shot for shot in project.shots if shot.id in ids and shot.stills]
        if not shots:
            self._messages.problem("None of the selected shots has a still; a farm has nothing to colour.", ABOUT)
            return
        wanted = tuple(shot.id for shot in shots)

        def work(stale: Stale) -> Iterator[Any]:
            job = folder.add(project, wanted)
            self._at_work |= {job}
            yield job
            place = folder.folder(job)
            arguments = ["farm", "bundle", folder.snapshot(job), "-o", f"{place}/bundle", "--work", f"{place}/work"]
            try:
                said = self._processes.run(arguments)
            finally:
                self._at_work -= {job}
            if said.code:
                folder.note(job, state=FAILED, log=[said.problem])
            else:
                folder.note(job, state=BUNDLED, log=[said.out.strip()])
            yield job

        def done(job: str) -> None:
            self._chosen = job
            self.look(now=True)

        self._ask(("bundle", wanted), work, done)

    def run_here(self) -> None:
        """Run the chosen bundle on this machine; it goes on when the panel is closed."""
        job, folder = self.chosen, self._folder
        if job is None or folder is None or job.state not in IDLE:
            return

        def work(stale: Stale) -> Iterator[Any]:
            folder.run(job.id, self._processes)
            yield None

        self._ask(("run", job.id), work, lambda _: self.look(now=True))

    def stop(self) -> None:
        """End the chosen job's run on this machine; what is done is kept. What was sent is stopped by its engine."""
        job, folder = self.chosen, self._folder
        if job is None or folder is None:
            return
        if job.state == SENT:
            self._messages.note(f"A job that was sent to {job.engine} is stopped there.", ABOUT)
            return

        def work(stale: Stale) -> Iterator[Any]:
            folder.stop(job.id)
            yield None

        self._ask(("stop", job.id), work, lambda _: self.look(now=True))

    def submit(self, dry_run: bool) -> None:
        """Send the chosen bundle to ``engine``, or say in its log what would be sent."""
        job, folder, engine = self.chosen, self._folder, self.engine
        if job is None or folder is None or job.state not in IDLE:
            return
        try:
            options = [word for option in shlex.split(self.options) for word in ("--option", option)]
        except ValueError as error:
            self._messages.problem(f"The options cannot be read ({error}); write NAME=VALUE NAME=VALUE", ABOUT)
            return
        arguments = ["farm", "submit", job.bundle, "--to", engine, *options, *(["--dry-run"] if dry_run else [])]

        def work(stale: Stale) -> Iterator[Any]:
            said = self._processes.run(arguments)
            if said.code:
                folder.note(job.id, log=[*job.log[:1], f"{engine} did not take it: {said.problem}"])
            elif dry_run:
                folder.note(job.id, log=[*job.log[:1], f"{engine} would be sent:", said.out.rstrip()])
            else:
                folder.note(job.id, state=SENT, engine=engine, log=[*job.log[:1], said.out.strip()])
            yield said

        def done(said: Said) -> None:
            if said.code:
                self._messages.problem(f"{engine} did not take the job: {said.problem}", ABOUT)
            else:
                self._messages.settle(ABOUT)
            self.look(now=True)

        self._ask(("submit", job.id), work, done)

    def clear(self) -> None:
        """Show no more what is done or failed; its files stay."""
        folder = self._folder
        gone = [job.id for job in self._jobs if job.state in (DONE, FAILED)]
        if folder is None or not gone:
            return

        def work(stale: Stale) -> Iterator[Any]:
            for job in gone:
                folder.note(job, cleared=True)
            yield None

        self._ask(("clear",), work, lambda _: self.look(now=True))

    def look(self, now: bool = False) -> None:
        """See how far jobs are: what their folders say, and now and then ``tinct farm status``.

        ``now``: also while an earlier look is under way.
        """
        folder = self._folder
        if folder is None or (self._is_looking and not now):
            return
        self._is_looking = True

        def work(stale: Stale) -> Iterator[Any]:
            jobs = folder.jobs(self._at_work)
            yield jobs
            for job in jobs:
                if self._is_due(job):
                    self._ask_status(folder, job)
            yield folder.jobs(self._at_work)

        def done(jobs: list[FarmJob]) -> None:
            self._is_looking = False
            if folder is self._folder:
                self._take(jobs)

        self._ask(("look",), work, done)

    def close(self) -> None:
        """Look no more. Runs go on."""
        self._lane.close()

    def _is_due(self, job: FarmJob) -> bool:
        """Whether its status is to be asked for: now and then while it is under way, and once after its end."""
        if job.state in (RUNNING, SENT):
            self._settled.discard(job.id)
            asked = self._asked_at.get(job.id)
            return asked is None or time.monotonic() - asked >= STATUS_EVERY
        return job.state in (FAILED, STOPPED) and job.id not in self._settled and os.path.isdir(job.bundle)

    def _ask_status(self, folder: FarmFolder, job: FarmJob) -> None:
        self._asked_at[job.id] = time.monotonic()
        if job.state not in (RUNNING, SENT):
            self._settled.add(job.id)
        said = self._processes.run(["farm", "status", job.bundle, "--json"])
        if said.code == 0:
            folder.note(job.id, status=json.loads(said.out))

    def _take(self, jobs: list[FarmJob]) -> None:
        if jobs == self._jobs:
            return
        before = {job.id: set(job.finished) for job in self._jobs}
        self._jobs = jobs
        self.changed.emit()
        for job in jobs:
            new = set(job.finished) - before.get(job.id, set())
            for id, name in job.shots:
                if name in new:
                    self.rendered.emit(id)

    def _follow(self, before: Project, after: Project) -> None:
        """Another file, other jobs."""
        if self._document.path == self._path:
            return
        self._path = self._document.path
        self._folder = None if self._path is None else FarmFolder(self._path)
        self._jobs, self._chosen, self._is_looking = [], "", False
        self.changed.emit()
        self.look()

    def _ask(self, key: tuple[Any, ...], work: Callable[[Stale], Iterator[Any]], done: Callable[[Any], None]) -> None:
        self._lane.ask(key, work, done, self._fail)

    def _fail(self, error: Exception) -> None:
        self._is_looking = False
        if not isinstance(error, (TinctError, ClientError, OSError)):
            raise error
        self._messages.problem(f"The farm's job: {error}", ABOUT)
