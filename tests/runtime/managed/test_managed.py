"""From file to file through colour management: what of the plate must be in the result."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from tinct.runtime.errors import UsageError
from tinct.runtime.managed import ColourSpaces
from tinct.runtime.managed.config import DEFAULT_CONFIG, ColourConfig
from tinct.runtime.media import ColourTags, PlateInfo, ResultFrame, open_writer
from tinct.runtime.run.pipeline import ColorizeReport, StillAt

HEIGHT, WIDTH = 64, 96
AP1 = np.array([0.2722287, 0.6740818, 0.0536895])
ACESCG = ColourSpaces(DEFAULT_CONFIG, "ACEScg")

Job = Callable[..., ColorizeReport]
Plate = Callable[..., Path]


def pixels(path: Path) -> np.ndarray:
    """All channels of an image as floats, (H, W, C)."""
    source = oiio.ImageInput.open(str(path))
    try:
        return source.read_image("float")
    finally:
        source.close()


def scene() -> np.ndarray:
    """Luminance of a scene: a ramp over twelve stops, a lamp, and noise around black."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    luma = 2 ** (x / 8 - 8) * (1 + 0.3 * np.sin(y / 5))
    luma[:6] = np.random.default_rng(0).normal(0, 0.002, luma[:6].shape)
    luma[20:24, 80:90] = 300
    # Values that half floats have: others would be written as red, green and blue that are not quite equal.
    return luma.astype(np.float16).astype(np.float32)


@pytest.mark.parametrize(("bits", "most"), [(32, 1e-6), (16, 1e-4)])
def test_a_scene_keeps_its_luminance_its_highlights_and_what_is_below_black(
    grey_plate: Plate, job: Job, tmp_path: Path, bits: int, most: float
) -> None:
    grey_plate("p.%04d.exr", scene(), bits=bits, is_float=True)
    job(tmp_path / "plate" / "p.%04d.exr", "out/r.%04d.exr", spaces=ACESCG, chroma=0.5)
    plate = pixels(tmp_path / "plate" / "p.0007.exr")[..., 0].astype(np.float64)
    result = pixels(tmp_path / "out" / "r.0007.exr").astype(np.float64)
    assert plate.max() == 300
    assert plate.min() < -0.002
    assert (np.abs(result @ AP1 - plate) <= most * np.maximum(1, plate)).all()
    spread = np.ptp(result, axis=-1)
    assert (spread[plate > 1] > 0.01 * plate[plate > 1]).mean() > 0.9, "highlights have colour"
    np.testing.assert_array_equal(spread[plate < 0], 0)


def test_a_lamp_has_the_chromaticity_of_the_same_view_under_the_knee(
    grey_plate: Plate, job: Job, tmp_path: Path
) -> None:
    grey_plate("p.%04d.exr", scene(), bits=32, is_float=True)
    for name in ("ACEScg", "Linear Rec.709 (sRGB)"):
        spaces = ColourSpaces(DEFAULT_CONFIG, name)
        job(tmp_path / "plate" / "p.%04d.exr", f"{name[:4]}/r.%04d.exr", spaces=spaces)
    to_rec709 = ColourConfig(DEFAULT_CONFIG).conversion("ACEScg", "Linear Rec.709 (sRGB)")
    wide = to_rec709.apply(pixels(tmp_path / "ACES" / "r.0007.exr"))
    narrow = pixels(tmp_path / "Line" / "r.0007.exr")
    # The same colours through either space, but where Rec.709 has no room; their luminances differ a little.
    inside = (narrow.min(axis=-1) > 0.02 * narrow.max(axis=-1)) & (narrow.min(axis=-1) > 0.01)
    assert inside.mean() > 0.3
    shares = [rgb[inside] / rgb[inside].sum(axis=-1, keepdims=True) for rgb in (wide, narrow)]
    assert np.abs(shares[0] - shares[1]).mean() < 0.01


def grey_codes(config: str, space: str, working: str, codes: np.ndarray) -> np.ndarray:
    """Linear light of grey 10-bit codes."""
    values = np.repeat((codes / np.float32(1023)).astype(np.float32)[..., None], 3, axis=-1)
    return ColourConfig(config).conversion(space, working).apply(values)


def film_scan() -> np.ndarray:
    """10-bit printing density from under black to over white."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return (80 + 8 * x + y + (x // 7 + y // 9) % 2 * 60).clip(0, 1000).astype(np.int64)


@pytest.mark.parametrize("space", ["ADX10", "Cineon"])
def test_a_log_scan_keeps_its_luminance_within_one_code(
    grey_plate: Plate, job: Job, tmp_path: Path, cineon: Path, space: str
) -> None:
    config = DEFAULT_CONFIG if space == "ADX10" else str(cineon)
    codes = film_scan()
    grey_plate("p.%04d.dpx", (codes / np.float32(1023)).astype(np.float32), bits=10)
    plate = tmp_path / "plate" / "p.%04d.dpx"
    job(plate, "grey/r.%04d.dpx", spaces=ColourSpaces(config, space), chroma=0.0)
    np.testing.assert_array_equal(
        pixels(tmp_path / "grey" / "r.0007.dpx"), pixels(tmp_path / "plate" / "p.0007.dpx"), "no colour: same codes"
    )
    job(plate, "out/r.%04d.dpx", spaces=ColourSpaces(config, space))
    stored = np.rint(pixels(tmp_path / "out" / "r.0007.dpx") * 1023)
    assert np.ptp(stored, axis=-1).max() > 30
    management = ColourSpaces(config, space).open()
    assert management is not None
    weights, working = np.array(management.working.luma_weights), management.working.name
    result = ColourConfig(config).conversion(space, working).apply((stored / 1023).astype(np.float32))
    result = result.astype(np.float64) @ weights
    step = [grey_codes(config, space, working, (codes + by)[..., None])[:, :, 0] @ weights for by in (-1, 1)]
    assert (result >= step[0]).all()
    assert (result <= step[1]).all()


def test_a_log_scan_can_leave_as_scene_linear(grey_plate: Plate, job: Job, tmp_path: Path) -> None:
    codes = film_scan()
    grey_plate("p.%04d.dpx", (codes / np.float32(1023)).astype(np.float32), bits=10)
    spaces = ColourSpaces(DEFAULT_CONFIG, "ADX10", "ACEScg")
    job(tmp_path / "plate" / "p.%04d.dpx", "out/r.%04d.exr", spaces=spaces, chroma=0.5)
    wanted = grey_codes(DEFAULT_CONFIG, "ADX10", "ACEScg", codes[..., None])[:, :, 0] @ AP1
    result = pixels(tmp_path / "out" / "r.0007.exr") @ AP1
    assert wanted.max() > 5
    np.testing.assert_allclose(result, wanted, rtol=1e-3, atol=1e-4)  # half floats


def test_a_scene_can_leave_as_a_picture_and_only_named_as_one(grey_plate: Plate, job: Job, tmp_path: Path) -> None:
    luma = np.clip(scene(), 0, 0.9)
    grey_plate("p.%04d.exr", luma, bits=32, is_float=True)
    plate = tmp_path / "plate" / "p.%04d.exr"
    with pytest.raises(UsageError, match=r"'ACEScg' is linear light, and .*png holds integers.*--output-space"):
        job(plate, "out/r.%04d.png", spaces=ACESCG)
    assert not (tmp_path / "out").exists()
    job(plate, "out/r.%04d.png", spaces=ColourSpaces(DEFAULT_CONFIG, "ACEScg", "sRGB - Display"), chroma=4.0)
    back = ColourConfig(DEFAULT_CONFIG).conversion("sRGB - Display", "ACEScg")
    result = back.apply(pixels(tmp_path / "out" / "r.0007.png")) @ AP1
    # Colours far beyond sRGB: they give up chroma, never luminance.
    np.testing.assert_allclose(result, luma, atol=2e-4)


def test_a_scene_linear_still_shows_its_colours(grey_plate: Plate, job: Job, tmp_path: Path) -> None:
    grey_plate("p.%04d.exr", scene(), bits=32, is_float=True)
    path = tmp_path / "graded.exr"
    rgb = np.stack([scene() * 2, scene(), scene() * 0.5], axis=-1).astype(np.float32)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), oiio.ImageSpec(WIDTH, HEIGHT, 3, "float"))
    assert out.write_image(rgb)
    assert out.close()
    reports = [
        job(
            tmp_path / "plate" / "p.%04d.exr",
            f"{space}/r.%04d.exr",
            spaces=ColourSpaces(DEFAULT_CONFIG, "ACEScg", still=space),
            references=(StillAt(path),),
        )
        for space in ("ACEScg", "ACES2065-1")
    ]
    assert len(reports) == 2
    one, other = (pixels(tmp_path / space / "r.0007.exr") for space in ("ACEScg", "ACES2065-1"))
    assert np.abs(one - other).max() > 0.01, "the space of the still matters"
    warm = one[30:60, 40:70]
    assert (warm[..., 0] > warm[..., 2]).mean() > 0.9


def test_without_an_input_space_nothing_is_managed(grey_plate: Plate, job: Job, tmp_path: Path) -> None:
    grey_plate("p.%04d.exr", scene(), bits=32, is_float=True)
    with pytest.raises(UsageError, match="--output-space needs --input-space"):
        job(tmp_path / "plate" / "p.%04d.exr", "out/r.%04d.exr", spaces=ColourSpaces(output="ACEScg"))
    assert not (tmp_path / "out").exists()


def test_a_plate_whose_header_names_aces_primaries_is_answered_with_advice(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "lit.exr"
    spec = oiio.ImageSpec(WIDTH, HEIGHT, 1, "float")
    spec.channelnames = ("Y",)
    spec.attribute(
        "chromaticities", oiio.TypeDesc("float[8]"), (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.3217, 0.3377)
    )
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec)
    assert out.write_image(scene()[..., None])
    assert out.close()
    plain = job(path, "plain.exr")
    assert len(plain.warnings) == 1
    assert "has the primaries of ACEScg and was taken for Rec.709" in plain.warnings[0]
    assert job(path, "managed.exr", spaces=ACESCG).warnings == ()
    job(path, "other.exr", spaces=ColourSpaces(DEFAULT_CONFIG, "ACEScg", "Linear Rec.709 (sRGB)"))
    said = {
        name: oiio.ImageInput.open(str(tmp_path / f"{name}.exr")).spec().getattribute("chromaticities") is not None
        for name in ("plain", "managed", "other")
    }
    assert said == {"plain": True, "managed": True, "other": False}


def test_a_movie_in_pq_is_answered_with_advice(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "hdr.mkv"
    tags = ColourTags("bt2020", primaries_tag=9, transfer_tag=16, matrix_tag=9)
    info = PlateInfo(Path("none"), WIDTH, HEIGHT, (0,), 10, False, tags, Fraction(24))
    with open_writer(path, info) as writer:
        writer.write(ResultFrame(0, np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)))
        writer.commit()
    assert [text for text in job(path, "out.mkv").warnings if "is tagged with PQ" in text]
    spaces = ColourSpaces(DEFAULT_CONFIG, "Rec.2100-PQ - Display")
    assert job(path, "managed.mkv", spaces=spaces).warnings == ()
