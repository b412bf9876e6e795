"""What lies in memory in each format, and which format a result has."""

import numpy as np
import pytest

from tinct.plugin.gstreamer.pixel_formats import COLOUR, FORMATS, GREY, read_picture, result_formats, write_picture

PADDING = 12


def rows(name: str, samples: np.ndarray) -> np.ndarray:
    """(H, stride) uint8: ``samples`` (H, W, S) with some bytes behind each line."""
    lines = np.ascontiguousarray(samples.astype(FORMATS[name].sample)).view(np.uint8).reshape(len(samples), -1)
    return np.concatenate([lines, np.full((len(samples), PADDING), 77, np.uint8)], axis=1)


@pytest.mark.parametrize("name", COLOUR)
def test_a_picture_is_read_as_it_was_written(name: str) -> None:
    form = FORMATS[name]
    peak = 2**form.bits - 1
    codes = np.random.default_rng(1).integers(0, peak + 1, (6, 5, 3))
    alpha = np.random.default_rng(2).integers(0, peak + 1, (6, 5))
    memory = rows(name, np.zeros((6, 5, form.samples)))
    write_picture((codes / peak).astype(np.float32), (alpha / peak).astype(np.float32), memory, form)
    picture, read_alpha = read_picture(memory, 5, form)
    np.testing.assert_array_equal(picture, codes.astype(np.float32) / np.float32(peak))
    assert picture.flags.c_contiguous
    assert (memory[:, -PADDING:] == 77).all()
    if form.alpha is None:
        assert read_alpha is None
    else:
        np.testing.assert_array_equal(read_alpha, alpha.astype(np.float32) / np.float32(peak))


def test_channels_lie_where_the_name_says() -> None:
    red = np.zeros((1, 1, 3), np.float32)
    red[..., 0] = 1
    for name, want in (("BGRA", [0, 0, 255, 255]), ("RGBx", [255, 0, 0, 255]), ("ARGB64_LE", [65535, 65535, 0, 0])):
        memory = rows(name, np.zeros((1, 1, 4)))
        write_picture(red, None, memory, FORMATS[name])
        assert memory[:, :-PADDING].view(FORMATS[name].sample).ravel().tolist() == want


@pytest.mark.parametrize("name", GREY)
def test_grey_is_one_plane(name: str) -> None:
    form = FORMATS[name]
    codes = np.arange(30).reshape(6, 5, 1) * 7
    picture, alpha = read_picture(rows(name, codes), 5, form)
    np.testing.assert_array_equal(picture, codes[..., 0].astype(np.float32) / np.float32(2**form.bits - 1))
    assert alpha is None


@pytest.mark.parametrize("name", FORMATS)
def test_the_result_keeps_depth_first_and_alpha_second_and_may_be_anything(name: str) -> None:
    results = result_formats(name)
    assert sorted(results) == sorted(COLOUR)
    assert COLOUR[results[0]].bits == FORMATS[name].bits
    if FORMATS[name].bits == 8:
        assert (COLOUR[results[0]].alpha is None) == (FORMATS[name].alpha is None)
    if name in COLOUR:
        assert results[0] == name
