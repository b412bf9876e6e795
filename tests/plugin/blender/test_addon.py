"""The add-on in a real Blender: what the sequencer shows and renders is what ``tinct colorize`` makes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tinct.plugin.params import PARAMETERS
from tinct.runtime.media.image_file import read_image
from tinct.runtime.run.pipeline import StillAt

FAKE = [["set", "model", "fake"], ["set", "backend", "fake"], ["set", "workingSize", 64]]


def plate(shot) -> list[str]:
    return [str(shot.plate) % number for number in shot.FRAMES]


def scene(shot, folder: Path, *steps: list[Any]) -> list[list[Any]]:
    """A saved scene with the plate as a strip from frame 1 on, and a still."""
    return [
        ["settle", shot.WIDTH, shot.HEIGHT, len(shot.FRAMES)],
        ["pictures", "plate", plate(shot), 1],
        *FAKE,
        ["still", str(shot.stills[0])],
        ["save", str(folder / "scene.blend")],
        *steps,
        ["save", str(folder / "scene.blend")],
    ]


def rendered(folder: Path) -> dict[int, np.ndarray]:
    return {int(path.stem): cv2.imread(str(path))[..., ::-1] for path in folder.glob("*.png")}


def assert_shows(folder: Path, want: dict[int, np.ndarray], start: int = 1, first: int = 0) -> None:
    """What was rendered are the plate's frames in colour, to the one code that Blender's own float path may cost."""
    got = rendered(folder)
    assert got
    for frame, picture in got.items():
        assert np.abs(picture.astype(int) - want[frame - start + first].astype(int)).max() <= 1


def coloured_files(folder: Path) -> dict[int, np.ndarray]:
    return {int(path.stem.split(".")[-1]): read_image(path)[1] for path in folder.glob("frame.*.png")}


@pytest.fixture(scope="session")
def made(shot, steps: Callable[..., list[Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a saved scene whose strip was coloured."""
    folder = tmp_path_factory.mktemp("made")
    said = steps(folder, *scene(shot, folder, ["operator", "colour_strip"]))
    assert said == [[["FINISHED"], ""]]
    return folder


@pytest.fixture
def coloured(made: Path, tmp_path: Path) -> Path:
    """A copy of it, as deep below the root: Blender keeps the plate's path relative to the scene."""
    return Path(shutil.copytree(made, tmp_path, dirs_exist_ok=True))


def test_a_strip_is_coloured_and_rendered_as_colorize_makes_it(shot, take, tmp_path: Path) -> None:
    said = take(
        *scene(
            shot, tmp_path, ["operator", "colour_strip"], ["look"], ["render", str(tmp_path / "out")], ["properties"]
        )
    )
    done, strips, properties = said
    assert done == [["FINISHED"], ""]
    below, above = strips
    assert (below["name"], below["channel"], above["channel"], above["type"]) == ("plate", 1, 2, "IMAGE")
    assert (above["start"], above["end"]) == (below["start"], below["end"]) == (1, 13)
    assert above["directory"].startswith("//tinct/")
    files = coloured_files(tmp_path / above["directory"][2:])
    assert files.keys() == shot.coloured().keys()
    for number, picture in files.items():
        np.testing.assert_array_equal(picture, shot.coloured()[number])
    assert len(rendered(tmp_path / "out")) == 12
    assert_shows(tmp_path / "out", shot.coloured())
    for one in PARAMETERS:
        if one.kind not in ("Group", "Page", "PushButton") and one.name not in ("view", "passes"):
            assert properties[one.name] == one.label


def test_the_scene_opens_and_renders_without_the_add_on(shot, coloured: Path, start) -> None:
    done = start(coloured / "scene.blend", "-o", f"{coloured}/bare/", "-s", 3, "-e", 5, "-a", addon=False)
    assert done.returncode == 0
    assert rendered(coloured / "bare").keys() == {3, 4, 5}
    assert_shows(coloured / "bare", shot.coloured())


def test_what_is_missing_is_coloured_before_it_is_rendered_and_only_up_to_the_end(shot, coloured: Path, start) -> None:
    """A farm has the scene and not the cache; frames from the first on are made, so that they are right."""
    shutil.rmtree(coloured / "tinct")
    scene = coloured / "scene.blend"
    done = start(scene, "--addons", "tinct_colorize", "-o", f"{coloured}/farm/", "-s", 4, "-e", 6, "-a")
    assert done.returncode == 0, done.stdout
    assert rendered(coloured / "farm").keys() == {4, 5, 6}
    assert_shows(coloured / "farm", shot.coloured())
    (folder,) = (coloured / "tinct").iterdir()
    assert coloured_files(folder).keys() == set(range(6))
    done = start(scene, "--addons", "tinct_colorize", "-o", f"{coloured}/all/", "-a")
    assert done.returncode == 0, done.stdout
    assert_shows(coloured / "all", shot.coloured())
    assert coloured_files(folder).keys() == set(shot.FRAMES)


def test_another_setting_is_another_result_and_the_old_one_is_found_again(shot, coloured: Path, take) -> None:
    first = {path: path.stat().st_mtime_ns for path in coloured.glob("tinct/*/*.png")}
    said = take(
        ["choose", "plate"],
        ["set", "chroma", 0.5],
        ["render", str(coloured / "half"), 2, 3],
        ["look"],
        ["set", "chroma", 1.0],
        ["render", str(coloured / "whole"), 2, 3],
        ["look"],
        scene=coloured / "scene.blend",
    )
    assert_shows(coloured / "half", shot.coloured(chroma=0.5))
    assert_shows(coloured / "whole", shot.coloured())
    half, whole = (
        [strip["directory"] for strip in strips if strip["directory"].startswith("//tinct")] for strips in said
    )
    assert len(half) == len(whole) == 1
    assert half != whole
    assert {path: path.stat().st_mtime_ns for path in first} == first  # nothing was coloured a second time


def test_a_trimmed_movie_is_coloured_from_what_it_shows_and_stills_have_the_plates_frames(shot, take, tmp_path) -> None:
    said = take(
        ["settle", shot.WIDTH, shot.HEIGHT, 12],
        ["movie", "plate", str(shot.movie), 11],
        ["trim", 3, 1],
        *FAKE,
        ["set", "cacheFolder", str(tmp_path / "cache")],
        ["still", str(shot.stills[0])],
        ["go_to", 16],
        ["still", str(shot.stills[1]), 7],
        ["still", str(shot.stills[1])],
        ["remove_still", 2],
        ["stills"],
        ["operator", "colour_strip"],
        ["look"],
        ["render", str(tmp_path / "out"), 14, 21],
    )
    one, two = map(str, shot.stills)
    assert said[0] == [[one, True, 0], [two, False, 7]]
    assert said[1] == [["FINISHED"], ""]
    _, above = said[2]
    assert (above["start"], above["end"]) == (14, 22)
    assert above["files"] == [f"frame.{number:04d}.png" for number in range(3, 11)]
    want = shot.coloured(StillAt(shot.stills[0]), StillAt(shot.stills[1], 7), plate=shot.movie, frames="3-10")
    assert_shows(tmp_path / "out", want, start=14, first=3)


def test_a_preview_is_the_frame_by_itself(shot, take, tmp_path: Path) -> None:
    steps = scene(shot, tmp_path, ["go_to", 6], ["preview"], ["look"])
    done, file, strips = take(*steps)
    assert done == [["FINISHED"], ""]
    np.testing.assert_array_equal(read_image(Path(file))[1], shot.coloured(frames="5")[5])
    assert len(strips) == 1


def test_colouring_again_puts_nothing_twice_and_a_copy_has_its_own_result(shot, coloured: Path, take) -> None:
    (strips,) = take(["choose", "plate"], ["operator", "colour_strip"], ["look"], scene=coloured / "scene.blend")[1:]
    assert [strip["channel"] for strip in strips] == [1, 2]


def test_what_cannot_be_coloured_is_an_error_of_the_operator(shot, take, tmp_path: Path) -> None:
    said = take(
        *scene(shot, tmp_path),
        ["set", "model", "none-such"],
        ["operator", "colour_strip"],
        *FAKE,
        ["still", "/nowhere/still.png"],
        ["operator", "colour_strip"],
        ["remove_still", 0],
        ["remove_still", 0],
        ["operator", "colour_strip"],
    )
    for (done, words), wrong in zip(said, ("none-such", "/nowhere/still.png", "add one that shows"), strict=True):
        assert not done
        assert wrong in words


def test_a_render_that_cannot_be_coloured_fails_in_the_background(shot, coloured: Path, take, start) -> None:
    """A farm must not take grey frames, or old ones, for the result."""
    take(["choose", "plate"], ["still", "/nowhere/still.png"], ["save", str(coloured / "bad.blend")],
         scene=coloured / "scene.blend")  # fmt: skip
    done = start(coloured / "bad.blend", "--addons", "tinct_colorize", "-o", f"{coloured}/bad/", "-s", 1, "-e", 2, "-a")
    assert done.returncode == 1
    assert "/nowhere/still.png" in done.stdout
    assert not rendered(coloured / "bad")


def test_switched_off_it_leaves_nothing_behind_in_blender(shot, take, tmp_path: Path) -> None:
    said = take(*scene(shot, tmp_path, ["addon_off"], ["addon"], ["addon_off"]))
    assert said == [[0, False, False], True, [0, False, False]]
