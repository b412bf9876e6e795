"""The size at which the network works."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinct.runtime.picture.working_size import LONGEST, WorkingSize

sides = st.integers(1, 5000)


@pytest.mark.parametrize(
    ("plate", "working", "padded"),
    [
        ((1920, 1080), (512, 288), (512, 288)),
        ((1080, 1920), (288, 512), (288, 512)),
        ((3840, 2160), (512, 288), (512, 288)),
        ((4096, 2160), (546, 288), (576, 288)),
        ((480, 270), (480, 270), (480, 288)),
        ((456, 256), (456, 256), (480, 256)),
        ((453, 255), (512, 288), (512, 288)),
        ((576, 324), (576, 324), (576, 352)),
        ((588, 330), (513, 288), (544, 288)),
        ((64, 64), (288, 288), (288, 288)),
        ((720, 486), (427, 288), (448, 288)),
        ((1999, 1079), (534, 288), (544, 288)),
        ((4096, 64), (1152, 18), (1152, 32)),
        ((64, 4096), (18, 1152), (32, 1152)),
    ],
)
def test_known_plates_at_288(plate, working, padded):
    size = WorkingSize.fit(*plate, 288, 32)
    assert (size.width, size.height) == working
    assert (size.padded_width, size.padded_height) == padded


@given(width=sides, height=sides, short_side=st.integers(32, 1080), multiple=st.sampled_from([1, 8, 32]))
def test_any_plate_keeps_its_aspect_and_a_bounded_size(width, height, short_side, multiple):
    size = WorkingSize.fit(width, height, short_side, multiple)
    scale = max(size.width, size.height) / max(width, height)
    assert abs(size.width - width * scale) <= 1
    assert abs(size.height - height * scale) <= 1
    own = (size.width, size.height) == (width, height)
    most = 8 / 7 if own else 1
    assert max(size.width, size.height) <= LONGEST * short_side * most
    assert min(size.width, size.height) <= short_side * most
    if max(width, height) <= LONGEST * min(width, height):
        assert min(size.width, size.height) == short_side or own
        assert min(size.width, size.height) >= short_side * 8 / 9
    assert size.padded_width % multiple == size.padded_height % multiple == 0
    assert 0 <= size.padded_width - size.width < multiple
    assert 0 <= size.padded_height - size.height < multiple


@given(width=st.integers(1, 300), height=st.integers(1, 300), channels=st.sampled_from([None, 2, 3]))
def test_there_and_back_keeps_the_picture(width, height, channels):
    size = WorkingSize.fit(width, height, 64, 32)
    shape = (height, width) if channels is None else (height, width, channels)
    image = np.random.default_rng(0).random(shape).astype(np.float32)
    small = size.reduce(image)
    assert small.shape[:2] == size.shape
    assert small.ndim == image.ndim
    padded = size.pad(small)
    assert padded.shape[:2] == size.padded_shape
    np.testing.assert_array_equal(size.crop(padded), small)
    np.testing.assert_array_equal(padded[-1, : size.width], small[-1])
    np.testing.assert_array_equal(padded[: size.height, -1], small[:, -1])


def test_reducing_averages_and_does_not_shift():
    ramp = np.tile(np.arange(256, dtype=np.float32), (128, 1))
    small = WorkingSize.fit(256, 128, 32, 32).reduce(ramp)
    np.testing.assert_allclose(small[7], np.arange(64) * 4 + 1.5, atol=1e-3)
    large = WorkingSize.fit(256, 128, 256, 32).reduce(ramp)
    np.testing.assert_allclose(large[7, 1:-1], np.arange(1, 511) / 2 - 0.25, atol=1e-3)


def test_reducing_gives_an_image_of_its_own():
    image = np.ones((64, 64), np.float32)
    small = WorkingSize.fit(64, 64, 64, 32).reduce(image)
    small[:] = 0
    assert image.all()


def test_wrong_sizes_are_refused():
    size = WorkingSize.fit(200, 100, 64, 32)
    for method in (size.reduce, size.pad, size.crop):
        with pytest.raises(ValueError, match="is needed"):
            method(np.zeros((10, 10), np.float32))
    with pytest.raises(ValueError, match="at least 1"):
        WorkingSize.fit(0, 100, 64, 32)
