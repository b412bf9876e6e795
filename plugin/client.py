"""The client of the worker: one file, standard library alone, Python 3.9, to be copied into a host.

Nothing of Tinct is imported here, and no library: the worker does the work in its own process, with its own
interpreter. ``docs/worker.md`` describes the protocol; the other end is ``runtime/worker/``.

    with Client() as client:
        session = client.open_session(1920, 1080, model="lite")
        session.set_references([Still(path="/stills/first.png")])
        frame = session.render(1001, luma)        # (H, W) float32, anything with a buffer
        frame.arrays["rgb"]                       # a memoryview (H, W, 3) of float32; numpy.asarray takes it

A worker that dies is started again, and its sessions go on from their last checkpoint: the frames after it come out bit
for bit as they would have.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import hmac
import json
import mmap
import os
import secrets
import select
import socket
import stat
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from typing import Any, Callable, NamedTuple

PROTOCOL = 1
MAGIC = b"TNCT"
HEAD = struct.Struct(">4sIQ")
MAX_HEADER = 1 << 20
MAX_PAYLOAD = 512 << 20
ALIGNMENT = 64
GREETING = struct.Struct(">6sH32s")
ANSWER = struct.Struct(">H32s32s")
VERDICT = struct.Struct(">B32s")
GREETING_MAGIC = b"TINCTW"
WELCOME, WRONG_KEY, WRONG_PROTOCOL = range(3)
WORKER_RUNS = 3
"""Exit code of a worker that found another one running."""

FOLDER_VARIABLE = "TINCT_WORKER_FOLDER"
INSTALLATION_VARIABLE = "TINCT_INSTALLATION"
INSTALLATION = "tinct_installation.json"
LOG = "worker.log"
HOSTS_OWN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Variables that hosts set for themselves, with which another interpreter does not start."""

_FORMATS = {"float32": ("f", 4), "uint8": ("B", 1)}
_children: list[subprocess.Popen[bytes]] = []


class ClientError(Exception):
    """Root of all errors of this module; the message says what was wrong and what to do."""


class WorkerUnavailable(ClientError):
    """No worker can be reached or started."""


class WorkerTimeout(ClientError):
    """The worker did not answer in time; the next call connects anew and goes on from the last checkpoint."""


class WorkerRefused(ClientError):
    """The worker answered with an error, the kind of which is ``kind`` (a name in Tinct's tree of errors)."""

    def __init__(self, kind: str, message: str) -> None:
        """``kind`` and ``message`` as the worker gave them."""
        super().__init__(message)
        self.kind = kind


class ConnectionLost(ClientError):
    """The worker went away in the middle of a call, and again when the call was repeated."""


class Cancelled(ClientError):
    """The run was cancelled; what it had done is kept beside its output, for a request with ``resume``."""


class ColorizeProgress(NamedTuple):
    """A frame of a run was written: its number, ``done`` of ``total``, of which an earlier run had ``resumed``; seconds
    so far, and the frame's mean confidence 0..1."""

    frame: int
    done: int
    total: int
    seconds: float
    resumed: int
    confidence: float


class PlateFacts(NamedTuple):
    """What a plate is: size in pixels, its own ``first`` and ``last`` frame numbers, how many ``frames``, its ``rate``
    in frames a second as a fraction ("24000/1001", None for pictures), timecode of the first frame, pixel aspect, bits
    a channel, whether those are floats, and how its values are encoded."""

    width: int
    height: int
    first: int
    last: int
    frames: int
    rate: str | None
    timecode: str | None
    pixel_aspect: str
    bit_depth: int
    is_float: bool
    matrix: str
    transfer: str


class FromFile:
    """Stands for the picture of a frame that the worker reads itself, in a session of `Client.open_plate`."""


FROM_FILE = FromFile()


class Still(NamedTuple):
    """A still: ``path`` of a file that the worker can read, or ``pixels``, (H, W, 3) float32, sRGB-encoded 0..1.

    ``frame``: the plate's own number from which it is in force, None for the start. ``weight``: above 0. ``shape``: (H,
    W) of pixels that come as plain bytes.
    """

    path: str | None = None
    pixels: Any = None
    frame: int | None = None
    weight: float = 1.0
    shape: tuple[int, int] | None = None


class Hint(NamedTuple):
    """A wanted colour: from ``frame`` on at plate pixel ``x``, ``y``; ``colour`` red, green, blue, sRGB, 0..1."""

    frame: int
    x: float
    y: float
    colour: tuple[float, float, float]


class Frame(NamedTuple):
    """A coloured frame.

    ``was_reset``: nothing was taken from a frame before. ``arrays``: by the names of the outputs, memoryviews of
    float32: ``rgb`` (H, W, 3), ``ab`` (H, W, 2) Lab units, ``confidence`` (h, w) 0..1. ``seconds``: of the
    worker's work.
    """

    number: int
    was_reset: bool
    mean_confidence: float
    arrays: dict[str, memoryview]
    seconds: float


def worker_folder() -> str:
    """Where the worker of this user keeps its key and its address."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return named
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return os.path.join(runtime, "tinct")
    return os.path.join(tempfile.gettempdir(), f"tinct-{os.getuid()}")


def write_installation(path: str, interpreter: str, environment: dict[str, str] | None = None) -> None:
    """Record at ``path`` which ``interpreter`` has Tinct, and variables that it needs, whole or not at all."""
    facts = {"interpreter": interpreter, "environment": environment or {}}
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(facts, stream, indent=2)
    os.replace(temporary, path)


def find_installation() -> str:
    """``$TINCT_INSTALLATION``, else the file beside this module, else the user's own configuration.

    Raises:
        WorkerUnavailable: there is none.
    """
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    named = os.environ.get(INSTALLATION_VARIABLE)
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), INSTALLATION)
    places = [named] if named else [beside, os.path.join(config, "tinct", INSTALLATION)]
    for place in places:
        if os.path.isfile(place):
            return place
    raise WorkerUnavailable(
        "no worker runs, and none can be started: no record of Tinct's installation at {}; run tinct install, or start "
        "tinct worker".format(" or ".join(places))
    )


class Client:
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
        self._installation = installation
        self._start = start
        self._options = [str(option) for option in options]
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
                self._stream = self._reach(time.monotonic() + self._start_timeout)
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
            request: ``input``, ``output``, ``references`` (each with ``path``, ``frame``, ``weight``), and if wanted
                ``model``, ``backend``, ``frames``, ``working_size``, ``chroma``, ``codec``, ``overwrite``,
                ``threads``, ``hints`` (``frame``, ``x``, ``y``, ``colour``), ``input_space``, ``output_space``,
                ``still_space``, ``ocio``, ``passes``, ``passes_output``, ``mask``, ``resume``, ``stills_at_once``:
                what the options of ``tinct colorize`` say.
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
                return self._long({"call": "colorize", "run": run}, told, cancelled, timeout)
            except OSError:
                run["resume"] = True
                raise

        report: dict[str, Any] = self.repeated(work, "colorize")["report"]
        return report

    def find_shots(
        self,
        path: str,
        frames: str | None = None,
        detector: str | None = None,
        progress: Callable[[dict[str, Any]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        timeout: float | None = None,
    ) -> list[tuple[int, int]]:
        """First and last frames of the shots of a plate; ``progress`` hears of frame, done and total.

        Raises:
            Cancelled: ``cancelled`` said so.
            WorkerRefused: the plate cannot be read.
            ClientError: the worker cannot be reached.
        """
        header = {"call": "shots", "path": os.path.abspath(path), "frames": frames, "detector": detector}
        reply = self.repeated(lambda: self._long(header, progress, cancelled, timeout), "shots")
        return [(shot["first"], shot["last"]) for shot in reply["shots"]]

    def make_library(
        self,
        stills: str,
        library: str,
        model: str = "lite",
        progress: Callable[[dict[str, Any]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Describe the pictures under the folder ``stills`` in a library, or bring it up to date: how many ``stills``
        it has, how many were ``described``, and which were ``skipped`` and why.

        Raises:
            Cancelled: ``cancelled`` said so; the library is as it was.
            WorkerRefused: no picture can be used, or the library is something else.
            ClientError: the worker cannot be reached.
        """
        header = {
            "call": "make_library", "stills": os.path.abspath(stills), "library": os.path.abspath(library),
            "model": model,
        }  # fmt: skip
        reply = self.repeated(lambda: self._long(header, progress, cancelled, timeout), "make_library")
        return {name: reply[name] for name in ("stills", "described", "skipped")}

    def probe(self, path: str, timeout: float | None = None, **spaces: Any) -> PlateFacts:
        """What a plate is.

        Raises:
            WorkerRefused: it cannot be read.
            ClientError: the worker cannot be reached.
        """
        header = dict(spaces, call="probe", path=os.path.abspath(path))
        reply: dict[str, Any] = self.repeated(lambda: self.call(header, timeout=timeout), "probe")[0]
        return PlateFacts(**reply["plate"])

    def thumbnail(
        self,
        path: str,
        size: int,
        frame: int | None = None,
        crop: Sequence[float] | None = None,
        turn: int = 0,
        timeout: float | None = None,
    ) -> memoryview:
        """A small picture (h, w, 3) of uint8, sRGB, no side over ``size``: of a still, or of a plate's ``frame``.

        Args:
            path: of the still or the plate.
            size: in pixels.
            frame: the plate's own number; None for a still.
            crop: left, top, right and bottom of the part to show, as shares of the picture.
            turn: degrees clockwise: 0, 90, 180 or 270.
            timeout: seconds; None = the client's.

        Raises:
            WorkerRefused: it cannot be read.
            ClientError: the worker cannot be reached.
        """
        header = {
            "call": "thumbnail", "path": os.path.abspath(path), "size": size, "frame": frame, "turn": turn,
            "crop": None if crop is None else list(crop),
        }  # fmt: skip
        picture: memoryview = self.repeated(lambda: self.call(header, timeout=timeout), "thumbnail")[1]["picture"]
        return picture

    def rank(
        self, library: str, path: str, frame: int, count: int = 20, model: str = "lite", timeout: float | None = None
    ) -> list[tuple[str, float]]:
        """The stills of a library that are most like a plate's frame, best first, with their similarity -1..1.

        Raises:
            WorkerRefused: the library or the plate cannot be used.
            ClientError: the worker cannot be reached.
        """
        header = {
            "call": "rank", "library": os.path.abspath(library), "path": os.path.abspath(path), "frame": frame,
            "count": count, "model": model,
        }  # fmt: skip
        found = self.repeated(lambda: self.call(header, timeout=timeout), "rank")[0]["found"]
        return [(one["path"], one["similarity"]) for one in found]

    def _long(
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
                _send(self._stream, dict(header, id=self._calls), (), None, seconds)
                while True:
                    if not told and cancelled is not None and cancelled():
                        _send(self._stream, {"call": "cancel"}, (), None, seconds)
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
            return _receive(self._stream, None, deadline + 5.0, False)[0]
        except socket.timeout:
            raise WorkerTimeout("the worker stopped in the middle of a message") from None

    def call(
        self,
        header: dict[str, Any],
        arrays: Sequence[tuple[str, _Array]] = (),
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
                _send(self._stream, dict(header, id=self._calls), arrays, memory, seconds)
                reply, got, shared = _receive(self._stream, memory, time.monotonic() + seconds, borrow)
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

    def _reach(self, deadline: float) -> socket.socket:
        """Connect; start a worker where nobody answers."""
        for child in list(_children):
            if child.poll() is not None:  # reaped
                _children.remove(child)
        try:
            return self._dial()
        except (OSError, ValueError) as error:
            if not self._start:
                raise WorkerUnavailable(
                    f"no worker runs in {self.folder} ({error}); start one with tinct worker"
                ) from error
        child = self._launch()
        while True:
            ended = child.poll()
            try:
                return self._dial()
            except (OSError, ValueError) as error:
                last = error
            if ended == WORKER_RUNS:  # another one is starting, or has not quite ended
                child = self._launch()
            elif ended is not None:
                raise WorkerUnavailable(
                    f"the worker ended with code {ended} as it was started: {self._last_words()}"
                ) from last
            if time.monotonic() > deadline:
                raise WorkerTimeout(
                    f"no worker answered within {self._start_timeout:g} s after it was started ({last}); its log is "
                    + os.path.join(self.folder, LOG)
                ) from last
            time.sleep(0.02 if ended is None else 0.2)

    def _dial(self) -> socket.socket:
        """A connection on which both ends have proved that they know the key."""
        with open(os.path.join(self.folder, "worker.json"), encoding="utf-8") as file:
            address = json.load(file)
        with open(os.path.join(self.folder, "worker.key"), encoding="ascii") as file:
            facts = os.fstat(file.fileno())
            if facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) & 0o077:
                raise WorkerUnavailable(
                    f"the key {file.name} can be read by others than you; stop the worker and remove it"
                )
            key = bytes.fromhex(file.read())
        if "socket" in address:
            stream = socket.socket(socket.AF_UNIX)
            where: Any = str(address["socket"])
        else:
            stream = socket.socket(socket.AF_INET)
            where = ("127.0.0.1", int(address["port"]))
        try:
            stream.settimeout(5.0)
            stream.connect(where)
            if stream.family == socket.AF_INET:
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _shake_hands(stream, key)
        except BaseException:
            stream.close()
            raise
        return stream

    def _launch(self) -> subprocess.Popen[bytes]:
        place = self._installation or find_installation()
        try:
            with open(place, encoding="utf-8") as stream:
                facts = json.load(stream)
            interpreter, extra = str(facts["interpreter"]), dict(facts.get("environment") or {})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkerUnavailable(
                f"the record of Tinct's installation {place} cannot be used ({error}); run tinct install again"
            ) from error
        environment = {name: value for name, value in os.environ.items() if name not in HOSTS_OWN}
        environment.update(extra)
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            log = os.open(os.path.join(self.folder, LOG), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                child = subprocess.Popen(
                    [interpreter, "-m", "tinct", "worker", "--folder", self.folder, *self._options],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    env=environment,
                    start_new_session=True,  # it outlives the host, and its Ctrl-C
                )
            finally:
                os.close(log)
        except OSError as error:
            raise WorkerUnavailable(
                f"the worker cannot be started with {interpreter}: {error}; run tinct install again"
            ) from error
        _children.append(child)
        return child

    def _last_words(self) -> str:
        try:
            with open(os.path.join(self.folder, LOG), encoding="utf-8", errors="replace") as stream:
                return " ".join(stream.read()[-400:].split()) or "it said nothing"
        except OSError:
            return "it left no log"


class Session:
    """A session on the worker. It outlives the worker: what was set and the last checkpoint are kept here."""

    def __init__(self, client: Client, wanted: dict[str, Any], checkpoint_every: int) -> None:
        """For `Client.open_session`."""
        self._client = client
        self._wanted = wanted
        self._every = checkpoint_every
        self._number = 0
        self._connection = 0
        self._memory: mmap.mmap | None = None
        self._stills: tuple[dict[str, Any], list[tuple[str, _Array]]] = ({"stills": []}, [])
        self._hints: list[dict[str, Any]] = []
        self._checkpoint: bytes | None = None
        self._since: list[tuple[dict[str, Any], list[tuple[str, _Array]]]] = []
        self.model = ""
        self.backend = ""
        self.plate: PlateFacts | None = None
        """What the worker knows of the plate, in a session of `Client.open_plate`."""
        self.restored = 0
        """How often the session was opened again on another connection."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def set_references(self, stills: Sequence[Still], timeout: float | None = None) -> None:
        """Replace all stills.

        Raises:
            WorkerRefused: a still cannot be used; the session stands as before.
            ClientError: the worker cannot be reached.
        """
        listed: list[dict[str, Any]] = []
        arrays: list[tuple[str, _Array]] = []
        for index, still in enumerate(stills):
            facts: dict[str, Any] = {"frame": still.frame, "weight": still.weight}
            if still.path is not None:
                facts["path"] = os.path.abspath(str(still.path))
            else:
                facts["array"] = f"still {index}"
                shape = None if still.shape is None else (*still.shape, 3)
                arrays.append((facts["array"], _Array.of(still.pixels, shape, "a still").kept()))
            listed.append(facts)
        self._change({"call": "references", "stills": listed}, arrays, timeout)
        self._stills = ({"stills": listed}, arrays)

    def set_hints(self, hints: Sequence[Hint], timeout: float | None = None) -> None:
        """Replace all hints; points are followed from the frames that come now.

        Raises:
            WorkerRefused: a hint lies outside the picture.
            ClientError: the worker cannot be reached.
        """
        listed = [{"frame": one.frame, "x": one.x, "y": one.y, "colour": list(one.colour)} for one in hints]
        self._change({"call": "hints", "hints": listed}, [], timeout)
        self._hints = listed

    def render(
        self,
        number: int,
        picture: Any,
        mask: Any = None,
        outputs: Sequence[str] = ("rgb",),
        continues: bool = False,
        preview: bool = False,
        borrow: bool = False,
        timeout: float | None = None,
        view_size: int | None = None,
    ) -> Frame:
        """Colour frame ``number`` of the plate.

        Frame n takes the state of frame n - 1; after any other it starts fresh (``was_reset``), unless it ``continues``
        the frame before although their numbers do not follow.

        Args:
            number: the plate's own.
            picture: (H, W) luma or (H, W, 3) RGB, float32, encoded as the session was told: anything with a buffer or
                ``__array_interface__``, contiguous; plain bytes are told apart by their size. `FROM_FILE`: the
                worker reads it.
            mask: (H, W) float32 0..1 that limits the colour.
            outputs: of ``rgb``, ``ab`` and ``confidence``; and for a screen, of 8 bits, sRGB, with no side over
                ``view_size``: ``view`` (the result), ``plate_view`` and ``chroma_view`` (h, w, 3), and
                ``confidence_view`` (h, w).
            continues: see above.
            preview: leave the session as it was, so that nothing follows from this frame.
            borrow: do not copy the result out of shared memory; it then holds until this session's next call.
            timeout: seconds; None = the client's.
            view_size: in pixels; None = 960.

        Raises:
            ValueError: the picture or the mask has another size or type.
            WorkerRefused: the worker could not.
            ClientError: the worker cannot be reached.
        """
        height, width = self._size
        arrays = []
        if picture is not FROM_FILE:
            given = _Array.of(picture, None, "the picture", ((height, width), (height, width, 3)))
            arrays.append(("rgb" if len(given.shape) == 3 else "luma", given))
        if mask is not None:
            arrays.append(("mask", _Array.of(mask, None, "the mask", ((height, width),))))
        header = {
            "call": "render", "number": number, "outputs": list(outputs), "continues": continues, "preview": preview,
            "view_size": view_size,
        }  # fmt: skip
        last = not preview and len(self._since) + 1 >= self._every
        reply, got = self._call(dict(header, checkpoint=last), arrays, timeout, borrow)
        if last:
            self._keep(got.pop("checkpoint"))
        elif not preview:
            self._since.append((dict(header, outputs=[]), [(name, array.kept()) for name, array in arrays]))
        return Frame(number, reply["was_reset"], reply["mean_confidence"], got, reply["seconds"])

    def pixel(self, x: int, y: int, timeout: float | None = None) -> dict[str, Any]:
        """What there is at a pixel of the frame that was rendered last: ``plate`` (luma) and ``rgb`` (result) as in the
        file, ``lab`` of the result on a screen, and ``confidence``; None where a value is not finite.

        Raises:
            WorkerRefused: it lies outside the picture, or no frame was rendered since the worker began.
            ClientError: the worker cannot be reached.
        """
        reply, _ = self._call({"call": "pixel", "x": x, "y": y}, [], timeout)
        return dict(reply["pixel"])

    def reset(self, timeout: float | None = None) -> None:
        """Forget the frame before; the stills stay."""
        self._change({"call": "reset"}, [], timeout)

    def snapshot(self, timeout: float | None = None) -> bytes:
        """A checkpoint after the last frame, from which `restore` goes on bit for bit."""
        return bytes(self._call({"call": "snapshot"}, [], timeout)[1]["checkpoint"])

    def restore(self, checkpoint: bytes, timeout: float | None = None) -> None:
        """Go on from a `snapshot` of a session with the same model, sizes, stills and hints.

        Raises:
            WorkerRefused: the checkpoint is of another session; this one stands as before.
            ClientError: the worker cannot be reached.
        """
        array = _Array(memoryview(bytes(checkpoint)), "uint8", (len(checkpoint),))
        self._change({"call": "restore"}, [("checkpoint", array)], timeout)

    def close(self) -> None:
        """End the session; harmless when it has ended, or the worker is gone."""
        client, self._memory = self._client, None
        with client._lock:
            if self._number and client._stream is not None and self._connection == client.connections:
                with contextlib.suppress(ClientError, OSError):  # it ends with the connection
                    client.call({"call": "close", "session": self._number})
            self._number = 0

    def reopen(self) -> None:
        """Open the session on the connection that stands now, with all that was set, at the last checkpoint.

        Raises:
            WorkerRefused: the worker could not, for one because a still's file has changed meanwhile.
            ClientError: the worker cannot be reached.
            OSError: the stream broke.
        """
        client = self._client
        with client._lock:
            client.connect()
            reply, _, self._memory = client.call(dict(self._wanted, call="open"))
            again = self._number != 0
            self._number, self._connection = reply["session"], client.connections
            self.model, self.backend = reply["model"], reply["backend"]
            if reply.get("plate"):
                self.plate = PlateFacts(**reply["plate"])
            if not again:
                return
            self.restored += 1
            self._once(dict(self._stills[0], call="references"), self._stills[1])
            if self._hints:
                self._once({"call": "hints", "hints": self._hints}, [])
            if self._checkpoint is not None:
                state = _Array(memoryview(self._checkpoint), "uint8", (len(self._checkpoint),))
                self._once({"call": "restore"}, [("checkpoint", state)])
            for header, arrays in self._since:
                self._once(header, arrays)

    @property
    def _size(self) -> tuple[int, int]:
        """Height and width of the plate."""
        if self.plate is not None:
            return self.plate.height, self.plate.width
        return self._wanted["height"], self._wanted["width"]

    def _change(self, header: dict[str, Any], arrays: list[tuple[str, _Array]], timeout: float | None) -> None:
        """A call after which the checkpoint is another one."""
        _, got = self._call(dict(header, checkpoint=True), arrays, timeout)
        self._keep(got["checkpoint"])

    def _keep(self, checkpoint: memoryview) -> None:
        self._checkpoint = bytes(checkpoint)
        self._since = []

    def _call(
        self, header: dict[str, Any], arrays: list[tuple[str, _Array]], timeout: float | None, borrow: bool = False
    ) -> tuple[dict[str, Any], dict[str, memoryview]]:
        """A call that is repeated once, from the last checkpoint, if the worker has died or has let the session go."""

        def work() -> tuple[dict[str, Any], dict[str, memoryview]]:
            with self._client._lock:
                self._client.connect()
                if self._connection != self._client.connections:
                    self.reopen()
                try:
                    return self._once(header, arrays, timeout, borrow)
                except WorkerRefused as error:
                    if error.kind != "SessionGoneError":
                        raise
                    self.reopen()
                    return self._once(header, arrays, timeout, borrow)

        result: tuple[dict[str, Any], dict[str, memoryview]] = self._client.repeated(work, header["call"])
        return result

    def _once(
        self,
        header: dict[str, Any],
        arrays: Sequence[tuple[str, _Array]],
        timeout: float | None = None,
        borrow: bool = False,
    ) -> tuple[dict[str, Any], dict[str, memoryview]]:
        reply, got, _ = self._client.call(dict(header, session=self._number), arrays, self._memory, timeout, borrow)
        return reply, got


class _Array(NamedTuple):
    """Bytes with a type and a shape."""

    data: memoryview
    dtype: str
    shape: tuple[int, ...]

    @classmethod
    def of(
        cls,
        given: Any,
        shape: tuple[int, ...] | None,
        what: str,
        shapes: Sequence[tuple[int, ...]] = (),
    ) -> _Array:
        """Float32 values of anything that holds them.

        ``shape``: of plain bytes; None takes that of ``shapes`` which has as many; ``shapes``: those that are allowed.
        """
        try:
            view = memoryview(given)
        except TypeError:
            view = _from_interface(given, what)
        if not view.c_contiguous:
            raise ValueError(f"{what} is not contiguous; hand over a copy")
        if view.format not in ("f", "B", "b", "c"):
            raise ValueError(f"{what} must hold float32, not {view.format!r}")
        have = tuple(view.shape or ())
        if view.ndim == 1:
            allowed = shapes if shape is None else [shape]
            have = next((one for one in allowed if _count(one) * 4 == view.nbytes), have)
        if (shapes and have not in shapes) or (not shapes and (len(have) != 3 or have[2] != 3)):
            raise ValueError(
                "{} has the shape {} ({} bytes), not {}".format(
                    what, have, view.nbytes, " or ".join(map(str, shapes)) or "(H, W, 3)"
                )
            )
        if _count(have) * 4 != view.nbytes:
            raise ValueError(f"{what} must hold float32")
        return cls(view.cast("B"), "float32", have)

    def kept(self) -> _Array:
        """A copy that does not change with its source."""
        return self._replace(data=memoryview(bytes(self.data)))


def _from_interface(given: Any, what: str) -> memoryview:
    """The memory of an object that has NumPy's array interface but no buffer."""
    interface = getattr(given, "__array_interface__", None)
    if not isinstance(interface, dict) or interface.get("typestr") not in ("<f4", "=f4"):
        raise ValueError(f"{what} must be float32 with a buffer or an array interface, not {type(given)}")
    if interface.get("strides") is not None or not isinstance(interface.get("data"), tuple):
        raise ValueError(f"{what} is not contiguous; hand over a copy")
    shape = tuple(interface["shape"])
    block = (ctypes.c_char * (_count(shape) * 4)).from_address(interface["data"][0])
    return memoryview(bytes(block)).cast("f", shape)  # type: ignore[return-value]


def _count(shape: Sequence[int]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


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


def _shake_hands(stream: socket.socket, key: bytes) -> None:
    deadline = time.monotonic() + 5.0
    greeting = bytes(_read(stream, GREETING.size, deadline))
    magic, protocol, _ = GREETING.unpack(greeting)
    if magic != GREETING_MAGIC:
        raise ConnectionError("what answers is no worker")
    answer = struct.pack(">H", PROTOCOL) + secrets.token_bytes(32)
    answer += hmac.new(key, b"client" + greeting + answer, hashlib.sha256).digest()
    stream.sendall(answer)
    verdict, proof = VERDICT.unpack(bytes(_read(stream, VERDICT.size, deadline)))
    if verdict == WRONG_KEY:
        raise ConnectionError("the worker has another key")
    wanted = hmac.new(key, b"worker" + greeting + answer + bytes([verdict]), hashlib.sha256).digest()
    if not hmac.compare_digest(proof, wanted):
        raise ConnectionError("what answers does not know the key")
    if verdict != WELCOME:
        raise WorkerUnavailable(
            f"the worker speaks protocol {protocol} and this client {PROTOCOL}; stop it (tinct worker stop) and "
            "install Tinct for the host again"
        )


def _send(
    stream: socket.socket,
    header: dict[str, Any],
    arrays: Sequence[tuple[str, _Array]],
    memory: mmap.mmap | None,
    seconds: float,
) -> None:
    described, chunks, used = [], [], 0
    for name, array in arrays:
        facts: dict[str, Any] = {"name": name, "dtype": array.dtype, "shape": list(array.shape)}
        size = array.data.nbytes
        if memory is not None and used + size <= len(memory):
            memory[used : used + size] = array.data
            facts["shared"] = used
            used += -(-size // ALIGNMENT) * ALIGNMENT
        else:
            chunks.append(array.data)
        described.append(facts)
    text = json.dumps(dict(header, arrays=described)).encode("utf-8")
    payload = sum(chunk.nbytes for chunk in chunks)
    if len(text) > MAX_HEADER or payload > MAX_PAYLOAD:
        raise ValueError("the call {!r} is too large for one message; give fewer stills".format(header.get("call")))
    stream.settimeout(seconds)
    stream.sendall(HEAD.pack(MAGIC, len(text), payload) + text)
    for chunk in chunks:
        stream.sendall(chunk)


def _receive(
    stream: socket.socket, memory: mmap.mmap | None, deadline: float, borrow: bool
) -> tuple[dict[str, Any], dict[str, memoryview], mmap.mmap | None]:
    """A reply, its arrays (copies unless they may be borrowed), and the memory that came with it."""
    handles: list[int] = []
    try:
        magic, header_bytes, payload_bytes = HEAD.unpack(bytes(_read(stream, HEAD.size, deadline, handles)))
        if magic != MAGIC or header_bytes > MAX_HEADER or payload_bytes > MAX_PAYLOAD:
            raise ConnectionError("the worker's reply is none")
        header = json.loads(bytes(_read(stream, header_bytes, deadline)).decode("utf-8"))
        payload = memoryview(_read(stream, payload_bytes, deadline))
        shared = mmap.mmap(handles[0], header["shared_bytes"]) if handles else None
    except ValueError as error:
        raise ConnectionError(f"the worker's reply is none ({error})") from error
    finally:
        for handle in handles:
            os.close(handle)
    arrays, used = {}, 0
    for facts in header.get("arrays", ()):
        form, width = _FORMATS[facts["dtype"]]
        size = _count(facts["shape"]) * width
        if facts.get("shared") is not None:
            assert memory is not None
            start = facts["shared"]
            piece = memoryview(memory)[start : start + size] if borrow else memoryview(memory[start : start + size])
        else:
            piece = payload[used : used + size]
            used += size
        arrays[facts["name"]] = piece.cast(form, facts["shape"]) if size else piece  # type: ignore[call-overload]
    return header, arrays, shared


def _read(stream: socket.socket, count: int, deadline: float, handles: list[int] | None = None) -> bytearray:
    """The next ``count`` bytes; descriptors that come with them go into ``handles``."""
    data = bytearray(count)
    view, filled = memoryview(data), 0
    while filled < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("no answer in time")
        stream.settimeout(left)
        if handles is not None and stream.family != socket.AF_INET:
            piece, more, _, _ = socket.recv_fds(stream, count - filled, 1)
            handles.extend(more)
            got = len(piece)
            view[filled : filled + got] = piece
        else:
            got = stream.recv_into(view[filled:])
        if got == 0:
            raise ConnectionError("the worker closed the connection")
        filled += got
    return data
