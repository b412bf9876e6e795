"""The worker against clients that err, lie, stall or die, and its own house-keeping."""

import json
import logging
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tinct.plugin.client import Client, ClientError, Session, Still, WorkerRefused, WorkerUnavailable, worker_folder
from tinct.runtime.errors import UsageError, WorkerError, WorkerRunsError
from tinct.runtime.worker import Worker, WorkerConfig, endpoint, handshake, wire
from tinct.runtime.worker.turns import Turns

ROOT = Path(__file__).parents[3]
WIDTH, HEIGHT = 96, 64
PICTURE = np.linspace(0, 1, WIDTH * HEIGHT, dtype=np.float32).reshape(HEIGHT, WIDTH)


def still(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((HEIGHT, WIDTH, 3), np.float32)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A private folder with a path short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="tinct-test-"))
    yield path / "w"
    shutil.rmtree(path)


class Running:
    """A worker in a thread of this process."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.folder = folder
        self.worker = Worker(WorkerConfig(folder=folder, **options))
        self.thread = threading.Thread(target=self.worker.run)
        self.thread.start()
        self.clients: list[Client] = []
        self.notices: list[str] = []
        self.first = self.client()

    def client(self) -> Client:
        client = Client(folder=str(self.folder), start=False, timeout=20.0, notice=self.notices.append)
        self.clients.append(client)
        while self.thread.is_alive():
            try:
                client.connect()
                break
            except ClientError:
                continue
        return client

    def session(self, client: Client | None = None, **options: object) -> Session:
        wanted = {"width": WIDTH, "height": HEIGHT, "model": "fake", "working_size": 64, **options}
        return (client or self.first).open_session(**wanted)

    def raw(self, *, key: bytes | None = None) -> socket.socket:
        """A stream on which hands were shaken, with ``key`` or the right one; the verdict is read."""
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(10)
        stream.connect(str(self.folder / endpoint.SOCKET))
        greeting = stream.recv(handshake.GREETING.size)
        key = bytes.fromhex((self.folder / endpoint.KEY).read_text()) if key is None else key
        answer = handshake.PROTOCOL.to_bytes(2, "big") + bytes(32)
        stream.sendall(answer + handshake.seal(key, b"client", greeting + answer))
        self.verdict = stream.recv(handshake.VERDICT.size)[0]
        return stream

    def is_well(self) -> bool:
        """Whether a client that came before is still served."""
        return self.first.status()["ok"] is True and self.first.connections == 1

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.worker.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def run(folder: Path) -> Iterator[Callable[..., Running]]:
    all_running: list[Running] = []

    def make(**options: object) -> Running:
        all_running.append(Running(folder, **options))
        return all_running[-1]

    yield make
    for running in all_running:
        running.close()


def ends(stream: socket.socket) -> bool:
    """Whether the worker has closed the stream, after whatever it still said."""
    try:
        while stream.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass
    stream.close()
    return True


def test_only_the_user_can_read_key_socket_and_address(run) -> None:
    folder = run().folder
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {"w": 0o700, "worker.lock": 0o600, "worker.key": 0o600, "worker.json": 0o600, "worker.sock": 0o600}


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="takes root to be another user")
def test_another_user_reaches_neither_key_nor_socket(run) -> None:
    folder = run().folder
    code = (
        "import socket, sys\n"
        "for name in ('worker.key', 'worker.json', 'worker.log'):\n"
        "    try:\n"
        "        open(sys.argv[1] + '/' + name)\n"
        "        raise SystemExit(name)\n"
        "    except PermissionError:\n"
        "        pass\n"
        "try:\n"
        "    socket.socket(socket.AF_UNIX).connect(sys.argv[1] + '/worker.sock')\n"
        "except PermissionError:\n"
        "    print('kept out')\n"
    )
    os.chmod(folder.parent, 0o755)  # so that it is the worker's own folder that keeps them out
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    done = subprocess.run(
        [python, "-c", code, str(folder)], capture_output=True, text=True, check=False, user=65534, cwd="/"
    )
    assert done.stdout.strip() == "kept out", done.stderr


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"call": "probe", "path": "../../etc/passwd"}, "not absolute"),
        ({"call": "probe", "path": "/etc/\0passwd"}, "'path'"),
        ({"call": "probe", "path": ["/etc/passwd"]}, "'path'"),
        ({"call": "probe", "path": "/etc/passwd"}, "passwd"),
        ({"call": "thumbnail", "path": "/etc/passwd", "size": 64}, "not an image"),
        ({"call": "rank", "library": "../lib", "path": "/etc", "frame": 0, "count": 1}, "/etc"),
        ({"call": "colorize", "run": {"input": "/p.mov", "output": "../out.mov", "references": []}}, "not absolute"),
        (
            {"call": "colorize", "run": {"input": "/p.mov", "output": "/o.mov", "references": [{"path": "s.png"}]}},
            "s.png",
        ),
        ({"call": "open", "model": "../../bundle", "width": 8, "height": 8}, "bundle"),
        ({"call": "open", "model": "fake", "plate": {"path": "plate.mov"}}, "not absolute"),
        ({"call": "shots", "path": "~/film.mov"}, "not absolute"),
        ({"call": "make_library", "stills": "/etc", "library": "here"}, "not absolute"),
    ],
)
def test_tricks_with_paths_are_refused_and_logged(
    run, header: dict[str, object], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    running = run()
    with caplog.at_level(logging.WARNING), pytest.raises(WorkerRefused, match=re.escape(said)):
        running.first.call(header)
    assert f"{header['call']!r} was refused" in caplog.text
    assert running.is_well()


def test_a_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(WorkerError, match="not a folder of yours"):
        endpoint.Endpoint(folder)
    folder.chmod(0o700)
    linked = folder.with_name("link")
    linked.symlink_to(folder)
    with pytest.raises(WorkerError, match="not a folder of yours"):
        endpoint.Endpoint(linked)


def test_a_client_refuses_a_key_that_others_can_read(run) -> None:
    running = run()
    (running.folder / endpoint.KEY).chmod(0o644)
    with pytest.raises(WorkerUnavailable, match="read by others"):
        Client(folder=str(running.folder), start=False).connect()


def test_a_wrong_key_is_refused_and_named(run) -> None:
    running = run()
    stream = running.raw(key=bytes(32))
    assert running.verdict == handshake.WRONG_KEY
    assert ends(stream)
    (running.folder / endpoint.KEY).write_text(bytes(32).hex())
    with pytest.raises(WorkerUnavailable, match="another key"):
        Client(folder=str(running.folder), start=False).connect()
    assert running.is_well()


def test_a_client_does_not_trust_what_does_not_know_the_key(run) -> None:
    """Something else on the address of the worker, which lets everybody in."""
    running = run()
    path = running.folder / "other.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        (running.folder / endpoint.ADDRESS).write_text(json.dumps({"socket": str(path)}))

        def let_in() -> None:
            stream, _ = listener.accept()
            with stream:
                stream.sendall(handshake.GREETING.pack(handshake.GREETING_MAGIC, handshake.PROTOCOL, bytes(32)))
                stream.recv(handshake.ANSWER.size)
                stream.sendall(handshake.VERDICT.pack(handshake.WELCOME, bytes(32)))
                stream.recv(1)

        thread = threading.Thread(target=let_in)
        thread.start()
        with pytest.raises(WorkerUnavailable, match="does not know the key"):
            Client(folder=str(running.folder), start=False).connect()
        thread.join()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "no message"),
        (wire.HEAD.pack(wire.MAGIC, wire.MAX_HEADER + 1, 0), "at most"),
        (wire.HEAD.pack(wire.MAGIC, 2, wire.MAX_PAYLOAD + 1), "at most"),
        (wire.HEAD.pack(wire.MAGIC, 5, 0) + b"\xff\xfe\x00{}", "no JSON"),
        (wire.HEAD.pack(wire.MAGIC, 200_000, 0) + b"[" * 200_000, "no JSON"),
        (wire.HEAD.pack(wire.MAGIC, 2, 0) + b"[]", "no JSON object"),
    ],
)
def test_garbage_and_oversized_messages_end_their_connection_alone(run, sent: bytes, said: str) -> None:
    running = run()
    stream = running.raw()
    assert running.verdict == handshake.WELCOME
    stream.sendall(sent)
    reply = wire.read_message(stream, seconds=10)
    assert reply is not None
    assert reply.header["error"] == "ProtocolError"
    assert said in reply.header["message"]
    assert ends(stream)
    assert running.is_well()


def test_half_a_message_and_a_slow_client_end_their_connection_alone(run) -> None:
    running = run(message_s=0.3)
    half = running.raw()
    half.sendall(wire.HEAD.pack(wire.MAGIC, 100, 0) + b"{")
    half.close()
    slow = running.raw()
    slow.sendall(wire.HEAD.pack(wire.MAGIC, 100, 0) + b"{")
    assert ends(slow)
    assert running.is_well()


@pytest.mark.parametrize(
    "arrays",
    [
        "luma",
        [1],
        [{"name": "luma", "dtype": "object", "shape": [1]}],
        [{"name": "luma", "dtype": "float32", "shape": [-1]}],
        [{"name": "luma", "dtype": "float32", "shape": [1 << 40, 1 << 40]}],
        [{"name": "luma", "dtype": "float32", "shape": [HEIGHT, WIDTH]}],
        [{"name": "luma", "dtype": "float32", "shape": [HEIGHT, WIDTH], "shared": 1 << 30}],
        [{"name": "luma", "dtype": "float32", "shape": [HEIGHT, WIDTH], "shared": -4}],
        [{"name": "luma", "dtype": "float32", "shape": [HEIGHT, WIDTH], "shared": 1}],
    ],
)
def test_arrays_that_are_none_are_refused(run, arrays: object) -> None:
    running = run()
    stream = running.raw()
    wire.write_message(stream, {"call": "open", "model": "fake", "width": WIDTH, "height": HEIGHT}, seconds=10)
    number = wire.read_message(stream, seconds=10).header["session"]
    text = json.dumps({"call": "render", "session": number, "number": 0, "outputs": ["rgb"], "arrays": arrays}).encode()
    stream.sendall(wire.HEAD.pack(wire.MAGIC, len(text), 0) + text)
    assert wire.read_message(stream, seconds=10).header["error"] == "WorkerError"
    stream.close()
    assert running.is_well()


def test_random_calls_never_take_the_worker_down(run) -> None:
    running = run()
    dice = random.Random(1)
    values = [None, True, -1, 0, 1, 7, 1e300, "", "rgb", "fake", "a\0b", [], [None], {}, {"path": "/"}, "x" * 5000]
    keys = ["session", "number", "outputs", "stills", "hints", "width", "height", "model", "backend", "working_size",
            "space", "chroma", "checkpoint", "threads", "arrays", "matrix", "preview"]  # fmt: skip
    calls = ["open", "references", "hints", "render", "reset", "snapshot", "restore", "close", "status", "x", 5]
    stream = running.raw()
    wire.write_message(stream, {"call": "open", "model": "fake", "width": 8, "height": 8}, seconds=10)
    assert wire.read_message(stream, seconds=10).header["ok"]
    for _ in range(400):
        header = {key: dice.choice(values) for key in dice.sample(keys, 6)}
        header |= {"call": dice.choice(calls), "session": 1} | ({"model": "fake"} if dice.random() < 0.5 else {})
        text = json.dumps(header).encode()
        stream.sendall(wire.HEAD.pack(wire.MAGIC, len(text), 0) + text)
        reply = wire.read_message(stream, seconds=10)
        assert reply is not None
        assert reply.header["ok"] in (True, False)
        assert reply.header.get("error") != "InternalError", (header, reply.header)
    stream.close()
    assert running.is_well()


def test_it_ends_when_nobody_calls_and_takes_its_files_away(run) -> None:
    running = run(idle_s=0.3)
    running.thread.join(20)
    assert not running.thread.is_alive()
    assert [path.name for path in running.folder.iterdir()] == ["worker.lock"]


def test_what_a_dead_worker_left_is_replaced(folder: Path, run) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tinct", "worker", "--folder", str(folder)]
    with subprocess.Popen(command, env=environment, cwd=folder.parent) as child:
        while True:
            try:
                with Client(folder=str(folder), start=False) as client:
                    client.connect()
                break
            except ClientError:
                time.sleep(0.05)
        with pytest.raises(WorkerRunsError, match="runs already"):
            endpoint.Endpoint(folder)
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 3
        child.send_signal(signal.SIGKILL)
    old = (folder / endpoint.KEY).read_text()
    assert (folder / endpoint.SOCKET).exists()
    with pytest.raises(WorkerUnavailable):
        Client(folder=str(folder), start=False).connect()
    running = run()
    assert running.is_well()
    assert (folder / endpoint.KEY).read_text() != old


def test_paths_and_ports_that_cannot_be_listened_on_are_refused(folder: Path) -> None:
    file = folder.with_name("file")
    file.write_text("mine")
    with pytest.raises(UsageError, match="no socket of a worker"):
        endpoint.Endpoint(folder, socket_path=file)
    assert file.read_text() == "mine"
    with pytest.raises(UsageError, match="too long"):
        endpoint.Endpoint(folder, socket_path=folder / ("x" * 100))
    with pytest.raises(UsageError, match="one of --socket and --port"):
        endpoint.Endpoint(folder, socket_path=file, port=0)
    with endpoint.Endpoint(folder, port=0) as held, pytest.raises(WorkerError, match="another"):
        endpoint.Endpoint(folder.with_name("v"), port=held.address["port"])


def test_memory_for_another_session_is_taken_from_an_idle_one_which_goes_on_later(run) -> None:
    running = run(memory=64 << 20, idle_session_s=0.0)
    big = {"width": 640, "height": 480}
    picture = np.zeros((480, 640), np.float32)
    sessions = [running.session(**big)]
    sessions[0].set_references([Still(pixels=still())])
    frames = [sessions[0].render(number, picture) for number in range(2)]
    sessions += [running.session(**big) for _ in range(5)]
    status = running.first.status()
    assert status["sessions"] < 6
    assert status["session_bytes"] <= 32 << 20
    third = sessions[0].render(2, picture)
    assert not third.was_reset
    assert sessions[0].restored == 1
    assert frames[1].arrays["rgb"] == third.arrays["rgb"]


def test_no_session_in_use_is_closed_for_another_one(run) -> None:
    running = run(memory=64 << 20, idle_session_s=60.0)
    for _ in range(3):
        running.session(width=640, height=480)
    with pytest.raises(WorkerRefused, match="close one"):
        running.session(width=640, height=480)


def test_the_client_hears_of_stills_that_had_to_go_and_they_come_back(run) -> None:
    running = run(memory=64 << 20)
    session = running.session(working_size=1024)  # 19 MB a still
    session.set_references([Still(pixels=still(number), frame=number) for number in range(4)])
    first = session.render(0, PICTURE).arrays["rgb"]
    for number in range(1, 4):
        session.render(number, PICTURE, outputs=())
    assert any("an encoded still" in text and "was dropped" in text for text in running.notices)
    assert running.first.status()["stills"] < 4
    assert session.render(0, PICTURE).arrays["rgb"] == first


def test_turns_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    turns, order, threads = Turns(), [], []

    def work(name: int) -> None:
        with turns.take():
            order.append(name)

    with turns.take():
        for name in range(5):
            threads.append(threading.Thread(target=work, args=(name,)))
            threads[-1].start()
            while turns.waiting < name + 2:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_both_ends_mean_the_same_protocol_and_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    from tinct.plugin import worker_process
    from tinct.plugin import worker_wire as client

    assert (client.PROTOCOL, client.MAGIC, client.HEAD.format) == (handshake.PROTOCOL, wire.MAGIC, wire.HEAD.format)
    assert (client.MAX_HEADER, client.MAX_PAYLOAD) == (wire.MAX_HEADER, wire.MAX_PAYLOAD)
    assert WorkerRunsError.exit_code == worker_process.WORKER_RUNS
    for name, value in ((endpoint.FOLDER_VARIABLE, "/a/b"), ("XDG_RUNTIME_DIR", "/run/user/7")):
        monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
        monkeypatch.setenv(name, value)
        assert worker_folder() == str(endpoint.worker_folder())
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert worker_folder() == str(endpoint.worker_folder())


def test_the_command_line_says_what_the_worker_does_and_stops_it(run, capfd: pytest.CaptureFixture[str]) -> None:
    from tinct.cli import main

    running = run()
    running.session()
    assert main(["worker", "status", "--folder", str(running.folder)]) == 0
    assert "1 sessions" in capfd.readouterr().out
    assert main(["worker", "stop", "--folder", str(running.folder)]) == 0
    running.thread.join(20)
    assert main(["worker", "status", "--folder", str(running.folder)]) == 1
    assert "start one with tinct worker" in capfd.readouterr().err
