"""Whole runs through the worker, on the fake backend: what hosts without pixels rely on."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.plugin.client import Cancelled, Client, ColorizeProgress, WorkerRefused
from tinct.runtime.hint_points import PointHint
from tinct.runtime.run.checkpoint import CHECKPOINT_FRAMES
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate

COUNT = 6 * CHECKPOINT_FRAMES  # many, lest a run end before it hears that it was cancelled
STOP = CHECKPOINT_FRAMES + 3
"""A frame after the first checkpoint, which a later run can go on from."""


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    y, x = np.mgrid[:64, :96]
    for number in range(1, COUNT + 1):
        grey = 0.5 + 0.4 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)
        cv2.imwrite(str(tmp_path / f"plate.{number:04d}.png"), np.rint(grey * 255).astype(np.uint8))
    for name, turn in (("one", 0), ("two", 80)):
        still = np.stack([grey * 255, 255 - grey * 200 - turn / 2, grey * 90 + turn], axis=-1)
        cv2.imwrite(str(tmp_path / f"{name}.png"), still.astype(np.uint8))
    return tmp_path / "plate.%04d.png"


def run(plate: Path, output: str = "out.%04d.png", **options: object) -> dict[str, object]:
    stills = [{"path": str(plate.parent / "one.png")}, {"path": str(plate.parent / "two.png"), "frame": 20}]
    facts = {"input": str(plate), "output": str(plate.parent / output), "references": stills, "model": "fake"}
    return {**facts, "backend": "fake", "working_size": 64, **options}


def pictures(plate: Path, output: str = "out") -> dict[str, bytes]:
    return {path.name.split(".")[1]: path.read_bytes() for path in sorted(plate.parent.glob(f"{output}.*.png"))}


def straight(plate: Path) -> dict[str, bytes]:
    """What a run in this process makes."""
    folder = plate.parent
    colorize_plate(
        ColorizeRequest(
            input=plate,
            references=(StillAt(folder / "one.png"), StillAt(folder / "two.png", 20)),
            output=folder / "straight.%04d.png",
            model="fake",
            backend="fake",
            working_size=64,
            hints=(PointHint(3, 20.0, 15.0, (0.0, 0.0, 1.0)),),
        )
    )
    return pictures(plate, "straight")


HINTS = [{"frame": 3, "x": 20, "y": 15, "colour": [0, 0, 1]}]


def test_a_run_by_the_worker_is_that_of_colorize(serve, plate: Path) -> None:
    heard: list[ColorizeProgress] = []
    report = serve().colorize(run(plate, hints=HINTS), progress=heard.append)
    assert pictures(plate) == straight(plate)
    assert [(one.frame, one.done, one.total) for one in heard] == [(n, n, COUNT) for n in range(1, COUNT + 1)]
    assert all(0 < one.confidence <= 1 for one in heard)
    assert (report["frames"], report["resumed"], report["backend"]) == (COUNT, 0, "fake")
    assert report["output"] == str(plate.parent / "out.%04d.png")


def test_paths_are_those_of_the_client(serve, plate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()
    monkeypatch.chdir(plate.parent)
    client.colorize({
        "input": plate.name, "output": "here.%04d.png", "references": [{"path": "one.png"}], "frames": "1-2",
        "model": "fake", "backend": "fake", "working_size": 64,
    })  # fmt: skip
    assert list(pictures(plate, "here")) == ["0001", "0002"]


def test_a_cancelled_run_leaves_nothing_under_its_name_and_goes_on_later(serve, plate: Path) -> None:
    client = serve()
    done: list[int] = []
    with pytest.raises(Cancelled):
        client.colorize(run(plate, hints=HINTS), lambda one: done.append(one.done), lambda: len(done) >= STOP)
    assert not pictures(plate)
    report = client.colorize(run(plate, hints=HINTS, resume=True))
    assert report["resumed"] > 0
    assert pictures(plate) == straight(plate)


def test_a_worker_killed_in_a_run_is_replaced_and_the_run_goes_on(connect: Callable[..., Client], plate: Path) -> None:
    client, killed = connect(), []

    def kill_once(one: ColorizeProgress) -> None:
        if one.done >= STOP and not killed:
            killed.append(other.status()["pid"])
            os.kill(killed[0], signal.SIGKILL)

    client.connect()
    other = connect()
    report = client.colorize(run(plate, hints=HINTS), kill_once)
    assert killed
    assert report["resumed"] > 0
    assert pictures(plate) == straight(plate)


def test_the_run_of_a_client_that_goes_away_ends(serve, plate: Path) -> None:
    client = serve()
    gone = Client(folder=client.folder, start=False)
    calls = client.status()["calls"]

    def leave(one: ColorizeProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gone.colorize(run(plate), leave)
    while client.status()["clients"] > 1:
        pass
    assert client.status()["calls"] > calls
    assert not pictures(plate)
    assert client.colorize(run(plate, resume=True))["frames"] == COUNT


def test_runs_and_sessions_of_several_clients_take_turns(serve, plate: Path) -> None:
    first = serve()
    second = Client(folder=first.folder, start=False)
    heard: list[str] = []
    runs = [(first, "a"), (second, "b")]

    def work(client: Client, name: str) -> None:
        client.colorize(run(plate, f"{name}.%04d.png"), lambda one: heard.append(name))

    threads = [threading.Thread(target=work, args=one) for one in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    assert pictures(plate, "a") == pictures(plate, "b")
    assert heard.count("a") == heard.count("b") == COUNT
    assert "".join(heard).strip("a").strip("b").count("a") > COUNT // 4  # neither waited for the other's end


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shoots": []}, "no 'shoots'"),
        ({"chroma": "much"}, "'chroma'"),
        ({"references": []}, "no reference still"),
        ({"input": None}, "'input'"),
        ({"frames": "150-160"}, "150"),
        ({"overwrite": 1}, "'overwrite'"),
        ({"passes": ["depth"]}, "depth"),
        ({"hints": [{"frame": 1, "x": 500, "y": 1, "colour": [0, 0, 1]}]}, "outside the picture"),
    ],
)
def test_a_wrong_request_is_refused_by_name(serve, plate: Path, change: dict[str, object], said: str) -> None:
    client = serve()
    with pytest.raises(WorkerRefused, match=said):
        client.colorize(run(plate, **change))
    assert not pictures(plate)
    assert client.status()["clients"] == 1  # and the connection stands
