"""One session of Open Job Description on this machine: enters a step's environments and runs its tasks."""

import logging
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tinct.farm.open_job import OpenedJob
from tinct.runtime.errors import UsageError
from tinct.runtime.farm.exit_codes import UNKNOWN

NewsCall = Callable[[float, str], None]


class Ended(NamedTuple):
    """How a task ended: whether it was done, its exit code, and what it said."""

    done: bool
    code: int
    message: str


class FarmSession:
    """A session for tasks of one step. A context manager: entering it enters the step's environments."""

    def __init__(self, opened: OpenedJob, step: Any, log: Path) -> None:
        """For ``step``, with its output in the file ``log``.

        Raises:
            UsageError: the package openjd-sessions is missing.
        """
        self._sessions = _load_sessions()
        self._step = step
        self.id = uuid.uuid4().hex[:12]
        self._ended = threading.Event()
        self._news: NewsCall | None = None
        self._message = ""
        self._log = _SessionLog(self.id, log)
        logger = self._sessions.LOG
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(self._log)
        self._session = self._sessions.Session(
            session_id=self.id, job_parameter_values=dict(opened.values), job_name=opened.name, callback=self._heard
        )
        self._entered: list[str] = []

    @property
    def broken(self) -> bool:
        """Whether an action failed; the session then takes no further task."""
        return bool(self._session.state != self._sessions.SessionState.READY)

    def run(self, task: Any, news: NewsCall) -> Ended:
        """Run one task to its end; ``news`` hears of percent and words."""
        self._news = news
        self._begin()
        self._session.run_task(step_script=self._step.script, task_parameter_values=task, step_name=self._step.name)
        return self._result()

    def cancel(self) -> None:
        """Ask the action that is running to stop."""
        if self._session.state == self._sessions.SessionState.RUNNING:
            self._session.cancel_action()

    def __enter__(self) -> Self:
        try:
            for environment in self._step.stepEnvironments or ():
                self._begin()
                self._entered.append(
                    self._session.enter_environment(environment=environment, step_name=self._step.name)
                )
                self._result()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self._news = None
        for identifier in reversed(self._entered):
            self._begin()
            self._session.exit_environment(identifier=identifier)
            self._result()
        self._session.cleanup()
        self._sessions.LOG.removeHandler(self._log)
        self._log.close()

    def _begin(self) -> None:
        self._message = ""
        self._ended.clear()

    def _result(self) -> Ended:
        self._ended.wait()
        status = self._session.action_status
        done = status is None or status.state == self._sessions.ActionState.SUCCESS
        code = UNKNOWN if status is None or status.exit_code is None else int(status.exit_code)
        return Ended(done, 0 if done else code, self._message)

    def _heard(self, session: str, status: Any) -> None:
        """Called by openjd on its own threads."""
        if status.fail_message:
            self._message = status.fail_message
        if self._news is not None and status.state == self._sessions.ActionState.RUNNING:
            self._news(float(status.progress or 0.0), status.status_message or "")
        if status.state not in (self._sessions.ActionState.RUNNING,):
            self._ended.set()


class _SessionLog(logging.Handler):
    """Writes what one session says into a file of its own."""

    def __init__(self, session: str, path: Path) -> None:
        super().__init__(logging.INFO)
        self._session = session
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115  (closed by `close`)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, if it is of this session."""
        if getattr(record, "session_id", self._session) == self._session and not self._file.closed:
            self._file.write(record.getMessage() + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def _load_sessions() -> Any:
    try:
        import openjd.sessions
    except ImportError as error:
        raise UsageError(
            "running a job here needs openjd-sessions; install Tinct with its extra: tinct[farm]"
        ) from error
    return openjd.sessions
