"""Matching a frame's cells with the tokens of stills."""

import torch

from tinct.training.model.matching import Bank, match

CELLS, WIDTH = 6, 32


def unit(rows: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(rows, dim=-1)


def test_what_takes_its_colour_from_a_token_that_another_cell_fits_better_has_a_rival() -> None:
    random = torch.Generator().manual_seed(0)
    keys = 8 * unit(torch.randn(1, CELLS, WIDTH, generator=random))
    bank = Bank(keys, torch.rand(1, CELLS, 2), torch.rand(1, CELLS, 16), torch.rand(1, CELLS, 8))
    query = keys[0] / 8
    query[5] = unit(query[0] + 0.8 * query[5])  # shown by no still; token 0 is the nearest
    bank = bank._replace(
        key8=bank.key8[:, :5], value8=bank.value8[:, :5], key4=bank.key4[:, :5], value4=bank.value4[:, :5]
    )
    grid = query.T.reshape(1, WIDTH, 2, 3)
    found = match(grid, torch.rand(1, 4, 4, 6), bank, torch.zeros(1, 5), candidates=2)
    rivalry = found.rivalry.flatten()
    assert torch.equal(rivalry[:5], torch.zeros(5))
    expected = 8 * (1 - float(query[5] @ query[0]))
    assert abs(float(rivalry[5]) - expected) < 1e-4
    assert expected > 0.5


def test_the_weight_of_a_still_does_not_change_the_rivalry() -> None:
    random = torch.Generator().manual_seed(1)
    keys = unit(torch.randn(1, CELLS, WIDTH, generator=random))
    bank = Bank(keys, torch.rand(1, CELLS, 2), torch.rand(1, CELLS, 16), torch.rand(1, CELLS, 8))
    grid, fine = torch.randn(1, WIDTH, 2, 3, generator=random), torch.rand(1, 4, 4, 6, generator=random)
    plain = match(grid, fine, bank, torch.zeros(1, CELLS), candidates=2)
    weighed = match(grid, fine, bank, torch.full((1, CELLS), 2.0), candidates=2)
    torch.testing.assert_close(plain.rivalry, weighed.rivalry, atol=1e-5, rtol=0)


def test_certainty_is_the_probability_that_falls_on_the_candidates() -> None:
    random = torch.Generator().manual_seed(2)
    count, weights = 40, torch.rand(1, 40, generator=random).log()
    keys = 5 * unit(torch.randn(1, count, WIDTH, generator=random))
    bank = Bank(keys, torch.rand(1, count, 2), torch.rand(1, count, 16), torch.rand(1, count, 8))
    grid, fine = torch.randn(1, WIDTH, 2, 3, generator=random), torch.rand(1, 4, 4, 6, generator=random)
    found = match(grid, fine, bank, weights, candidates=3).certainty.flatten()
    logits = grid.flatten(2).transpose(1, 2) @ keys.transpose(1, 2) + weights
    best = logits.topk(3, -1).values
    torch.testing.assert_close(
        found, torch.exp(best - logits.logsumexp(-1, keepdim=True)).sum(-1)[0], atol=1e-6, rtol=0
    )
    assert found.min() < 0.9
