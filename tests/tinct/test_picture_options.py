"""Colour management, passes, masks and weights on the command line."""

from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest


def channel_names(path: Path) -> set[str]:
    source = oiio.ImageInput.open(str(path))
    try:
        return set(source.spec().channelnames)
    finally:
        source.close()


def test_a_plate_in_a_named_space_keeps_its_codes_where_there_is_no_colour(
    colorize, plate: Path, still: Path, tmp_path: Path
) -> None:
    out, sheet = tmp_path / "out" / "r.%04d.png", tmp_path / "sheet.png"
    spaces = ("--input-space", "sRGB - Display", "--ocio", "ocio://default")
    outcome = colorize(plate, "-r", still, "-o", out, *spaces, "--chroma", "0", "--sheet", sheet)
    assert outcome.code == 0, outcome.err
    for number in (1001, 1005):
        source = cv2.imread(str(plate.parent / f"shot.{number}.png"))
        np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out" / f"r.{number}.png")), source)
    assert cv2.imread(str(sheet)) is not None


def test_a_misspelt_space_is_answered_with_names_alike(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    outcome = colorize(plate, "-r", still, "-o", tmp_path / "r.%04d.png", "--input-space", "ACESgc")
    assert outcome.code == 2
    assert "did you mean 'ACEScg'" in outcome.error
    alone = colorize(plate, "-r", still, "-o", tmp_path / "r.%04d.png", "--still-space", "ACEScg")
    assert (alone.code, "--still-space needs --input-space" in alone.error) == (2, True)


def test_passes_go_where_the_pattern_says(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    call = (plate, "-r", still, "--frames", "1002", "--passes", "cbcr, confidence")
    assert "--passes-output" in colorize(*call, "-o", tmp_path / "film.mkv").error
    pattern = tmp_path / "{pass}" / "p.%04d.exr"
    outcome = colorize(*call, "-o", tmp_path / "film.mkv", "--passes-output", pattern)
    assert outcome.code == 0, outcome.err
    assert channel_names(tmp_path / "cbcr" / "p.1002.exr") == {"Cb", "Cr"}
    assert channel_names(tmp_path / "confidence" / "p.1002.exr") == {"Y"}
    assert colorize(*call, "-o", tmp_path / "layers.%04d.exr").code == 0
    layers = {"R", "G", "B", "cbcr.Cb", "cbcr.Cr", "confidence.Y"}
    assert channel_names(tmp_path / "layers.1002.exr") == layers


def test_a_black_mask_leaves_the_plate_grey(colorize, plate: Path, still: Path, tmp_path: Path) -> None:
    height, width = cv2.imread(str(still)).shape[:2]
    cv2.imwrite(str(tmp_path / "mask.png"), np.zeros((height, width), np.uint8))
    outcome = colorize(plate, "-r", still, "-o", tmp_path / "out" / "r.%04d.png", "--mask", tmp_path / "mask.png")
    assert outcome.code == 0, outcome.err
    assert np.ptp(cv2.imread(str(tmp_path / "out" / "r.1003.png")), axis=2).max() == 0


def test_a_heavier_still_pulls_the_colours_its_way(
    colorize, plate: Path, still: Path, other_still: Path, tmp_path: Path
) -> None:
    def mean(one: str, other: str) -> np.ndarray:
        name = f"{one}_{other}"
        stills = ("-r", f"{still}{one}", "-r", f"{other_still}{other}")
        assert colorize(plate, *stills, "--frames", "1001", "-o", tmp_path / name / "r.%04d.png").code == 0
        return cv2.imread(str(tmp_path / name / "r.1001.png")).astype(int)

    first, second, alike = mean("=50", "=0.02"), mean("=0.02", "=50"), mean("", "")
    assert np.abs(first - second).mean() > 1
    assert np.abs(first - alike).mean() < np.abs(first - second).mean() + 1


@pytest.mark.parametrize("weight", ["0", "-1"])
def test_a_weight_that_is_not_above_zero_is_refused(
    colorize, plate: Path, still: Path, tmp_path: Path, weight: str
) -> None:
    outcome = colorize(plate, "-r", f"{still}={weight}", "-o", tmp_path / "r.%04d.png")
    assert outcome.code == 2
    assert "must be above 0" in outcome.error
