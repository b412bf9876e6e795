"""Likeness of two pictures' features wherever they lie (seed 000, eq. 4.4 and 4.5)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from tinct.training.losses.inputs import full_precision

BANDWIDTH = 0.1
"""h of eq. 4.4."""
LEAST_DISTANCE = 1e-5
"""Epsilon that the smallest distance is given before it divides the others."""
LEAST_SQUARE = 1e-8
"""Added to a feature's squared length: a feature equal to the mean has no direction, and must have a gradient."""
PAIRS_AT_ONCE = 2**22
"""Pairs of positions held at a time: 16 MB for each intermediate result in float32."""


@full_precision
def contextual_loss(
    features: Sequence[Tensor],
    reference: Sequence[Tensor],
    *,
    weights: Sequence[float] | None = None,
    pairs_at_once: int = PAIRS_AT_ONCE,
) -> Tensor:
    """How badly the features of a coloured frame are found among those of its reference, over several levels.

    ``features`` and ``reference``: for each level (B, C, h, w); the sizes of the two may differ, the channels not; no
    gradient goes to ``reference``. ``weights``: of each level, 1 unless given. A level's value lies between 0 (each
    position has one reference position that is far nearer than all others) and the logarithm of the number of
    reference positions (none is nearer than another).

    Centred on the mean of the reference, d = 1 - cosine, A = softmax_j of ``-d / (min_j d + 1e-5) / 0.1``, and
    ``-log mean_i max_j A`` for each picture, averaged over the batch. Source: seed 000, eq. 4.4 and 4.5; Mechrez et
    al., "The Contextual Loss", ECCV 2018; the matching runs from the frame to the reference as in Zhang et al., "Deep
    Exemplar-based Video Colorization", CVPR 2019.

    A row of A needs no other row, so rows are taken in pieces of at most ``pairs_at_once`` pairs, and computed again
    for the gradient: values are those of the whole, memory is bounded.

    Raises:
        ValueError: numbers of levels, channels or batch sizes differ.
    """
    weights = [1.0] * len(features) if weights is None else weights
    if not len(features) == len(reference) == len(weights) > 0:
        counts = f"{len(features)} levels, {len(reference)} of the reference, {len(weights)} weights"
        raise ValueError(f"as many of each are wanted, one at least: {counts}")
    terms = [
        weight * _level(level, target.detach(), pairs_at_once)
        for weight, level, target in zip(weights, features, reference, strict=True)
    ]
    return torch.stack(terms).sum()


def _level(features: Tensor, reference: Tensor, pairs_at_once: int) -> Tensor:
    if features.shape[:2] != reference.shape[:2]:
        raise ValueError(f"features {tuple(features.shape)} and {tuple(reference.shape)} of the reference do not match")
    mean = reference.mean((2, 3), keepdim=True)
    wanted = _directions(reference - mean)
    found = _directions(features - mean).transpose(1, 2)
    rows = max(1, pairs_at_once // (wanted.shape[0] * wanted.shape[2]))
    if rows >= found.shape[1]:
        best = _log_best_affinity(found, wanted)
    else:
        best = torch.cat([_recomputed(piece, wanted) for piece in found.split(rows, 1)], 1)
    return -(torch.logsumexp(best, 1) - torch.log(best.new_tensor(best.shape[1]))).mean()


def _recomputed(found: Tensor, wanted: Tensor) -> Tensor:
    """`_log_best_affinity` that keeps nothing for the gradient but its arguments."""
    return checkpoint(_log_best_affinity, found, wanted, use_reentrant=False, preserve_rng_state=False)


def _directions(features: Tensor) -> Tensor:
    """(B, C, h, w) to (B, C, h w) of length one along C."""
    flat = features.flatten(2)
    return flat * torch.rsqrt(flat.square().sum(1, keepdim=True) + LEAST_SQUARE)


def _log_best_affinity(found: Tensor, wanted: Tensor) -> Tensor:
    """Logarithm of max_j A(i, j) (B, N) for directions (B, N, C) among (B, C, M)."""
    distance = (1 - found @ wanted).clamp_min(0)  # rounding must not turn the sign of the smallest
    nearest = distance.amin(2, keepdim=True)
    logits = -distance / ((nearest + LEAST_DISTANCE) * BANDWIDTH)
    return logits.amax(2) - torch.logsumexp(logits, 2)
