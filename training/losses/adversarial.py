"""Relativistic average least squares: each score is judged against the mean score of the other kind.

Sources: seed 000, eq. 4.2 (generator) and 4.9 (discriminator); Jolicoeur-Martineau, "The relativistic discriminator",
ICLR 2019 (RaLSGAN). Scores are what a discriminator says of pairs of consecutive frames, of any shape, unbounded; the
expectations are means over all scores given, so over one process's share of the batch.
"""

from torch import Tensor

from tinct.training.losses.inputs import full_precision


@full_precision
def generator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``E[(fake - E[real] - 1)^2] + E[(real - E[fake] + 1)^2]`` of the scores of true and of coloured pairs.

    Source: seed 000, eq. 4.2. It is 2 where both kinds score alike, and 0 where coloured pairs score 1 above true ones.
    """
    return _square_gap(fake, real, 1.0) + _square_gap(real, fake, -1.0)


@full_precision
def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``(E[(fake - E[real] + 1)^2] + E[(real - E[fake] - 1)^2]) / 2``.

    Source: seed 000, eq. 4.9. ``fake`` are the scores of detached pairs: the generator takes no part.
    """
    return (_square_gap(fake, real, -1.0) + _square_gap(real, fake, 1.0)) / 2


def _square_gap(scores: Tensor, others: Tensor, wanted: float) -> Tensor:
    """Mean of ``(scores - E[others] - wanted)^2``."""
    return (scores - others.mean() - wanted).square().mean()
