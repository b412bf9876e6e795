"""The weights are those of seed 000, Table 4.2, and the total is eq. 4.8."""

import pytest
import torch

from tinct.training.losses.weights import SWINTEXCO, VITEXCO

NAMES = ("l1", "adversarial", "perceptual", "contextual", "temporal", "smoothness")


@pytest.mark.parametrize(
    ("weights", "table"),
    [(VITEXCO, (2.0, 0.2, 0.005, 0.5, 0.02, 5.0)), (SWINTEXCO, (2.0, 0.5, 0.1, 1.0, 0.3, 5.0))],
)
def test_the_total_is_the_weighted_sum(weights, table):
    assert tuple(getattr(weights, name) for name in NAMES) == table
    terms = {name: torch.tensor(float(k + 1)) for k, name in enumerate(NAMES)}
    assert float(weights.total(terms)) == pytest.approx(sum(w * (k + 1) for k, w in enumerate(table)))
    without = {name: value for name, value in terms.items() if name != "adversarial"}
    assert float(weights.total(without)) == pytest.approx(float(weights.total(terms)) - 2 * table[1])


@pytest.mark.parametrize("terms", [{}, {"colour": torch.ones(())}, {"contextual_levels": torch.ones(())}])
def test_a_term_without_a_weight_is_refused(terms):
    with pytest.raises(ValueError, match="each must be one of l1, adversarial"):
        SWINTEXCO.total(terms)
