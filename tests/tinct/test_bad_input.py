"""Every kind of bad input gets one clear line, the right exit code, and leaves everything as it was."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tinct.runtime.bundle import find_bundle


def listing(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture
def refused(colorize, tmp_path: Path) -> Callable[..., str]:
    """Call ``tinct colorize``; it must fail with ``code`` and change no file. Returns the line of error."""

    def call(*arguments: object, code: int) -> str:
        before = listing(tmp_path)
        outcome = colorize(*arguments)
        assert outcome.code == code, outcome.err
        assert listing(tmp_path) == before
        return outcome.error

    return call


def test_missing_input(refused, still: Path, tmp_path: Path) -> None:
    line = refused(tmp_path / "none.mov", "-r", still, "-o", tmp_path / "film.mkv", code=2)
    assert "none.mov" in line


@pytest.mark.parametrize(
    ("hint", "named"),
    [("1009,1,1,#ff0000", "1001 to 1005"), ("1001,5000,1,#ff0000", "outside the picture"), ("1001,1,1", "FRAME,X,Y")],
)
def test_hint_that_cannot_be(refused, plate: Path, still: Path, tmp_path: Path, hint: str, named: str) -> None:
    assert named in refused(plate, "-r", still, "--hint", hint, "-o", tmp_path / "film.mkv", code=2)


def test_folder_without_frames(refused, still: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    line = refused(tmp_path / "empty", "-r", still, "-o", tmp_path / "film.mkv", code=1)
    assert "empty" in line


@pytest.mark.parametrize("name", ["broken.mov", "broken.exr", "broken.png", "broken.dpx"])
def test_unreadable_input(refused, still: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is no picture" * 100)
    line = refused(tmp_path / name, "-r", still, "-o", tmp_path / "film.mkv", code=1)
    assert name in line


def test_empty_file(refused, still: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.mov").touch()
    assert "empty.mov" in refused(tmp_path / "empty.mov", "-r", still, "-o", tmp_path / "film.mkv", code=1)


def test_truncated_movie(refused, still: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mkv"
    with av.open(str(whole), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "gray"
        noise = np.random.default_rng(1)
        for _ in range(24):
            picture = noise.integers(0, 255, (64, 96), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(stream.encode(None))
    data = whole.read_bytes()
    whole.unlink()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) // 2])
    assert "cut.mkv" in refused(cut, "-r", still, "-o", tmp_path / "film.mkv", code=1)


def test_holes_are_named_and_frames_leaves_them_out(
    refused, colorize, plate: Path, still: Path, tmp_path: Path
) -> None:
    (plate.parent / "shot.1003.png").unlink()
    assert "1003" in refused(plate, "-r", still, "-o", tmp_path / "film.mkv", code=2)
    outcome = colorize(plate, "-r", still, "-o", tmp_path / "film.mkv", "--frames", "1001-1002,1004-1005")
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize("frames", ["1-5", "1004-1009", "1005-1001", "abc", ""])
def test_frames_that_the_plate_does_not_have(refused, plate: Path, still: Path, tmp_path: Path, frames: str) -> None:
    refused(plate, "-r", still, "-o", tmp_path / "film.mkv", "--frames", frames, code=2)


def test_truncated_frame_in_a_sequence(refused, plate: Path, still: Path, tmp_path: Path) -> None:
    file = plate.parent / "shot.1004.png"
    file.write_bytes(file.read_bytes()[:200])
    assert "1004" in refused(plate, "-r", still, "-o", tmp_path / "film.mkv", code=1)


def test_frames_of_another_size(refused, plate: Path, still: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(plate.parent / "shot.1003.png"), np.zeros((32, 32), np.uint8))
    assert "1003" in refused(plate, "-r", still, "-o", tmp_path / "film.mkv", code=1)


def test_grey_still(refused, plate: Path, tmp_path: Path) -> None:
    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), np.full((64, 96, 3), 90, np.uint8))
    line = refused(plate, "-r", grey, "-o", tmp_path / "film.mkv", code=1)
    assert "grey.png" in line


def test_still_that_cannot_be_decoded(refused, plate: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("hello")
    assert "text.png" in refused(plate, "-r", tmp_path / "text.png", "-o", tmp_path / "film.mkv", code=1)


def test_missing_still(refused, plate: Path, tmp_path: Path) -> None:
    assert "none.png" in refused(plate, "-r", tmp_path / "none.png", "-o", tmp_path / "film.mkv", code=2)


@pytest.mark.parametrize("frame", [1000, 1006, -1])
def test_still_outside_the_plate(refused, plate: Path, still: Path, tmp_path: Path, frame: int) -> None:
    line = refused(plate, "-r", f"{still}@{frame}", "-o", tmp_path / "film.mkv", code=2)
    assert str(frame) in line
    assert "1001" in line
    assert "1005" in line


@pytest.mark.parametrize("option", ["--model", "--backend", "--codec"])
def test_unknown_name_is_answered_with_those_there_are(
    refused, plate: Path, still: Path, tmp_path: Path, option: str
) -> None:
    line = refused(plate, "-r", still, "-o", tmp_path / "film.mkv", option, "nonesuch", code=2)
    assert "nonesuch" in line
    assert {"--model": "fake", "--backend": "onnxruntime", "--codec": "prores_422hq"}[option] in line


def changed_bundle(folder: Path, **changes: object) -> Path:
    shutil.copytree(find_bundle("fake").folder, folder)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **changes}))
    return folder


def test_bundle_of_a_newer_schema(refused, plate: Path, still: Path, tmp_path: Path) -> None:
    bundle = changed_bundle(tmp_path / "newer", schema=99)
    assert "99" in refused(plate, "-r", still, "-o", tmp_path / "film.mkv", "--model", bundle, code=1)


def test_bundle_with_a_wrong_sha256(refused, plate: Path, still: Path, tmp_path: Path) -> None:
    bundle = changed_bundle(tmp_path / "wrong", files={"weights.bin": "0" * 64})
    (bundle / "weights.bin").write_bytes(b"other weights")
    line = refused(plate, "-r", still, "-o", tmp_path / "film.mkv", "--model", bundle, code=1)
    assert "weights.bin" in line


def test_folder_that_is_no_bundle(refused, plate: Path, still: Path, tmp_path: Path) -> None:
    refused(plate, "-r", still, "-o", tmp_path / "film.mkv", "--model", plate.parent, code=1)


def test_backend_that_needs_graphs_refuses_a_bundle_without(refused, plate: Path, still: Path, tmp_path: Path) -> None:
    line = refused(plate, "-r", still, "-o", tmp_path / "film.mkv", "--backend", "onnxruntime", code=1)
    assert "fake" in line


def test_output_that_exists(refused, colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    film.write_bytes(b"what was there")
    assert "--overwrite" in refused(plate, "-r", still, "-o", film, code=2)
    assert colorize(plate, "-r", still, "-o", film, "--overwrite").code == 0
    assert film.read_bytes() != b"what was there"


@pytest.mark.parametrize("more", [[], ["--overwrite"]])
def test_output_that_is_the_input(refused, plate: Path, still: Path, more: list[str]) -> None:
    refused(plate, "-r", still, "-o", plate, *more, code=2)
    refused(plate, "-r", still, "-o", plate.parent / "shot.####.png", *more, code=2)


def test_output_that_cannot_be_written(refused, plate: Path, still: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(plate, "-r", still, "-o", tmp_path / "file" / "film.mkv", code=1)


def test_output_of_an_unknown_kind(refused, plate: Path, still: Path, tmp_path: Path) -> None:
    assert "film.xyz" in refused(plate, "-r", still, "-o", tmp_path / "film.xyz", code=2)


@pytest.mark.parametrize(
    "options",
    [["--chroma", "-1"], ["--chroma", "x"], ["--working-size", "1"], ["--working-size", "999999"], ["--threads", "0"]],
)
def test_options_out_of_range(refused, plate: Path, still: Path, tmp_path: Path, options: list[str]) -> None:
    refused(plate, "-r", still, "-o", tmp_path / "film.mkv", *options, code=2)


def test_missing_options_and_unknown_commands(tinct, plate: Path, still: Path, tmp_path: Path) -> None:
    for arguments in (
        ["colorize", plate, "-o", tmp_path / "film.mkv"],
        ["colorize", plate, "-r", still],
        ["colorise"],
        ["colorize", plate, "-r", still, "-o", tmp_path / "film.mkv", "--nonesuch"],
    ):
        outcome = tinct(*arguments)
        assert outcome.code == 2
        assert "--help" in outcome.error


def test_colour_plate_is_desaturated_with_a_warning(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    for number in range(1001, 1006):
        picture = np.random.default_rng(number).integers(0, 255, (64, 96, 3), np.uint8)
        cv2.imwrite(str(plate.parent / f"shot.{number}.png"), picture)
    outcome = colorize(plate, "-r", still, "-o", tmp_path / "film.mkv")
    assert outcome.code == 0, outcome.err
    assert any(line.startswith("tinct: warning: ") and "colour" in line for line in outcome.err.splitlines())


def test_not_a_number_is_counted_in_a_warning(colorize, still: Path, tmp_path: Path) -> None:
    import OpenImageIO as oiio

    picture = np.full((64, 96, 3), 0.2, np.float32)
    picture[5, 7] = np.nan
    picture[6, 8] = np.inf
    (tmp_path / "exr").mkdir()
    file = oiio.ImageOutput.create(str(tmp_path / "exr" / "a.0001.exr"))
    assert file.open(str(tmp_path / "exr" / "a.0001.exr"), oiio.ImageSpec(96, 64, 3, "half"))
    assert file.write_image(picture)
    file.close()
    outcome = colorize(tmp_path / "exr", "-r", still, "-o", tmp_path / "out" / "b.####.exr")
    assert outcome.code == 0, outcome.err
    assert any(line.startswith("tinct: warning: ") and "2" in line for line in outcome.err.splitlines())
    result = oiio.ImageBuf(str(tmp_path / "out" / "b.0001.exr")).get_pixels()
    assert np.isnan(result[5, 7, :3]).all()
    assert np.isinf(result[6, 8, :3]).all()


def test_still_that_comes_later_leaves_the_frames_before_it_grey(
    colorize, plate: Path, still: Path, tmp_path: Path
) -> None:
    outcome = colorize(plate, "-r", f"{still}@1004", "-o", tmp_path / "out" / "r.####.png")
    assert outcome.code == 0, outcome.err
    picture = cv2.imread(str(tmp_path / "out" / "r.1003.png"))
    assert np.ptp(picture, axis=2).max() == 0
    assert "tinct: warning: " in outcome.err
