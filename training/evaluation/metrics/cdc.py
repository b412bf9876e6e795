"""Color Distribution Consistency: how much the colour histogram of a film changes over time.

Liu et al., "Temporally Consistent Video Colorization with Deep Feature Propagation and Self-regularization Learning"
(TCVC), 2021, section 4.1: Jensen-Shannon divergence (natural logarithm) between the 256-bin histograms of frames t
apart, averaged over pairs and over the channels R, G, B; the index is the mean of t = 1, 2 and 4. Zero is a constant
histogram. A grey film is not at 0, because the histograms hold luminance too: compare with the true film's value.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Histogram = NDArray[np.float64]

BINS = 256
STEPS = (1, 2, 4)


def histogram(rgb: Image) -> Histogram:
    """Share of pixels per 8-bit code value of an sRGB (H, W, 3) float image in 0..1, as (3, 256)."""
    codes = np.rint(np.clip(rgb, 0.0, 1.0) * 255.0).astype(np.uint8)
    counts = [np.bincount(codes[..., channel].ravel(), minlength=BINS) for channel in range(3)]
    return np.stack(counts) / (codes.shape[0] * codes.shape[1])


def color_distribution_consistency(histograms: Sequence[Histogram]) -> float | None:
    """CDC of a film given the ``histogram`` of each frame in order; steps that are longer than the film are left out.

    ``None`` for a film of fewer than two frames, which has no change to measure.
    """
    stack = np.asarray(histograms)
    means = [_jensen_shannon(stack[:-step], stack[step:]).mean() for step in STEPS if step < len(stack)]
    return float(np.mean(means)) if means else None


def _jensen_shannon(p: Histogram, q: Histogram) -> Histogram:
    """Jensen-Shannon divergence in nats along the last axis."""
    middle = 0.5 * (p + q)
    return 0.5 * (_relative_entropy(p, middle) + _relative_entropy(q, middle))


def _relative_entropy(p: Histogram, q: Histogram) -> Histogram:
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    return np.sum(p * np.log(ratio), axis=-1)
