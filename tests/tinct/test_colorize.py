"""``tinct colorize`` as a user meets it, on the fake backend."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.bundle import shipped_bundles


def luma(path: Path) -> np.ndarray:
    blue, green, red = np.moveaxis(cv2.imread(str(path)).astype(np.float64), -1, 0)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def results(folder: Path) -> dict[int, Path]:
    return {int(file.name.split(".")[1]): file for file in sorted(folder.glob("[!.]*"))}


def test_sequence_is_coloured_with_its_numbers_and_its_luma(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    outcome = colorize(plate, "-r", still, "-o", tmp_path / "out" / "result.####.png")
    assert outcome.code == 0, outcome.err
    files = results(tmp_path / "out")
    assert list(files) == [1001, 1002, 1003, 1004, 1005]
    for number, file in files.items():
        picture = cv2.imread(str(file))
        source = cv2.imread(str(plate.parent / f"shot.{number}.png"), cv2.IMREAD_GRAYSCALE)
        assert np.abs(luma(file) - source).max() <= 1
        assert np.ptp(picture, axis=2).max() > 20, "colour has arrived"


def test_the_model_that_ships_is_the_default_and_keeps_the_luma(
    tinct, plate: Path, still: Path, tmp_path: Path
) -> None:
    if "lite" not in shipped_bundles():
        pytest.skip("lite is not shipped in this checkout")
    outcome = tinct("colorize", plate, "-r", still, "--json", "-o", tmp_path / "out" / "r.####.png")
    assert outcome.code == 0, outcome.err
    done = json.loads(outcome.out.splitlines()[-1])
    assert done["model"] == "lite"
    assert done["backend"] in ("onnxruntime", "openvino")
    for number, file in results(tmp_path / "out").items():
        source = cv2.imread(str(plate.parent / f"shot.{number}.png"), cv2.IMREAD_GRAYSCALE)
        assert np.abs(luma(file) - source).max() <= 1
        assert np.ptp(cv2.imread(str(file)), axis=2).max() > 20, "colour has arrived"


def test_a_hint_colours_its_place_from_its_frame_on(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    assert colorize(plate, "-r", still, "-o", tmp_path / "one" / "r.####.png").code == 0
    hint = ("--hint", "1003,20,15,#0000ff")
    assert colorize(plate, "-r", still, *hint, "-o", tmp_path / "two" / "r.####.png").code == 0
    one, two = results(tmp_path / "one"), results(tmp_path / "two")
    for number in one:
        same = one[number].read_bytes() == two[number].read_bytes()
        assert same == (number < 1003)
    blue, green, red = cv2.imread(str(two[1003]))[15, 20].astype(int)
    assert blue > max(green, red) + 40
    assert np.abs(luma(two[1003]) - luma(one[1003])).max() <= 1


def test_a_hint_on_a_frame_left_out_is_named(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    outcome = colorize(
        plate, "-r", still, "--frames", "1001-1002", "--hint", "1004,9,9,#0000ff", "-o", tmp_path / "film.mkv"
    )
    assert outcome.code == 0
    assert "1004,9,9" in outcome.err


def test_a_second_still_changes_nothing_before_its_frame(
    colorize, plate: Path, still: Path, other_still: Path, tmp_path: Path
) -> None:
    assert colorize(plate, "-r", still, "-o", tmp_path / "one" / "r.####.png").code == 0
    assert colorize(plate, "-r", still, "-r", f"{other_still}@1003", "-o", tmp_path / "two" / "r.####.png").code == 0
    one, two = results(tmp_path / "one"), results(tmp_path / "two")
    same = {number: one[number].read_bytes() == two[number].read_bytes() for number in one}
    assert same == {1001: True, 1002: True, 1003: False, 1004: False, 1005: False}


def test_frames_leaves_frames_out(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    outcome = colorize(plate, "-r", still, "--frames", "1002-1003", "-o", tmp_path / "out" / "r.####.png")
    assert outcome.code == 0, outcome.err
    assert list(results(tmp_path / "out")) == [1002, 1003]


def test_chroma_zero_gives_the_plate(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    assert colorize(plate, "-r", still, "--chroma", "0", "-o", tmp_path / "out" / "r.####.png").code == 0
    for number, file in results(tmp_path / "out").items():
        source = cv2.imread(str(plate.parent / f"shot.{number}.png"))
        np.testing.assert_array_equal(cv2.imread(str(file)), source)


def test_json_is_one_object_a_line_and_ends_with_the_result(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    outcome = colorize(plate, "-r", still, "--json", "-o", tmp_path / "film.mkv")
    assert outcome.code == 0, outcome.err
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert {event["event"] for event in events} == {"progress", "frame", "done"}
    last = [event for event in events if event["event"] == "progress"][-1]
    assert (last["frame"], last["done"], last["total"]) == (1005, 5, 5)
    done = events[-1]
    assert done["event"] == "done"
    assert done["frames"] == 5
    assert done["backend"] == "fake"
    assert Path(done["output"]) == tmp_path / "film.mkv"
    assert Path(done["output"]).stat().st_size > 0


def test_json_reports_an_error_as_an_event_too(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    outcome = colorize(plate, "-r", f"{still}@2000", "--json", "-o", tmp_path / "film.mkv")
    assert outcome.code == 2
    event = json.loads(outcome.out.splitlines()[-1])
    assert (event["event"], event["kind"], event["exit_code"]) == ("error", "FrameRangeError", 2)
    assert "2000" in event["message"]
    assert "2000" in outcome.error


def test_without_a_terminal_progress_is_plain_lines(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    outcome = colorize(plate, "-r", still, "-o", tmp_path / "film.mkv")
    assert "frame 1005  5/5" in outcome.err
    assert "\x1b" not in outcome.err + outcome.out
    assert str(tmp_path / "film.mkv") in outcome.out


def start_in_the_foreground(arguments: list[str]) -> subprocess.Popen[str]:
    """Start Python so that Ctrl-C reaches it even where a shell runs these tests with ``&``.

    Such a shell has SIGINT ignored, which a child would inherit; a handler of ours becomes the default in the child.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_nothing_half_written(how: signal.Signals, still: Path, tmp_path: Path) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    picture = np.tile(np.arange(960, dtype=np.uint8), (540, 1))
    for number in range(200):
        cv2.imwrite(str(folder / f"f.{number:04}.png"), np.roll(picture, number, axis=1))
    out = tmp_path / "out"
    out.mkdir()
    (out / "film.mkv").write_bytes(b"what was there")
    arguments = ["colorize", folder, "-r", still, "-o", out / "film.mkv", "--overwrite", "--json"]
    arguments += ["--model", "fake", "--backend", "fake"]
    process = start_in_the_foreground(["-m", "tinct", *map(str, arguments)])
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "progress"
    started = time.monotonic()
    process.send_signal(how)
    rest, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert time.monotonic() - started < 10
    assert err.strip().splitlines()[-1] == "tinct: stopped"
    assert "Traceback" not in err
    assert json.loads(rest.splitlines()[-1]) == {"event": "stopped"}
    assert [file.name for file in out.glob("[!.]*")] == ["film.mkv"]
    assert (out / "film.mkv").read_bytes() == b"what was there"


def test_a_contact_sheet_shows_the_run(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    outcome = colorize(plate, "-r", f"{still}@1003", "-o", tmp_path / "out" / "r.####.png", "--sheet", sheet)
    assert outcome.code == 0, outcome.err
    picture = cv2.imread(str(sheet)).astype(int)
    tile = picture.shape[1] // 4
    rows = np.array_split(picture[30:], 5)
    colour = [[np.ptp(row[:, c * tile : (c + 1) * tile], axis=2).mean() for c in range(3)] for row in rows]
    for index, (grey, shown, result) in enumerate(colour):
        assert grey < 1
        assert (shown > 5) == (result > 5) == (index >= 2), "the still is in force from frame 1003 on"


def test_a_contact_sheet_that_is_there_stays(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.jpg"
    sheet.write_bytes(b"mine")
    call = (plate, "-r", still, "-o", tmp_path / "out" / "r.####.png", "--sheet", sheet)
    outcome = colorize(*call)
    assert (outcome.code, sheet.read_bytes()) == (2, b"mine")
    assert "sheet.jpg is there already" in outcome.error
    assert not (tmp_path / "out").exists()
    assert colorize(*call, "--overwrite").code == 0
    assert cv2.imread(str(sheet)) is not None
    both = colorize(*call[:-1], tmp_path / "both.png", "-r", still, "-r", still, "--overwrite")
    assert both.code == 0, both.err
    one, three = (cv2.imread(str(tmp_path / name)).astype(int) for name in ("sheet.jpg", "both.png"))
    assert np.abs(one - three).mean() > 1, "the sheet shows all stills of the set"
    assert "must end in" in colorize(*call[:-1], tmp_path / "sheet.txt").error


def test_stills_at_once_bounds_how_many_take_part(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    other = tmp_path / "white.png"
    picture = np.full((64, 64, 3), 255, np.uint8)
    picture[:8, :8] = (0, 0, 255)
    cv2.imwrite(str(other), picture)

    def run(name: str, *arguments: object) -> bytes:
        outcome = colorize(plate, "-r", still, *arguments, "-o", tmp_path / name / "r.####.png")
        assert outcome.code == 0, outcome.err
        return b"".join(path.read_bytes() for path in sorted((tmp_path / name).glob("*.png")))

    both = ("-r", f"{other}=0.01")
    alone = run("alone")
    assert run("one", *both, "--stills-at-once", 1) == alone, "the still that shows the plate is the one"
    assert run("two", *both) != alone
    assert colorize(plate, "-r", still, "-o", tmp_path / "none.mkv", "--stills-at-once", 0).code == 2
