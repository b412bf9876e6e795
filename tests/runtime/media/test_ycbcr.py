import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinct.runtime.media.picture_planes import expand_range
from tinct.runtime.media.plate import LUMA_COEFFICIENTS
from tinct.runtime.media.quantise import to_codes, to_half, widen_codes
from tinct.runtime.media.ycbcr import chroma_codes, luma_codes, subsample, to_ycbcr


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("full_range", [False, True])
def test_every_luma_code_survives_expansion(bits: int, full_range: bool) -> None:
    codes = np.arange(2**bits).reshape(16, -1)
    assert np.array_equal(
        luma_codes(expand_range(codes, bits, full_range=full_range), bits, full_range=full_range), codes
    )


def test_bt709_colour_bars_have_their_published_codes() -> None:
    # 100 % bars in 8 bits, ITU-R BT.709: yellow (219, 16, 138), blue (32, 240, 118), red (63, 102, 240).
    rgb = np.array([[[1, 1, 0], [0, 0, 1], [1, 0, 0]]], np.float32)
    luma, cb, cr = to_ycbcr(rgb, LUMA_COEFFICIENTS["bt709"])
    assert luma_codes(luma, 8, full_range=False).tolist() == [[219, 32, 63]]
    assert chroma_codes(cb, 8, full_range=False).tolist() == [[16, 240, 102]]
    assert chroma_codes(cr, 8, full_range=False).tolist() == [[138, 118, 240]]


@pytest.mark.parametrize(("layout", "shape"), [("444", (5, 7)), ("422", (5, 4)), ("420", (3, 4))])
def test_subsampling_keeps_flat_colour_at_any_size(layout: str, shape: tuple[int, int]) -> None:
    result = subsample(np.full((5, 7), 0.25, np.float32), layout)
    assert result.shape == shape
    assert np.all(result == 0.25)


def test_subsampled_columns_sit_on_even_ones_and_rows_between_two() -> None:
    ramp = np.add.outer(np.arange(8.0), np.arange(10.0)).astype(np.float32)
    inner = subsample(ramp, "420")[:, 1:-1]
    expected = np.add.outer(np.arange(0, 8, 2) + 0.5, np.arange(0, 10, 2))[:, 1:-1]
    assert np.allclose(inner, expected)


@given(st.integers(0, 2**32 - 1), st.sampled_from(list(LUMA_COEFFICIENTS)))
def test_half_floats_keep_luminance(seed: int, matrix: str) -> None:
    weights = np.array(LUMA_COEFFICIENTS[matrix])
    rgb = np.random.default_rng(seed).random((8, 8, 3)).astype(np.float32)
    half = to_half(rgb, LUMA_COEFFICIENTS[matrix]).astype(np.float64)
    assert np.abs(half @ weights - rgb @ weights).max() < (3.6e-5 if matrix == "bt709" else 6e-5)
    assert np.abs(half - rgb).max() < 4e-3


def test_half_floats_beyond_their_range_are_clipped_and_infinity_stays() -> None:
    half = to_half(np.array([[[1e6, 1e6, 1e6], [np.inf, np.nan, -np.inf]]], np.float32), LUMA_COEFFICIENTS["bt709"])
    assert half[0, 0].tolist() == [65504, 65504, 65504]
    assert np.array_equal(half[0, 1], np.array([np.inf, np.nan, -np.inf], np.float16), equal_nan=True)


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_widened_codes_keep_their_high_bits(bits: int) -> None:
    codes = np.arange(2**bits, dtype=np.uint16)
    wide = widen_codes(codes, bits)
    assert np.array_equal(wide >> (16 - bits), codes)
    assert (wide[0], wide[-1]) == (0, 65535)


def test_codes_of_values_that_are_none() -> None:
    values = np.array([np.nan, np.inf, -np.inf, -1, 2, 0.5], np.float32)
    assert to_codes(values, 10).tolist() == [0, 1023, 0, 0, 1023, 512]
