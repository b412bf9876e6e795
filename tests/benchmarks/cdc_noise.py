"""Shows what noise that nobody sees does to CDC: the true films' own, with noise added to their ab.

    python tests/benchmarks/cdc_noise.py FOLDER [--noise 0.25 0.5 1]

``noise``: standard deviation in Lab units, anew in every pixel and frame. A film that flickers in this way is worse,
and its CDC is lower.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from tinct.training.evaluation.clip import Clip, find_clips, load_clip
from tinct.training.evaluation.metrics.cdc import color_distribution_consistency, histogram
from tinct.training.evaluation.protocol import recombine


def cdc_with(clip: Clip, noise: float) -> float:
    """CDC of the clip's true colours with ``noise`` (Lab units) on them, its lightness kept."""
    random, histograms = np.random.default_rng(0), []
    for index in range(len(clip)):
        lab = clip.lab(index)
        ab = lab[..., 1:] + np.float32(noise) * random.standard_normal(lab[..., 1:].shape, np.float32)
        histograms.append(histogram(recombine(np.ascontiguousarray(lab[..., 0]), ab)))
    found = color_distribution_consistency(histograms)
    assert found is not None
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.25, 0.5, 1.0])
    arguments = parser.parse_args()
    clips = [load_clip(path) for path in find_clips(arguments.folder)]
    for noise in [0.0, *arguments.noise]:
        mean = np.mean([cdc_with(clip, noise) for clip in clips])
        sys.stdout.write(f"noise of {noise:g} Lab units: CDC {mean:.5f}\n")


if __name__ == "__main__":
    main()
