"""Weights on disk: they come back as they were, and anything else is refused with the file's name."""

import pytest
import torch

from tinct.training.model.colour_net import ColourNetConfig
from tinct.training.model.lite import Lite, LiteConfig
from tinct.training.model.weights import SCHEMA, WeightsError, load_weights, pack

CONFIG = LiteConfig(colour=ColourNetConfig(channels=(8, 8, 8, 8)), candidates=2)


@pytest.fixture(scope="module")
def packed():
    torch.manual_seed(0)
    return pack(Lite(CONFIG))


def test_round_trip(packed, tmp_path):
    torch.save({"network": packed}, tmp_path / "last.pt")
    model = load_weights(tmp_path / "last.pt")
    assert model.config == CONFIG
    assert not model.training
    assert all(torch.equal(value, packed["weights"][name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": SCHEMA + 1}, "upgrade Tinct"),
        ({"weights": [1, 2]}, "another architecture"),
        ({"weights": {}}, "another architecture"),
        ({"config": {"heads": 3}}, "another architecture"),
    ],
)
def test_what_is_refused(packed, tmp_path, change, words):
    torch.save({"network": {**packed, **change}}, tmp_path / "odd.pt")
    with pytest.raises(WeightsError, match=words) as caught:
        load_weights(tmp_path / "odd.pt")
    assert "odd.pt" in str(caught.value)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "note.pt").write_bytes(b"a note")
    with pytest.raises(WeightsError, match=r"note\.pt is not a checkpoint"):
        load_weights(tmp_path / "note.pt")
