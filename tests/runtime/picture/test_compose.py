"""Luminance is sacred: what composition may and may not change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tinct.runtime.media.plate import LUMA_COEFFICIENTS, ColourTags
from tinct.runtime.picture import bands
from tinct.runtime.picture.colour import lab_to_srgb, luma_to_lightness, srgb_to_lab
from tinct.runtime.picture.compose import compose, compose_enlarged
from tinct.runtime.picture.upsample import Enlargement, upsample_chroma

TRANSFERS = ("linear", "srgb", "bt709")
EVERY_TAG = [ColourTags(matrix=matrix, transfer=transfer) for matrix in LUMA_COEFFICIENTS for transfer in TRANSFERS]


def luma_of(rgb: np.ndarray, tags: ColourTags) -> np.ndarray:
    return rgb.astype(np.float64) @ np.array(tags.luma_weights)


def plate(height: int = 90, width: int = 160, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random((height, width), dtype=np.float32), rng.normal(0, 40, (height, width, 2)).astype(np.float32)


@pytest.mark.parametrize("tags", EVERY_TAG, ids=lambda tags: f"{tags.matrix}-{tags.transfer}")
@pytest.mark.parametrize("limit", [True, False])
def test_luma_is_the_plates_for_any_colour(tags: ColourTags, limit: bool) -> None:
    luma, ab = plate()
    rgb = compose(luma, ab, tags, limit=limit)
    assert np.abs(luma_of(rgb, tags) - luma).max() <= 1e-6
    assert rgb.min() >= 0
    if limit:
        assert rgb.max() <= 1


@settings(max_examples=60, deadline=None)
@given(
    luma=arrays.arrays(np.float32, (3, 4), elements=st.floats(-4, 60000, width=32)),
    ab=arrays.arrays(np.float32, (3, 4, 2), elements=st.floats(-128, 128, width=32)),
    tags=st.sampled_from(EVERY_TAG),
    limit=st.booleans(),
    chroma=st.floats(0, 4),
)
def test_luma_and_range_hold_everywhere(
    luma: np.ndarray, ab: np.ndarray, tags: ColourTags, limit: bool, chroma: float
) -> None:
    rgb = compose(luma, ab, tags, limit=limit, chroma=chroma)
    scale = np.maximum(np.abs(luma), 1)
    assert (np.abs(luma_of(rgb, tags) - luma) <= 1e-6 * np.maximum(scale, np.abs(rgb).max(axis=-1))).all()
    assert (rgb >= np.minimum(luma, 0)[..., None]).all()
    if limit:
        assert (rgb <= np.maximum(luma, 1)[..., None]).all()


@pytest.mark.parametrize("tags", EVERY_TAG, ids=lambda tags: f"{tags.matrix}-{tags.transfer}")
def test_no_colour_leaves_the_plate_bit_for_bit(tags: ColourTags) -> None:
    luma = np.concatenate([plate()[0], np.array([[-0.5, 0, 1e-9, 1, 1.5, 200, 6e4, np.nan, np.inf, -np.inf] * 16])])
    luma = luma.astype(np.float32)
    for rgb in (
        compose(luma, np.zeros((*luma.shape, 2), np.float32), tags, limit=False),
        compose(luma, np.full((*luma.shape, 2), 30, np.float32), tags, chroma=0),
    ):
        for channel in np.moveaxis(rgb, 2, 0):
            np.testing.assert_array_equal(channel, luma)


def test_colours_inside_the_gamut_come_out_as_lab_says() -> None:
    rng = np.random.default_rng(3)
    grey = rng.uniform(0.25, 0.7, (60, 80)).astype(np.float32)
    ab = rng.uniform(-12, 12, (60, 80, 2)).astype(np.float32)
    tags = ColourTags(transfer="srgb")
    rgb = compose(grey, ab, tags)
    wanted = lab_to_srgb(np.concatenate([luma_to_lightness(grey, tags)[..., None], ab], axis=-1), clip=False)
    # Luma and lightness part ways with colour, so the result is the wanted colour shifted along the grey axis.
    shift = rgb - wanted
    np.testing.assert_allclose(shift, np.repeat(shift[..., :1], 3, axis=-1), atol=1e-5)
    assert np.abs(shift).max() < 0.02
    assert np.abs(srgb_to_lab(rgb)[..., 1:] - ab).mean() < 0.3


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_too_much_chroma_fades_but_keeps_its_hue(transfer: str) -> None:
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False, dtype=np.float32)
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=-1)[None]
    luma = np.full((1, 24), 0.18 if transfer == "linear" else 0.5, np.float32)

    def hue(chroma: float) -> np.ndarray:
        rgb = compose(luma, direction * np.float32(chroma), ColourTags(transfer=transfer))
        if transfer == "linear":
            rgb = np.where(rgb > 0.0031308, 1.055 * np.maximum(rgb, 1e-9) ** (1 / 2.4) - 0.055, 12.92 * rgb)
        lab = srgb_to_lab(rgb.astype(np.float32))[0]
        return np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))

    turned = np.abs((hue(110) - hue(25) + 180) % 360 - 180)
    # Encoded luma and luminance part ways for strong colours, blue above all; in linear light they are one.
    assert turned.max() < (2 if transfer == "linear" else 20)
    assert turned.mean() < (1 if transfer == "linear" else 5)


def test_chroma_scales_the_colour() -> None:
    luma, ab = np.full((8, 8), 0.5, np.float32), np.full((8, 8, 2), 10, np.float32)
    np.testing.assert_allclose(
        compose(luma, ab, ColourTags(), chroma=1.5), compose(luma, ab * np.float32(1.5), ColourTags()), atol=1e-6
    )


def test_highlights_of_a_linear_plate_keep_the_chromaticity_they_have_at_one() -> None:
    luma, ab = np.array([[1, 4, 1000]], np.float32), np.full((1, 3, 2), 20, np.float32)
    rgb = compose(luma, ab, ColourTags(transfer="linear"), limit=False)
    np.testing.assert_allclose(rgb[0, 1] / 4, rgb[0, 0], rtol=1e-5)
    np.testing.assert_allclose(rgb[0, 2] / 1000, rgb[0, 0], rtol=1e-5)
    assert rgb[0, 0, 0] > 1.05 > 0.95 > rgb[0, 0, 2]


def test_non_finite_pixels_stay_as_they_were_and_do_not_spread() -> None:
    luma, ab = plate(20, 30)
    clean = compose(luma, ab, ColourTags(transfer="linear"), limit=False)
    luma[3, 4], luma[5, 6], luma[7, 8] = np.nan, np.inf, -np.inf
    rgb = compose(luma, ab, ColourTags(transfer="linear"), limit=False)
    assert np.isnan(rgb[3, 4]).all()
    assert (rgb[5, 6] == np.inf).all()
    assert (rgb[7, 8] == -np.inf).all()
    others = np.isfinite(luma)
    np.testing.assert_array_equal(rgb[others], clean[others])


def test_given_lightness_changes_nothing() -> None:
    luma, ab = plate()
    tags = ColourTags()
    given_it = compose(luma, ab, tags, lightness=luma_to_lightness(luma, tags))
    np.testing.assert_array_equal(given_it, compose(luma, ab, tags))


def moved(image: np.ndarray, offset: int) -> np.ndarray:
    """A copy that lies ``offset`` floats after a cache line's start."""
    memory = np.empty(image.size + 32, np.float32)
    start = -(memory.ctypes.data // 4) % 16 + offset
    copy = memory[start : start + image.size].reshape(image.shape)
    copy[...] = image
    return copy


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_the_same_bits_come_out_wherever_the_images_lie_in_memory(transfer: str) -> None:
    luma, ab = plate()
    tags = ColourTags(transfer=transfer)
    once = compose(luma, ab, tags)
    for offset in range(1, 16):
        again = compose(moved(luma, offset), moved(ab, 3 * offset % 16), tags)
        np.testing.assert_array_equal(again, once)


def test_the_number_of_cores_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    luma, ab = plate(700, 900)
    results = []
    for cores in (1, 2, 5):
        monkeypatch.setattr(bands, "core_count", lambda cores=cores: cores)
        results.append(compose(luma, ab, ColourTags()))
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


def test_an_error_in_any_band_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands, "core_count", lambda: 3)
    seen: list[int] = []

    def task(rows: slice, scratch: np.ndarray) -> None:
        seen.extend(range(rows.start, rows.stop))
        if rows.stop == 700:
            raise ZeroDivisionError("a band failed")

    with pytest.raises(ZeroDivisionError, match="a band failed"):
        bands.for_row_bands(700, 900, task)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("shape", [(1, 1), (3, 65537), (65537, 3), (541, 963)])
def test_result_does_not_depend_on_how_the_image_is_cut_into_bands(shape: tuple[int, int]) -> None:
    luma, ab = plate(*shape)
    whole = compose(luma, ab, ColourTags())
    rows = [0, shape[0] // 2, shape[0] - 1]
    for row in rows:
        alone = compose(luma[row : row + 1], ab[row : row + 1], ColourTags())
        np.testing.assert_allclose(alone, whole[row : row + 1], atol=1e-6)


def test_ten_bit_luma_survives_quantisation_within_one_code_value() -> None:
    codes = np.random.default_rng(5).integers(0, 1024, (270, 480)).astype(np.float32)
    _, ab = plate(270, 480)
    rgb = compose(codes / np.float32(1023), ab, ColourTags())
    stored = np.rint(rgb * 1023)
    assert np.abs(luma_of(stored, ColourTags()) - codes).max() <= 1


def test_wrong_arguments_are_refused_by_name() -> None:
    luma, ab = plate(4, 5)
    with pytest.raises(ValueError, match="ab must be float32 of 4 x 5 x 2"):
        compose(luma, ab[:3], ColourTags())
    with pytest.raises(ValueError, match="chroma must be 0 or more, got -1"):
        compose(luma, ab, ColourTags(), chroma=-1)
    with pytest.raises(ValueError, match="transfer 'log' is unknown"):
        compose(luma, ab, ColourTags(transfer="log"))


@pytest.mark.parametrize("tags", [ColourTags(), ColourTags(transfer="linear")], ids=lambda tags: tags.transfer)
def test_chroma_enlarged_on_the_way_gives_the_same_bits(tags: ColourTags) -> None:
    luma, _ = plate(400, 720)  # more than one band
    luma[-3:, ::7] *= 40  # highlights in the last of them alone
    luma[-1, 5] = np.nan
    lightness = luma_to_lightness(luma, tags)
    small, ab = lightness[::4, ::4].copy(), plate(100, 180, seed=1)[1]
    wanted = compose(luma, upsample_chroma(ab, small, lightness), tags, chroma=0.8, lightness=lightness, limit=False)
    enlargement = Enlargement(ab, small, lightness)
    at_once = compose_enlarged(luma, enlargement, tags, chroma=0.8, limit=False)
    np.testing.assert_array_equal(at_once, wanted)
