"""Reference stills and the bank made of them."""

import math
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.backends import create_backend
from tinct.runtime.bank import EncodedStills, Reference, build_bank, reference_set_id
from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import BackendError
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.media.stills import Still
from tinct.runtime.picture.colour import luma_to_lightness, srgb_to_lab


class CountingBackend:
    """The fake backend, which also lists the stills it encoded."""

    def __init__(self):
        self._inner = create_backend("fake", find_bundle("fake"))
        self.NAME, self.bundle = self._inner.NAME, self._inner.bundle
        self.stills = []

    def encode_reference(self, inputs):
        self.stills.append(inputs["still"])
        return self._inner.encode_reference(inputs)


@pytest.fixture
def backend():
    return CountingBackend()


def picture(height=64, width=96, seed=0):
    return np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)


def test_a_still_is_encoded_once_however_often_it_is_named(backend):
    encoded = EncodedStills()
    rgb = picture()
    for references in ([Reference(rgb)], [Reference(rgb.copy(), 7, 2.0), Reference(picture(seed=1))]):
        build_bank(references, backend, 64, encoded)
    assert len(backend.stills) == 2
    build_bank([Reference(rgb)], backend, 96, encoded)
    assert len(backend.stills) == 3


def test_a_read_still_counts_as_its_digest_says(backend):
    encoded = EncodedStills()
    for path in ("a.png", "copy of a.png"):
        build_bank([Reference(Still(Path(path), picture(), "digest of a"))], backend, 64, encoded)
    assert len(backend.stills) == 1


def test_the_network_sees_scaled_lab_in_the_stills_own_aspect(backend):
    build_bank([Reference(np.ones((50, 150, 3), np.float32))], backend, 64, EncodedStills())
    (still,) = backend.stills
    assert still.shape == (1, 3, 64, 192)
    np.testing.assert_allclose(still[0, 0], 1.0, atol=1e-4)  # L* 100
    np.testing.assert_allclose(still[0, 1:], 0.0, atol=1e-4)


def test_a_still_has_the_lightness_of_the_plate_it_was_taken_from(backend):
    rgb = picture(64, 64)
    build_bank([Reference(rgb)], backend, 64, EncodedStills())
    tags = ColourTags(transfer="bt709")
    lightness = luma_to_lightness(rgb @ np.array(tags.luma_weights, np.float32), tags)
    np.testing.assert_allclose(backend.stills[0][0, 0] * 50 + 50, lightness, atol=1e-3)
    np.testing.assert_allclose(backend.stills[0][0, 1:] * 110, srgb_to_lab(rgb)[..., 1:].transpose(2, 0, 1), atol=1e-3)


def test_what_extends_a_still_has_the_colours_of_its_edge(backend):
    rgb = picture(64, 65)
    build_bank([Reference(rgb)], backend, 64, EncodedStills())
    (still,) = backend.stills
    assert still.shape == (1, 3, 64, 96)
    np.testing.assert_array_equal(still[..., 65:], np.repeat(still[..., 64:65], 31, axis=-1))


def test_tokens_of_all_stills_stand_in_order_with_their_weights(backend):
    first, second = Reference(picture(64, 64)), Reference(picture(64, 128, seed=1), weight=2.5)
    encoded = EncodedStills()
    bank = build_bank([first, second], backend, 64, encoded)
    one, two = (encoded.encode(still, backend, 64).tokens["tokens"] for still in (first, second))
    assert (one.shape[1], two.shape[1]) == (64, 128)
    np.testing.assert_array_equal(bank.tensors["tokens"], np.concatenate([one, two], axis=1))
    np.testing.assert_allclose(bank.bias, [[0.0] * 64 + [math.log(2.5)] * 128], rtol=1e-6)
    assert bank.bias.dtype == np.float32


def test_the_set_is_named_by_pixels_weights_order_model_and_size():
    manifest = find_bundle("fake").manifest
    one, two = Reference(picture()), Reference(picture(seed=1))
    names = {
        reference_set_id([one, two], manifest, 288),
        reference_set_id([two, one], manifest, 288),
        reference_set_id([one], manifest, 288),
        reference_set_id([one, two], manifest, 320),
        reference_set_id([one, Reference(picture(seed=1), weight=2)], manifest, 288),
    }
    assert len(names) == 5
    same = [Reference(picture(), from_frame=9), Reference(picture(seed=1))]
    assert reference_set_id(same, manifest, 288) in names


def test_the_store_forgets_the_least_recently_used(backend):
    stills = [Reference(picture(seed=k)) for k in range(3)]
    size = EncodedStills().encode(stills[0], backend, 64).nbytes
    encoded = EncodedStills(limit=2 * size)
    encoded.encode(stills[0], backend, 64)
    encoded.encode(stills[1], backend, 64)
    encoded.encode(stills[0], backend, 64)
    encoded.encode(stills[2], backend, 64)
    assert (len(encoded), encoded.held_bytes) == (2, 2 * size)
    backend.stills.clear()
    encoded.encode(stills[0], backend, 64)
    assert not backend.stills
    encoded.encode(stills[1], backend, 64)
    assert len(backend.stills) == 1


def test_a_still_over_the_limit_is_still_usable(backend):
    encoded = EncodedStills(limit=1)
    assert encoded.encode(Reference(picture()), backend, 64).tokens["tokens"].size
    assert len(encoded) == 1


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf])
def test_weights_must_be_above_zero(weight):
    with pytest.raises(ValueError, match="weight"):
        Reference(picture(), weight=weight)


@pytest.mark.parametrize(
    "rgb", [np.zeros((4, 4), np.float32), np.zeros((0, 4, 3), np.float32), np.full((4, 4, 3), np.nan)]
)
def test_a_still_must_be_a_colour_picture(rgb):
    with pytest.raises(ValueError, match="a still must"):
        Reference(rgb)


def test_tensors_that_cannot_be_joined_are_refused(backend):
    backend.encode_reference = lambda _: {"tokens": np.zeros((2, 5, 3), np.float32)}
    with pytest.raises(BackendError, match="tokens"):
        build_bank([Reference(picture())], backend, 64, EncodedStills())


def test_a_still_may_bring_the_lightness_of_its_plate(backend):
    rgb, lightness = picture(64, 64), np.full((64, 64), 25, np.float32)
    build_bank([Reference(rgb, lightness=lightness)], backend, 64, EncodedStills())
    np.testing.assert_allclose(backend.stills[0][0, 0], -0.5, atol=1e-4)
    assert Reference(rgb, lightness=lightness).digest != Reference(rgb).digest
    with pytest.raises(ValueError, match="lightness"):
        Reference(rgb, lightness=lightness[:32])
