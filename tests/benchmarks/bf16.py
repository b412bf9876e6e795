"""Shows what a model loses when OpenVINO computes it in bfloat16.

    python tests/benchmarks/bf16.py CLIPS [--model lite] [--every 4] [--threads N]

Protocol P in float32 and in bfloat16: mean PSNR of each ``--every``th frame, the difference, and by how much the
colours differ (mean of |ab|, Lab units). The last line is ``bf16_loss_db`` for the model's card: up to 0.1 the OpenVINO
backend takes bfloat16 where the processor has it.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from tinct.colorizer import RuntimeColorizer
from tinct.runtime.backends.openvino_backend import OpenVinoBackend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.picture.colour import lab_to_srgb
from tinct.training.evaluation.clip import Clip, find_clips, load_clip
from tinct.training.evaluation.metrics.psnr import psnr


def measure(methods: dict[str, RuntimeColorizer], clip: Clip, every: int) -> tuple[float, float, float]:
    """PSNR in float32, in bfloat16, and the mean difference of ab."""
    runs = [method.frames(clip.lightness(), [clip.lab(0)]) for method in methods.values()]
    rows = []
    for number, (lightness, *coloured) in enumerate(zip(clip.lightness(), *runs, strict=True)):
        if number and number % every == 0:
            pictures = [lab_to_srgb(np.dstack([lightness, one.ab]).astype(np.float32)) for one in coloured]
            scores = [psnr(picture.clip(0, 1), clip.rgb(number)) for picture in pictures]
            rows.append((*scores, float(np.abs(coloured[0].ab - coloured[1].ab).mean())))
    exact, fast, apart = np.mean(rows, 0)
    return float(exact), float(fast), float(apart)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    bundle, say = find_bundle(arguments.model), sys.stdout.write
    methods = {
        precision: RuntimeColorizer(OpenVinoBackend(bundle, threads=arguments.threads, precision=precision))
        for precision in ("f32", "bf16")
    }
    rows = []
    say(f"{'clip':24} f32 dB bf16 dB    loss ab apart\n")
    for path in find_clips(arguments.clips):
        exact, fast, apart = measure(methods, load_clip(path), arguments.every)
        rows.append((exact, fast, exact - fast, apart))
        say(f"{path.stem[:24]:24}{exact:7.2f}{fast:8.2f}{exact - fast:+8.3f}{apart:9.3f}\n")
        sys.stdout.flush()
    mean = np.mean(rows, 0)
    say(f"{'mean':24}{mean[0]:7.2f}{mean[1]:8.2f}{mean[2]:+8.3f}{mean[3]:9.3f}\n")
    say(f"bf16_loss_db {mean[2]:.3f}\n")


if __name__ == "__main__":
    main()
