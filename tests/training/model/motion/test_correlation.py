"""Local correlation against its equation."""

import torch

from tinct.training.model.motion.correlation import local_correlation


def test_it_is_the_mean_product_at_each_neighbour():
    one, other = torch.randn(2, 3, 5, 6), torch.randn(2, 3, 5, 6)
    found = local_correlation(one, other, 2)
    assert found.shape == (2, 25, 5, 6)
    for row in range(5):
        for column in range(6):
            for index in range(25):
                y, x = row + index // 5 - 2, column + index % 5 - 2
                wanted = torch.zeros(2)
                if 0 <= y < 5 and 0 <= x < 6:
                    wanted = (one[:, :, row, column] * other[:, :, y, x]).mean(1)
                torch.testing.assert_close(found[:, index, row, column], wanted)
