"""Shows that every network can learn: a short run on one clip, and its PSNR on that clip beside grey.

    python tests/benchmarks/overfit.py CLIP [--variant lite swin vit devc] [--steps 120] [--size 96 160]

Trains with the variant's own losses but without a discriminator, jitter, foreign references or hints, from a random
trunk except for `lite`, on eight frames of the clip. The PSNR (RGB, exact luminance) is of frames 2 to 8, coloured one
after another from frame 1 as in training.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tinct.training.colour import lab_to_srgb
from tinct.training.data.clip_store import ClipStore, StoredClip, load_store
from tinct.training.data.plan import ClipPlan
from tinct.training.data.samples import Sample, cut_sample
from tinct.training.hint_points import HintConfig
from tinct.training.recipes import RECIPES, Recipe
from tinct.training.run import TrainingRun
from tinct.training.unrolled_step import prepare, unroll

FRAMES = 8
RECIPE = {"lite": "lite_cpu", "swin": "swin", "vit": "vit", "devc": "devc"}


def overfit_recipe(variant: str, steps: int, size: tuple[int, int]) -> Recipe:
    recipe = RECIPES[RECIPE[variant]]()
    generator = recipe.generator
    if generator is not None:
        weights = replace(generator.weights, adversarial=0.0, perceptual=0.0, contextual=0.0)  # of a random trunk
        generator = replace(generator, weights=weights)
    return replace(
        recipe,
        steps=steps,
        generator=generator,
        samples=replace(recipe.samples, size=size, unroll=2, largest_lead=0),
        batch=1,
        learning_rate=1e-3 if variant == "lite" else 3e-4,
        betas=(0.9, 0.99),
        warmup=10,
        trunk_weights="pretrained" if variant == "lite" else "random",
        hints=HintConfig(share=0.0),
        jitter=0.0,
        foreign=0.0,
        disturbance=0.0,
    )


def batch_of(store: ClipStore, recipe: Recipe, frames: tuple[int, ...]) -> dict[str, torch.Tensor]:
    """The batch of one run: reference, previous frame, then the frames to be coloured."""
    height, width = store.clips[0].size
    aspect = recipe.samples.size[1] / recipe.samples.size[0]
    tall = int(min(height, width / aspect))
    window = (0, 0, tall, int(tall * aspect))
    plan = ClipPlan(0, frames, (window,) * len(frames), False, "reference")
    sample = cut_sample(store, recipe.samples, plan)
    return {name: torch.from_numpy(np.stack([getattr(sample, name)])) for name in Sample._fields}


@torch.no_grad()
def psnr(run: TrainingRun, batch: dict[str, torch.Tensor]) -> tuple[float, float]:
    """Mean PSNR of grey and of the network over the batch's frames."""
    prepared = prepare(run.model, batch, run.recipe, torch.Generator())
    scores = []
    run.model.eval()
    for frame in unroll(run.model, prepared):
        lab = batch["frames"][0, frame.index].numpy()
        ab = frame.colours.ab[0].float().movedim(0, -1).numpy() * run.model.config.ab_scale
        scores.append([_psnr(lab, candidate) for candidate in (np.zeros_like(ab), ab)])
    run.model.train()
    grey, own = np.mean(scores, 0)
    return float(grey), float(own)


def _psnr(lab: np.ndarray, ab: np.ndarray) -> float:
    light = lab[..., :1]
    true, made = (lab_to_srgb(np.concatenate([light, one], -1).astype(np.float32)) for one in (lab[..., 1:], ab))
    return -10 * float(np.log10(np.mean((np.clip(true, 0, 1) - np.clip(made, 0, 1)) ** 2) + 1e-10))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--variant", nargs="+", default=list(RECIPE), choices=list(RECIPE))
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--size", type=int, nargs=2, default=(96, 160))
    arguments = parser.parse_args()
    folder, name = arguments.clip.parent, arguments.clip.name
    others = [file.name for file in folder.iterdir() if file.name != name]
    clip = load_store(folder, exclude=others).clips[0]
    store = ClipStore((StoredClip(clip.name, clip.planes[:FRAMES]),), (), ())
    say = sys.stdout.write
    say("variant   grey dB  before dB  after dB  rise over grey  s/step\n")
    for variant in arguments.variant:
        recipe = overfit_recipe(variant, arguments.steps, tuple(arguments.size))
        run = TrainingRun(recipe)
        whole = batch_of(store, recipe, (0, *range(FRAMES)))
        grey, before = psnr(run, whole)
        started, order = time.perf_counter(), np.random.default_rng(0)
        for _ in range(arguments.steps):
            first = int(order.integers(0, FRAMES - 2))
            run.advance([batch_of(store, recipe, (0, first, first + 1, first + 2))])
        seconds = (time.perf_counter() - started) / arguments.steps
        _, after = psnr(run, whole)
        say(f"{variant:8}{grey:9.2f}{before:11.2f}{after:10.2f}{after - grey:16.2f}{seconds:8.2f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
