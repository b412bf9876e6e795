"""Temporal states as values and as bytes."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from tinct.runtime.errors import StateError
from tinct.runtime.motion.anchor import Anchor
from tinct.runtime.state import TemporalState


def state(**changes):
    rng = np.random.default_rng(0)
    facts = {
        "frame": 1007,
        "luminance": rng.uniform(0, 100, (32, 64)).astype(np.float32),
        "ab": rng.normal(0, 30, (32, 64, 2)).astype(np.float32),
        "confidence": rng.uniform(0, 1, (32, 64)).astype(np.float32),
        "reference_set": "a set",
        "model": "lite 1",
    }
    return TemporalState(**{**facts, **changes})


def anchor(height=30, width=60):
    rng = np.random.default_rng(1)
    flow = rng.normal(0, 5, (height, width, 2)).astype(np.float32)
    return Anchor(3, flow, rng.uniform(-1, 1, (height, width)).astype(np.float32), age=2)


def test_bytes_give_the_state_back_bit_for_bit():
    original = state()
    again = TemporalState.from_bytes(original.to_bytes())
    assert again == original
    assert hash(again) == hash(original)
    assert again.ab.tobytes() == original.ab.tobytes()
    assert again.to_bytes() == original.to_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"frame": 1008},
        {"reference_set": "x"},
        {"model": "x"},
        {"ab": np.zeros((32, 64, 2), np.float32)},
        {"confidence": np.zeros((32, 64), np.float32)},
    ],
)
def test_states_that_differ_are_not_equal(changes):
    assert state(**changes) != state()


def test_a_state_cannot_be_written_to_and_does_not_follow_its_maker():
    ab = np.zeros((32, 64, 2), np.float32)
    made = state(ab=ab)
    ab[:] = 5
    assert not made.ab.any()
    with pytest.raises(ValueError, match="read-only"):
        made.ab[0, 0] = 1


def test_images_must_fit_each_other():
    with pytest.raises(ValueError, match="must be"):
        state(ab=np.zeros((32, 63, 2), np.float32))
    for shape in ((33, 64), (32, 65), (0, 64)):
        with pytest.raises(ValueError, match="do not fit a picture of"):
            state(anchor=anchor(*shape))


def test_the_anchor_comes_back_bit_for_bit():
    original = state(anchor=anchor())
    again = TemporalState.from_bytes(original.to_bytes())
    assert again == original != state()
    assert (again.anchor.still, again.anchor.age) == (3, 2)
    assert again.to_bytes() == original.to_bytes()
    assert original != state(anchor=replace(anchor(), age=1))
    assert original != state(anchor=replace(anchor(), trust=anchor().trust * 0.5))
    with pytest.raises(ValueError, match="read-only"):
        again.anchor.flow[0, 0] = 1


@pytest.mark.parametrize("facts", [{"anchor": [1.5, 0]}, {"anchor": [1]}, {"anchor": 7}])
def test_an_anchor_with_other_facts_is_refused(facts):
    data = io.BytesIO(state(anchor=anchor()).to_bytes())
    with np.load(data) as archive:
        arrays = dict(archive)
    told = json.loads(bytes(arrays["facts"])) | facts
    arrays["facts"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    damaged = io.BytesIO()
    np.savez(damaged, **arrays)
    with pytest.raises(StateError, match="no temporal state"):
        TemporalState.from_bytes(damaged.getvalue())


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_damaged_bytes_are_refused(cut):
    data = state().to_bytes()
    with pytest.raises(StateError, match="no temporal state"):
        TemporalState.from_bytes(data[:cut])


def test_a_flipped_bit_is_refused():
    data = bytearray(state().to_bytes())
    data[len(data) // 2] ^= 4
    with pytest.raises(StateError):
        TemporalState.from_bytes(bytes(data))


def test_pickles_and_compressed_archives_are_refused():
    for save, content in (
        (np.savez, np.array([{}], object)),
        (np.savez_compressed, np.zeros((2000, 2000), np.float32)),
    ):
        stream = io.BytesIO()
        save(stream, facts=np.zeros(3, np.uint8), luminance=content, ab=content)
        with pytest.raises(StateError):
            TemporalState.from_bytes(stream.getvalue())


@pytest.mark.parametrize(("version", "age"), [(3, "an older"), (5, "a newer")])
def test_the_format_of_another_tinct_is_refused(monkeypatch, version, age):
    monkeypatch.setattr("tinct.runtime.state.FORMAT", version)
    data = state().to_bytes()
    monkeypatch.undo()
    with pytest.raises(StateError, match=f"{age} Tinct; colour the shot from its start"):
        TemporalState.from_bytes(data)
