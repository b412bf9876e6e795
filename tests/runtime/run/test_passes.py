"""Passes recombine to the result."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from tinct.runtime.errors import OutputExistsError, UnknownNameError, UsageError
from tinct.runtime.media import ColourTags, PlateInfo, ResultFrame, open_writer
from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.quantise import to_codes, to_half
from tinct.runtime.picture.compose import compose
from tinct.runtime.run.passes import PASS_CHANNELS, make_passes, recombine_cbcr, recombine_chroma
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate

HEIGHT, WIDTH = 64, 96
ALL = tuple(PASS_CHANNELS)
ACESCG = LinearSpace(
    "ACEScg",
    ((0.6522375, 0.1282361, 0.1699823), (0.2676721, 0.67434, 0.0579879), (-0.0053818, 0.0013691, 1.0930705)),
    (0.2722287, 0.6740818, 0.0536895),
    scene=True,
)
TAGS = {
    "video": ColourTags(),
    "bt601": ColourTags(matrix="bt601"),
    "bt2020": ColourTags(matrix="bt2020", transfer="srgb"),
    "linear": ColourTags(transfer="linear"),
    "ACEScg": ColourTags(transfer="linear", space=ACESCG),
}


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS.keys())
def test_each_pass_of_colour_recombines_with_the_plate(tags: ColourTags) -> None:
    rng = np.random.default_rng(1)
    luma = rng.uniform(0, 1 if tags.transfer != "linear" else 8, (40, 60)).astype(np.float32)
    luma[0, :4] = np.nan, np.inf, -0.1, 0
    wanted = rng.normal(0, 30, (40, 60, 2)).astype(np.float32)
    rgb = compose(luma, wanted, tags, limit=False)
    passes = make_passes(ALL, luma=luma, rgb=rgb, ab=wanted, confidence=np.ones((4, 6), np.float32), tags=tags)
    assert {name: part.names for name, part in passes.items()} == PASS_CHANNELS
    assert all(part.values.shape == (40, 60, len(part.names)) for part in passes.values())
    assert all(np.isfinite(part.values).all() for part in passes.values())
    np.testing.assert_allclose(recombine_chroma(luma, passes["chroma"].values), rgb, rtol=0, atol=2e-6)
    np.testing.assert_allclose(
        recombine_cbcr(luma, passes["cbcr"].values, tags.luma_weights), rgb, rtol=1e-6, atol=4e-6
    )
    np.testing.assert_array_equal(compose(luma, passes["ab"].values, tags, limit=False), rgb)


def test_graded_cbcr_leaves_the_luma_alone() -> None:
    luma = np.full((4, 5), 0.5, np.float32)
    graded = np.random.default_rng(0).normal(0, 0.3, (4, 5, 2)).astype(np.float32)
    weights = ColourTags().luma_weights
    np.testing.assert_allclose(recombine_cbcr(luma, graded, weights) @ np.array(weights), luma, atol=1e-6)


Job = Callable[..., object]


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """Frames 5 and 6 of a grey half-float EXR."""
    path = tmp_path / "in" / "p.%04d.exr"
    tags = ColourTags(transfer="linear", matrix_tag=0)
    info = PlateInfo(Path("none"), WIDTH, HEIGHT, (5, 6), 16, True, tags, Fraction(24))
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    with open_writer(path, info) as writer:
        for number in info.frames:
            grey = (0.3 + 0.25 * np.sin((x + number) / 9) * np.cos(y / 7)).astype(np.float16)
            grey = grey.astype(np.float32)  # what half floats have, so that the plate is neutral to the bit
            writer.write(ResultFrame(number, np.repeat(grey[..., None], 3, axis=-1)))
        writer.commit()
    return path


@pytest.fixture
def job(plate: Path, tmp_path: Path) -> Job:
    still = tmp_path / "still.png"
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    cv2.imwrite(str(still), np.stack([60 + x, 40 + y, 220 - x - y // 2], axis=-1).clip(0, 255).astype(np.uint8))
    request = ColorizeRequest(plate, (StillAt(still),), tmp_path, model="fake", backend="fake", working_size=64)

    def run(output: str, **changes: object) -> object:
        return colorize_plate(replace(request, output=tmp_path / output, **changes))

    return run


def channels(path: Path) -> dict[str, np.ndarray]:
    source = oiio.ImageInput.open(str(path))
    try:
        values = source.read_image("float")
        return {name: values[..., index] for index, name in enumerate(source.spec().channelnames)}
    finally:
        source.close()


def stacked(parts: dict[str, np.ndarray], *names: str) -> np.ndarray:
    return np.stack([parts[name] for name in names], axis=-1)


def test_passes_are_layers_of_an_exr_result_and_recombine_with_the_plate(job: Job, plate: Path, tmp_path: Path) -> None:
    job("out/r.%04d.exr", passes=ALL, chroma=0.7)
    for number in (5, 6):
        luma = channels(plate.parent / f"p.{number:04}.exr")["R"]
        parts = channels(tmp_path / "out" / f"r.{number:04}.exr")
        picture = stacked(parts, "R", "G", "B")
        by_chroma = recombine_chroma(luma, stacked(parts, "chroma.R", "chroma.G", "chroma.B"))
        by_cbcr = recombine_cbcr(luma, stacked(parts, "cbcr.Cb", "cbcr.Cr"), ColourTags().luma_weights)
        stored = to_half(by_chroma, ColourTags().luma_weights)
        assert (stored == picture).mean() > 0.999, "but where a last bit of float32 turns the rounding"
        np.testing.assert_allclose(by_chroma, picture, atol=2e-3)
        np.testing.assert_allclose(by_cbcr, by_chroma, atol=1e-6)
        ab = stacked(parts, "ab.a_star", "ab.b_star")
        np.testing.assert_allclose(compose(luma, ab, ColourTags(transfer="linear"), limit=False), by_chroma, atol=1e-6)
        assert 0 < parts["confidence.Y"].mean() <= 1
        assert np.abs(ab).max() > 5


def test_the_picture_is_the_same_with_and_without_passes(job: Job, tmp_path: Path) -> None:
    job("with/r.%04d.exr", passes=("confidence",))
    job("without/r.%04d.exr")
    one, other = (channels(tmp_path / name / "r.0005.exr") for name in ("with", "without"))
    assert set(one) == {"R", "G", "B", "confidence.Y"}
    for name in other:
        np.testing.assert_array_equal(one[name], other[name])


def test_passes_beside_integer_files_recombine_to_the_very_codes(job: Job, plate: Path, tmp_path: Path) -> None:
    grey = tmp_path / "grey"
    grey.mkdir()
    codes = np.random.default_rng(2).integers(20, 230, (HEIGHT, WIDTH)).astype(np.uint8)
    cv2.imwrite(str(grey / "g.0005.png"), codes)
    output = str(tmp_path / "passes" / "{pass}" / "{pass}.%04d.exr")
    job("out/r.%04d.png", input=grey / "g.%04d.png", passes=("chroma", "cbcr"), passes_output=output)
    luma = codes.astype(np.float32) / np.float32(255)
    result = cv2.imread(str(tmp_path / "out" / "r.0005.png"))[..., ::-1]
    chroma = channels(tmp_path / "passes" / "chroma" / "chroma.0005.exr")
    cbcr = channels(tmp_path / "passes" / "cbcr" / "cbcr.0005.exr")
    np.testing.assert_array_equal(to_codes(recombine_chroma(luma, stacked(chroma, "R", "G", "B")), 8), result)
    by_cbcr = recombine_cbcr(luma, stacked(cbcr, "Cb", "Cr"), ColourTags().luma_weights)
    np.testing.assert_array_equal(to_codes(by_cbcr, 8), result)


def test_one_file_of_all_passes_beside_a_movie(job: Job, tmp_path: Path) -> None:
    job("film.mkv", passes=("cbcr", "confidence"), passes_output=str(tmp_path / "passes.%04d.exr"))
    assert (tmp_path / "film.mkv").exists()
    assert set(channels(tmp_path / "passes.0006.exr")) == {"cbcr.Cb", "cbcr.Cr", "confidence.Y"}


@pytest.mark.parametrize(
    ("output", "changes", "error", "message"),
    [
        ("film.mkv", {"passes": ("cbcr",)}, UsageError, "--passes-output"),
        ("film.mkv", {"passes": ("depth",)}, UnknownNameError, "no pass named 'depth': the passes are chroma, cbcr"),
        ("film.mkv", {"passes": ("cbcr", "cbcr")}, UsageError, "named twice"),
        ("film.mkv", {"passes_output": "x.%04d.exr"}, UsageError, "none is named"),
        ("film.mkv", {"passes": ("cbcr",), "passes_output": "p/p.%04d.png"}, UsageError, "written as EXR"),
        ("in/p.%04d.exr", {"passes": ("cbcr",), "overwrite": True}, OutputExistsError, "is the input"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, changes: dict, error: type, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(error, match=message):
        job(output, **changes)
    assert sorted(tmp_path.rglob("*")) == before


def test_passes_do_not_go_into_the_pictures_files(job: Job, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="other names"):
        job("r.%04d.exr", passes=("cbcr",), passes_output=str(tmp_path / "r.%04d.exr"))
