"""The client against real workers, on the fake backend: what a host relies on."""

import array
import ast
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.plugin import client as module
from tinct.plugin.client import (
    Client,
    Hint,
    Session,
    Still,
    WorkerRefused,
    WorkerTimeout,
    WorkerUnavailable,
    write_installation,
)
from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.hint_points import PointHint
from tinct.runtime.media import ColourTags, open_plate
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate
from tinct.runtime.session import ColorizationSession, Reference

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 96, 64
OPEN = {"model": "fake", "working_size": 64}
FRAMES = range(6)


def luma(number: int) -> np.ndarray:
    """(H, W) float32: a pattern that moves to the right."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    return (0.5 + 0.4 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)).astype(np.float32)


def still(turn: float = 0.0) -> np.ndarray:
    """(H, W, 3) float32, of the pattern's first frame."""
    grey = luma(0)
    return np.stack([grey, np.clip(1 - grey + turn, 0, 1), 0.5 * grey + 0.2], axis=-1).astype(np.float32)


def begun(client: Client, turn: float = 0.0, **options: object) -> Session:
    session = client.open_session(WIDTH, HEIGHT, **{**OPEN, **options})
    session.set_references([Still(pixels=still(turn)), Still(pixels=still(turn + 0.3), frame=4)])
    return session


def coloured(session: Session, number: int, **options: object) -> np.ndarray:
    return np.array(session.render(number, luma(number), **options).arrays["rgb"])


def alone(turn: float = 0.0) -> list[np.ndarray]:
    """What a session in this process, which nobody disturbs, makes of the frames."""
    session = ColorizationSession(create_backend("fake", find_bundle("fake")), working_size=64)
    session.set_references([Reference(still(turn)), Reference(still(turn + 0.3), 4)])
    frames, tags = [], ColourTags()
    for number in FRAMES:
        lightness = luma_to_lightness(luma(number), tags)
        step = session.step(number, lightness)
        ab = upsample_chroma(step.ab, step.lightness, lightness)
        frames.append(compose(luma(number), ab, tags, lightness=lightness))
    return frames


def test_a_frame_by_the_worker_is_that_of_colorize_bit_for_bit(serve, tmp_path: Path) -> None:
    for number in range(1001, 1006):
        cv2.imwrite(str(tmp_path / f"plate.{number}.png"), np.rint(luma(number) * 255).astype(np.uint8))
    stills = [tmp_path / "one.png", tmp_path / "two.png"]
    for path, turn in zip(stills, (0.0, 0.3), strict=True):
        cv2.imwrite(str(path), np.rint(still(turn)[..., ::-1] * 255).astype(np.uint8))
    want: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    colorize_plate(
        ColorizeRequest(
            input=tmp_path / "plate.####.png",
            references=(StillAt(stills[0]), StillAt(stills[1], 1004, 2.0)),
            output=tmp_path / "out.####.png",
            model="fake",
            backend="fake",
            working_size=64,
            chroma=1.3,
            hints=(PointHint(1002, 20.0, 15.0, (0.0, 0.0, 1.0)),),
        ),
        on_frame=lambda frame, step: want.update({frame.number: (frame.rgb.copy(), step.confidence.copy())}),
    )
    with open_plate(tmp_path / "plate.####.png") as plate:
        tags = plate.info.colour
        session = serve().open_session(
            WIDTH, HEIGHT, backend="fake", matrix=tags.matrix, transfer=tags.transfer, chroma=1.3, **OPEN
        )
        session.set_references([Still(path=str(stills[0])), Still(path=str(stills[1]), frame=1004, weight=2.0)])
        session.set_hints([Hint(1002, 20.0, 15.0, (0.0, 0.0, 1.0))])
        for frame in plate.frames():
            got = session.render(frame.number, frame.luma, outputs=("rgb", "ab", "confidence"))
            rgb, confidence = want[frame.number]
            np.testing.assert_array_equal(np.asarray(got.arrays["rgb"]), rgb)
            np.testing.assert_array_equal(np.asarray(got.arrays["confidence"]), confidence)
            assert np.asarray(got.arrays["ab"]).shape == (HEIGHT, WIDTH, 2)
            assert got.was_reset == (frame.number in (1001, 1004))


def test_two_clients_side_by_side_get_what_each_alone_would(connect) -> None:
    want = [alone(0.0), alone(0.2)]
    sessions = [begun(connect(), 0.0), begun(connect(), 0.2)]
    got: list[list[np.ndarray]] = [[], []]

    def run(which: int) -> None:
        got[which] += [coloured(sessions[which], number) for number in FRAMES]

    threads = [threading.Thread(target=run, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("every", [1, 4])
def test_a_killed_worker_comes_back_and_nobody_sees_a_difference(connect, every: int) -> None:
    want = alone()
    client = connect()
    session = begun(client, checkpoint_every=every)
    got = []
    for number in FRAMES:
        if number in (2, 5):
            pid = client.status()["pid"]
            os.kill(pid, signal.SIGSTOP)  # so that it dies with the call under way
            killer = threading.Thread(target=os.kill, args=(pid, signal.SIGKILL))
            killer.start()
        got.append(coloured(session, number))
    assert session.restored == 2
    np.testing.assert_array_equal(got, want)


def test_a_worker_that_was_stopped_is_started_again(connect) -> None:
    want = alone()
    client, other = connect(), connect()
    session = begun(client)
    got = [coloured(session, number) for number in (0, 1, 2)]
    other.stop()
    got += [coloured(session, number) for number in (3, 4, 5)]
    np.testing.assert_array_equal(got, want)


def test_a_client_killed_while_it_renders_leaves_nothing_and_disturbs_nobody(connect, folder: Path) -> None:
    want = alone()
    client = connect()
    session = begun(client)
    before = sorted(os.listdir("/dev/shm"))
    script = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tinct.plugin.client import Client
client = Client(folder={str(folder)!r}, start=False)
session = client.open_session(640, 480, model="fake")
picture = bytes(640 * 480 * 4)
number = 0
while True:
    session.render(number, picture)
    number += 1
    print(number, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        got = []
        for number in FRAMES:
            child.stdout.readline()
            got.append(coloured(session, number))
        assert client.status()["sessions"] == 2
        child.kill()
    facts = until(client, lambda facts: facts["sessions"] == 1 and facts["clients"] == 1)
    maps = Path(f"/proc/{facts['pid']}/maps").read_text()
    assert maps.count("tinct-frame") == 1
    assert sorted(os.listdir("/dev/shm")) == before
    np.testing.assert_array_equal(got, want)


def until(client: Client, holds: Callable[[dict], bool]) -> dict:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        facts = client.status()
        if holds(facts):
            return facts
    raise AssertionError(facts)


def test_previews_resets_and_checkpoints(serve) -> None:
    session = begun(serve())
    first = coloured(session, 0)
    second = coloured(session, 1)
    checkpoint = session.snapshot()
    preview = session.render(5, luma(5), preview=True)
    assert preview.was_reset
    third = session.render(2, luma(2))
    assert not third.was_reset
    session.restore(checkpoint)
    np.testing.assert_array_equal(np.asarray(third.arrays["rgb"]), coloured(session, 2))
    session.reset()
    assert session.render(3, luma(3)).was_reset
    with pytest.raises(WorkerRefused, match="no checkpoint") as refused:
        session.restore(b"nonsense")
    assert refused.value.kind == "StateError"
    assert not np.array_equal(first, second)


def test_hints_come_again_in_another_pass_and_after_a_preview(serve) -> None:
    session = begun(serve())
    without = coloured(session, 0, preview=True)
    session.set_hints([Hint(0, 20.0, 15.0, (0.0, 0.0, 1.0))])
    assert not np.array_equal(coloured(session, 0, preview=True), without)
    first = [coloured(session, number) for number in FRAMES]
    second = [coloured(session, number) for number in FRAMES]
    session.reset()
    third = [coloured(session, number) for number in FRAMES]
    assert not np.array_equal(first[0], without)
    np.testing.assert_array_equal(second, first)
    np.testing.assert_array_equal(third, first)


@pytest.mark.parametrize("way", ["copied", "port"])
def test_frames_in_messages_are_those_in_shared_memory(serve, way: str) -> None:
    client = serve(shared=False) if way == "copied" else serve(port=0)
    session = begun(client)
    got = [coloured(session, number) for number in FRAMES]
    client.stop()
    np.testing.assert_array_equal(got, alone())


def test_pictures_of_every_kind(serve) -> None:
    class Interface:
        def __init__(self, image: np.ndarray) -> None:
            self.image = image
            self.__array_interface__ = image.__array_interface__

    session = begun(serve())
    picture = luma(0)
    rgb = np.repeat(picture[..., None], 3, axis=2)
    want = coloured(session, 0, preview=True)
    for given in (picture.tobytes(), array.array("f", picture.ravel()), Interface(picture), rgb, rgb.tobytes()):
        got = session.render(0, given, preview=True).arrays["rgb"]
        np.testing.assert_array_equal(np.asarray(got), want)
    np.testing.assert_array_equal(np.asarray(session.render(0, picture, preview=True, borrow=True).arrays["rgb"]), want)
    shut = session.render(0, picture, mask=np.zeros_like(picture), preview=True).arrays["rgb"]
    np.testing.assert_array_equal(np.asarray(shut), rgb)
    for given in (picture[:, ::2], picture.astype(np.float64), picture[:4], picture.T, b"", None):
        with pytest.raises(ValueError, match="the picture"):
            session.render(0, given)


def test_refusals_name_the_reason_and_leave_the_session_as_it_was(serve, tmp_path: Path) -> None:
    client = serve()
    session = begun(client)
    coloured(session, 0)
    grey = np.repeat(luma(0)[..., None], 3, axis=2)
    for stills, kind in (
        ([Still(pixels=grey)], "StillError"),
        ([Still(path=str(tmp_path / "none.png"))], "MediaNotFoundError"),
        ([Still(path="/etc/passwd")], "StillError"),
        ([Still(path="a\0b")], "UsageError"),
        ([Still(pixels=still(), weight=-1.0)], "UsageError"),
    ):
        with pytest.raises(WorkerRefused) as refused:
            session.set_references(stills)
        assert refused.value.kind == kind
    with pytest.raises(WorkerRefused, match="no output named"):
        session.render(1, luma(1), outputs=("depth",))
    assert not session.render(1, luma(1)).was_reset
    for wrong in ({"model": "nothing"}, {"backend": "abacus"}, {"width": 0}, {"matrix": "bt1"}, {"transfer": "log"}):
        with pytest.raises(WorkerRefused):
            client.open_session(**{"width": WIDTH, "height": HEIGHT, **OPEN, **wrong})


def test_a_call_that_takes_too_long_is_given_up_and_the_session_goes_on(connect) -> None:
    want = alone()
    client = connect()
    session = begun(client)
    got = [coloured(session, 0)]
    pid = client.status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        while not _stands_still(pid):  # the signal reaches a thread that runs on another core a little later
            time.sleep(0.01)
        with pytest.raises(WorkerTimeout, match=r"within 0\.2 s"):
            session.render(1, luma(1), timeout=0.2)
    finally:
        os.kill(pid, signal.SIGCONT)
    got += [coloured(session, number) for number in FRAMES[1:]]
    np.testing.assert_array_equal(got, want)


def _stands_still(pid: int) -> bool:
    """Whether every thread of the process is stopped."""
    states = [path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(state == "T" for state in states)


def test_a_client_says_why_no_worker_can_be_had(folder: Path, tmp_path: Path, installation: str) -> None:
    with pytest.raises(WorkerUnavailable, match="start one with tinct worker"):
        Client(folder=str(folder), start=False).status()
    with pytest.raises(WorkerUnavailable, match="run tinct install again"):
        Client(folder=str(folder), installation=str(tmp_path / "none.json")).status()
    broken = str(tmp_path / "broken.json")
    write_installation(broken, str(tmp_path / "python"))
    with pytest.raises(WorkerUnavailable, match="cannot be started"):
        Client(folder=str(folder), installation=broken).status()
    with pytest.raises(WorkerUnavailable, match=r"ended with code 2.*--port"):
        Client(folder=str(folder), installation=installation, options=["--port", "seven"]).status()


def test_what_goes_into_hosts_is_python_3_9_of_the_standard_library_alone(
    connect, installation: str, folder: Path, tmp_path: Path
) -> None:
    package = tmp_path / "tinct" / "plugin"
    package.mkdir(parents=True)
    (tmp_path / "tinct" / "__init__.py").touch()
    for source in Path(module.__file__).parent.glob("*.py"):
        ast.parse(source.read_text(encoding="utf-8"), feature_version=(3, 9))
        shutil.copy(source, package)
    script = f"""
import sys, array
sys.path.insert(0, {str(tmp_path)!r})
from tinct.plugin import client, effect, params
with client.Client(folder={str(folder)!r}, installation={installation!r}) as one:
    session = one.open_session({WIDTH}, {HEIGHT}, model="fake", working_size=64)
    pixels = array.array("f", ({still(0.0).ravel().tolist()!r}))
    session.set_references([client.Still(pixels=pixels, shape=({HEIGHT}, {WIDTH}))])
    frame = session.render(0, array.array("f", {luma(0).ravel().tolist()!r}))
    sys.stdout.buffer.write(frame.arrays["rgb"].tobytes())
strange = {{name.split(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names) - {{"tinct", "__main__"}}
assert not strange, strange
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-"], input=script.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    np.testing.assert_array_equal(np.frombuffer(done.stdout, np.float32).reshape(HEIGHT, WIDTH, 3), alone()[0])
