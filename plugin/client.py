"""The client of the worker: standard library alone, Python 3.9, to be copied into a host (``tinct install``).

Nothing of the runtime is imported here or beside it, and no library: the worker does the work in its own process, with
its own interpreter. ``docs/worker.md`` describes the protocol; the other end is ``runtime/worker/``.

    with Client() as client:
        session = client.open_session(1920, 1080, model="lite")
        session.set_references([Still(path="/stills/first.png")])
        frame = session.render(1001, luma)        # (H, W) float32, anything with a buffer
        frame.arrays["rgb"]                       # a memoryview (H, W, 3) of float32; numpy.asarray takes it

A worker that dies is started again, and its sessions go on from their last checkpoint: the frames after it come out bit
for bit as they would have.
"""

from __future__ import annotations

import mmap
import os
import select
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any, Callable

from tinct.plugin.worker_errors import (
    Cancelled,
    ClientError,
    ConnectionLost,
    WorkerRefused,
    WorkerTimeout,
    WorkerUnavailable,
)
from tinct.plugin.worker_files import FileCalls
from tinct.plugin.worker_process import (
    INSTALLATION,
    LOG,
    WorkerProcess,
    find_installation,
    worker_folder,
    write_installation,
)
from tinct.plugin.worker_session import Session
from tinct.plugin.worker_types import FROM_FILE, ColorizeProgress, Frame, FromFile, Hint, PlateFacts, Still
from tinct.plugin.worker_wire import Array, receive, send

__all__ = [
    "FROM_FILE",
    "INSTALLATION",
    "LOG",
    "Cancelled",
    "Client",
    "ClientError",
    "ColorizeProgress",
    "ConnectionLost",
    "Frame",
    "FromFile",
    "Hint",
    "PlateFacts",
    "Session",
    "Still",
    "WorkerRefused",
    "WorkerTimeout",
    "WorkerUnavailable",
    "find_installation",
    "worker_folder",
    "write_installation",
]


class Client(FileCalls):
    """A connection to the worker of this user, made when it is first needed. Calls may come from any thread, one at a
    time goes through."""

    def __init__(
        self,
        folder: str | None = None,
        installation: str | None = None,
        start: bool = True,
        options: Sequence[str] = (),
        timeout: float = 60.0,
        start_timeout: float = 60.0,
        shared: bool = True,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        """Describe the connection.

        Args:
            folder: of the worker's key and address; None = `worker_folder`.
            installation: the record that `write_installation` made; None = `find_installation`.
            start: start a worker where none runs.
            options: more options of ``tinct worker``, for one that is started.
            timeout: seconds that a call may take.
            start_timeout: seconds that a worker may take until it answers.
            shared: pass frames in shared memory where that can be done.
            notice: called with what the worker has to say, such as that it had to drop a still.
        """
        self.folder = os.path.abspath(str(folder or worker_folder()))
        self.timeout = timeout
        self.shared = shared
        self._process = WorkerProcess(self.folder, installation, options)
        self._start = start
        self._start_timeout = start_timeout
        self._notice = notice
        self._stream: socket.socket | None = None
        self._lock = threading.RLock()
        self._calls = 0
        self.connections = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the worker, which ends this client's sessions; harmless when called twice."""
        with self._lock:
            if self._stream is not None:
                self._stream.close()
                self._stream = None

    def connect(self) -> None:
        """Reach the worker, and start it where none runs.

        Raises:
            WorkerUnavailable: neither can be done.
            WorkerTimeout: it does not answer.
        """
        with self._lock:
            if self._stream is None:
                self._stream = self._process.reach(start=self._start, seconds=self._start_timeout)
                self.connections += 1

    def status(self, timeout: float | None = None) -> dict[str, Any]:
        """What the worker is doing."""
        facts: dict[str, Any] = self.repeated(lambda: self.call({"call": "status"}, timeout=timeout), "status")[0]
        return facts

    def stop(self, timeout: float | None = None) -> dict[str, Any]:
        """End the worker, for everybody; calls that are under way are answered first."""
        reply: dict[str, Any] = self.repeated(lambda: self.call({"call": "stop"}, timeout=timeout), "stop")[0]
        self.close()
        return reply

    def open_session(
        self,
        width: int,
        height: int,
        model: str = "lite",
        backend: str = "auto",
        working_size: int | None = None,
        threads: int | None = None,
        matrix: str = "bt709",
        transfer: str = "bt709",
        space: dict[str, Any] | None = None,
        chroma: float = 1.0,
        limit: bool = True,
        checkpoint_every: int = 1,
        stills_at_once: int | None = None,
    ) -> Session:
        """A session for a plate of ``width`` x ``height`` pixels.

        Args:
            width: of the plate.
            height: of the plate.
            model: a shipped model or the folder of a bundle.
            backend: ``auto`` or a backend's name.
            working_size: short side in pixels at which colour is worked out; None = the model's.
            threads: of the network; None = every core.
            matrix: ``bt709``, ``bt601`` or ``bt2020``.
            transfer: ``bt709``, ``srgb`` or ``linear``, how the picture's values are encoded.
            space: of a scene-linear plate: ``name``, ``to_xyz`` (9 numbers), ``luma_weights`` (3), ``scene``.
            chroma: factor on the colour.
            limit: keep all channels at or below 1, or the luma where that is above; False for float results.
            checkpoint_every: frames from one checkpoint to the next; those since the last are kept here, and rendered
                again after a crash.
            stills_at_once: how many stills of a set take part in a frame at most; None = 4.

        Raises:
            WorkerRefused: a parameter is wrong, or the model or backend cannot be used.
            ClientError: the worker cannot be reached.
        """
        wanted: dict[str, Any] = {
            "width": width, "height": height, "model": model, "backend": backend, "working_size": working_size,
            "threads": threads, "matrix": matrix, "transfer": transfer, "space": space, "chroma": chroma,
            "limit": limit, "shared": self.shared, "stills_at_once": stills_at_once,
        }  # fmt: skip
        return self._open(wanted, checkpoint_every)

    def open_plate(
        self,
        path: str,
        frames: str | None = None,
        mask: str | None = None,
        input_space: str | None = None,
        still_space: str | None = None,
        ocio: str | None = None,
        model: str = "lite",
        backend: str = "auto",
        working_size: int | None = None,
        threads: int | None = None,
        chroma: float = 1.0,
        checkpoint_every: int = 1,
        stills_at_once: int | None = None,
    ) -> Session:
        """A session for a plate's file, whose frames the worker reads: `Session.render` takes `FROM_FILE`.

        Args:
            path: a movie, a sequence's pattern or a folder.
            frames: a range of it such as ``1001-1100``; None: all.
            mask: a picture, sequence or movie that limits the colour.
            input_space: OpenColorIO space of the plate; None goes by its tags.
            still_space: of the stills.
            ocio: the configuration.
            model: as the others, see `open_session`.
            backend: see there.
            working_size: see there.
            threads: see there.
            chroma: see there.
            checkpoint_every: see there.
            stills_at_once: see there.

        Raises:
            WorkerRefused: a parameter is wrong, or plate, mask, model or backend cannot be used.
            ClientError: the worker cannot be reached.
        """
        plate = {
            "path": os.path.abspath(path), "frames": frames, "mask": None if mask is None else os.path.abspath(mask),
            "input_space": input_space, "still_space": still_space, "ocio": ocio,
        }  # fmt: skip
        wanted: dict[str, Any] = {
            "plate": plate, "model": model, "backend": backend, "working_size": working_size, "threads": threads,
            "chroma": chroma, "shared": self.shared, "stills_at_once": stills_at_once,
        }  # fmt: skip
        return self._open(wanted, checkpoint_every)

    def _open(self, wanted: dict[str, Any], checkpoint_every: int) -> Session:
        if checkpoint_every < 1:
            raise ValueError(f"checkpoint_every is {checkpoint_every} and must be 1 or more")
        session = Session(self, wanted, checkpoint_every)
        self.repeated(session.reopen, "open")
        return session

    def colorize(
        self,
        request: dict[str, Any],
        progress: Callable[[ColorizeProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Colour a plate's file into a result's file, as ``tinct colorize`` does, with what the worker keeps warm.

        If the worker dies meanwhile, the run goes on once on another one where it stood. Other calls on this client
        wait until the run has ended.

        Args:
            request: ``input``, ``output``, ``references`` (each with ``path``, ``frame``, ``weight``, ``crop``,
                ``turn``), and if wanted ``model``, ``backend``, ``frames``, ``working_size``, ``chroma``, ``codec``,
                ``overwrite``, ``threads``, ``hints`` (``frame``, ``x``, ``y``, ``colour``), ``input_space``,
                ``output_space``, ``still_space``, ``ocio``, ``passes``, ``passes_output``, ``mask``, ``resume``,
                ``stills_at_once``: what the options of ``tinct colorize`` say.
            progress: called after each frame.
            cancelled: asked ten times a second; True stops the run.
            timeout: seconds without a sign of life from the worker; None = the client's.

        Returns:
            the report: output, frames, resumed, seconds, fps, backend, model, confidence, warnings.

        Raises:
            Cancelled: ``cancelled`` said so.
            WorkerRefused: the request is wrong, or the run failed.
            ClientError: the worker cannot be reached.
        """
        run = _with_whole_paths(request)
        told = None if progress is None else lambda news: progress(ColorizeProgress(**news))

        def work() -> dict[str, Any]:
            try:
                return self.long({"call": "colorize", "run": run}, told, cancelled, timeout)
            except OSError:
                run["resume"] = True
                raise

        report: dict[str, Any] = self.repeated(work, "colorize")["report"]
        return report

    def long(
        self,
        header: dict[str, Any],
        progress: Callable[[dict[str, Any]], None] | None,
        cancelled: Callable[[], bool] | None,
        timeout: float | None,
    ) -> dict[str, Any]:
        """A call that tells of its progress and can be cancelled; ``timeout``: without a sign of life."""
        seconds = self.timeout if timeout is None else timeout
        with self._lock:
            self.connect()
            assert self._stream is not None
            self._calls += 1
            told = False
            try:
                send(self._stream, dict(header, id=self._calls), (), None, seconds)
                while True:
                    if not told and cancelled is not None and cancelled():
                        send(self._stream, {"call": "cancel"}, (), None, seconds)
                        told = True
                    reply = self._next_word(seconds, None if told else cancelled)
                    if reply is None:
                        continue
                    if reply.get("id") != self._calls:
                        raise ConnectionError("the worker answered another call")
                    if "progress" not in reply:
                        break
                    if progress is not None and reply["progress"]:
                        progress(reply["progress"])
            except BaseException:
                self.close()  # which ends the work
                raise
        if reply.get("error") == "CancelledError":
            raise Cancelled(str(reply.get("message")))
        if not reply.get("ok"):
            raise WorkerRefused(str(reply.get("error")), str(reply.get("message")))
        return reply

    def _next_word(self, seconds: float, cancelled: Callable[[], bool] | None) -> dict[str, Any] | None:
        """The worker's next message; None as soon as ``cancelled`` says so."""
        assert self._stream is not None
        deadline = time.monotonic() + seconds
        while not select.select([self._stream], [], [], 0.1)[0]:
            if cancelled is not None and cancelled():
                return None
            if time.monotonic() > deadline:
                raise WorkerTimeout(f"the worker gave no sign of life for {seconds:g} s during a run; try again")
        try:
            return receive(self._stream, None, deadline + 5.0, False)[0]
        except socket.timeout:
            raise WorkerTimeout("the worker stopped in the middle of a message") from None

    def call(
        self,
        header: dict[str, Any],
        arrays: Sequence[tuple[str, Array]] = (),
        memory: mmap.mmap | None = None,
        timeout: float | None = None,
        borrow: bool = False,
    ) -> tuple[dict[str, Any], dict[str, memoryview], mmap.mmap | None]:
        """One call: the reply, its arrays, and memory that the worker shares from now on, if it does.

        ``borrow``: arrays in shared memory are not copied and hold until the next call of their session.

        Raises:
            WorkerRefused: the worker answered with an error.
            WorkerTimeout: no answer in time.
            ClientError: the worker cannot be reached.
            OSError: the stream broke: the worker died.
        """
        with self._lock:
            self.connect()
            assert self._stream is not None
            self._calls += 1
            seconds = self.timeout if timeout is None else timeout
            try:
                send(self._stream, dict(header, id=self._calls), arrays, memory, seconds)
                reply, got, shared = receive(self._stream, memory, time.monotonic() + seconds, borrow)
            except socket.timeout:
                self.close()
                raise WorkerTimeout(
                    "the worker did not answer {!r} within {:g} s; it may be busy with other clients: try again, or "
                    "give it more time".format(header.get("call"), seconds)
                ) from None
            except BaseException:
                self.close()  # whatever is under way there, the next reply would be this one's
                raise
            for text in reply.get("notices", ()):
                if self._notice is not None:
                    self._notice(text)
            if not reply.get("ok"):
                if reply.get("error") == "ProtocolError":
                    self.close()
                raise WorkerRefused(str(reply.get("error")), str(reply.get("message")))
            if reply.get("id") != self._calls:
                self.close()
                raise ConnectionError("the worker answered another call")
            return reply, got, shared

    def repeated(self, work: Callable[[], Any], what: str) -> Any:
        """What ``work`` gives; it is done once more if the worker goes away meanwhile.

        Raises:
            ConnectionLost: it went away again.
        """
        for last in (False, True):
            try:
                return work()
            except OSError as error:
                if last:
                    raise ConnectionLost(
                        f"the worker went away twice during the call {what!r} ({error}); its log is "
                        + os.path.join(self.folder, LOG)
                    ) from error
        raise AssertionError("the second attempt returns or raises")


def _with_whole_paths(request: dict[str, Any]) -> dict[str, Any]:
    """A copy whose paths hold in any folder; a model or configuration is one where it names something that is there."""
    run = dict(request)
    for key in ("input", "output", "mask", "passes_output"):
        if run.get(key) is not None:
            run[key] = os.path.abspath(str(run[key]))
    if os.sep in str(run.get("model", "")):
        run["model"] = os.path.abspath(str(run["model"]))
    if os.path.isfile(str(run.get("ocio"))):
        run["ocio"] = os.path.abspath(str(run["ocio"]))
    run["references"] = [dict(still, path=os.path.abspath(str(still["path"]))) for still in run.get("references") or ()]
    return run
