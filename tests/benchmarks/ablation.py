"""Shows what each part of `lite` and of its training is worth: variants trained alike, in one table.

    python tests/benchmarks/ablation.py DATA CLIPS --output FOLDER [--variant whole no_past ...] [--steps 600]
          [--weights CHECKPOINT] [--exclude-from FILE]

Every variant trains for the same number of steps on the same samples of DATA with the recipe `lite_cpu`, but for what
its name says, from the pretrained trunk, or with --weights on from a trained network, at a lower rate and with the
trunk as it is; then it is exported, and colours CLIPS under protocol P. ``stills_N`` is
`whole` with N stills in force from the first frame on (the first frame, and others spread evenly to the last); those
rows count the frames that are a still in none of them. `half_data` leaves out every second clip, `wide` and `narrow`
have half as many more or fewer channels in the colour network. Run with several ``--steps`` for learning curves. A
variant whose scores lie in FOLDER is not run again; an interrupted training goes on.
"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tinct.colorizer import RuntimeColorizer
from tinct.commands.train import read_names
from tinct.export.bundle import export_bundle
from tinct.runtime.backends import Backend, create_backend
from tinct.runtime.bundle import load_bundle
from tinct.runtime.picture.colour import lab_to_srgb
from tinct.training.data.clip_store import VIDEO_SUFFIXES
from tinct.training.evaluation.clip import Clip, find_clips, load_clip
from tinct.training.evaluation.metrics.psnr import psnr
from tinct.training.evaluation.protocol import evaluate
from tinct.training.loop import train
from tinct.training.model.features.trunk_weights import RANDOM
from tinct.training.model.lite import LiteConfig
from tinct.training.model.registry import create_network
from tinct.training.model.weights import load_weights, pack, stored_config
from tinct.training.recipes import Recipe, lite_cpu

METRICS = ("psnr", "warp_error", "cdc", "colourfulness")
STILLS = (1, 2, 5)
GOING_ON = 2e-4
"""Learning rate from trained weights."""


def _colour(recipe: Recipe, **changes: object) -> Recipe:
    """The recipe with another colour network."""
    model = recipe.model
    assert isinstance(model, LiteConfig)
    return replace(recipe, model=replace(model, colour=replace(model.colour, **changes)))


def _sized(recipe: Recipe, factor: float) -> Recipe:
    model = recipe.model
    assert isinstance(model, LiteConfig)
    return _colour(recipe, channels=tuple(round(factor * count / 8) * 8 for count in model.colour.channels))


VARIANTS: dict[str, Callable[[Recipe], Recipe]] = {
    "whole": lambda recipe: recipe,
    "no_past": lambda recipe: _colour(recipe, sees_past=False),
    "no_confidence": lambda recipe: _colour(recipe, sees_confidence=False),
    "no_anchor": lambda recipe: _colour(recipe, sees_anchor=False),
    "no_similarity": lambda recipe: _colour(recipe, sees_similarity=False),
    "no_unrolling": lambda recipe: replace(recipe, samples=replace(recipe.samples, unroll=1, largest_lead=0)),
    "no_jitter": lambda recipe: replace(recipe, jitter=0.0),
    "no_foreign": lambda recipe: replace(recipe, foreign=0.0),
    "half_data": lambda recipe: recipe,
    "wide": lambda recipe: _sized(recipe, 1.5),
    "narrow": lambda recipe: _sized(recipe, 0.5),
    **{f"stills_{count}": lambda recipe: recipe for count in STILLS},
}


def score_with(count: int, method: RuntimeColorizer, clip: Clip) -> float:
    """PSNR with ``count`` of the clip's own frames as stills, over the frames that no row of the table has as one."""
    left_out = {frame for some in STILLS for frame in stills(len(clip), some)}
    frames = method.frames(clip.lightness(), [clip.lab(frame) for frame in stills(len(clip), count)])
    scores = []
    for number, (lightness, coloured) in enumerate(zip(clip.lightness(), frames, strict=True)):
        if number not in left_out:
            rgb = lab_to_srgb(np.dstack([lightness, coloured.ab]).astype(np.float32))
            scores.append(psnr(rgb.clip(0, 1), clip.rgb(number)))
    return float(np.mean(scores))


def stills(frames: int, count: int) -> tuple[int, ...]:
    """``count`` frames from the first to the last."""
    return tuple(int(i) for i in np.linspace(0, frames - 1, count).round()) if count > 1 else (0,)


def trained(name: str, folder: Path, arguments: argparse.Namespace) -> Backend:
    """The variant ``name``, trained in ``folder`` and exported there unless it is already, on the best backend."""
    bundle = folder / "bundle"
    if not bundle.exists():
        export_bundle(_train(name, folder, arguments), bundle, name=name.replace("_", "-"), version="0.0.1")
    return create_backend("auto", load_bundle(bundle))


def _train(name: str, folder: Path, arguments: argparse.Namespace) -> Path:
    data: Path = arguments.data
    exclude = read_names(arguments.exclude_from) if arguments.exclude_from else []
    if name == "half_data":
        videos = sorted(path.name for path in data.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
        exclude = [*exclude, *[video for video in videos if video not in exclude][::2]]
    recipe, start = lite_cpu(), None
    if arguments.weights:
        model = stored_config(arguments.weights, recipe.variant)
        recipe = replace(recipe, model=model, learning_rate=GOING_ON, trunk_from=1.0, warmup=40)
    recipe = replace(VARIANTS[name](recipe), steps=arguments.steps, checkpoint_every=100)
    if arguments.weights:
        start = _started(arguments.weights, recipe, folder / "start.pt")
    return train(recipe, data=data, output=folder, weights=start, resume=True, exclude=exclude)


def _started(weights: Path, recipe: Recipe, path: Path) -> Path:
    """The network of ``weights`` with the recipe's configuration, written to ``path``."""
    network = create_network(recipe.variant, recipe.model, weights=RANDOM)
    network.load_state_dict(load_weights(weights).state_dict())
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"network": pack(network)}, path)
    return path


def measure(name: str, backend: Backend, clips: Iterable[Path]) -> dict[str, float]:
    method = RuntimeColorizer(backend, name=name)
    if name.startswith("stills_"):
        count = int(name.removeprefix("stills_"))
        return {"psnr": float(np.mean([score_with(count, method, load_clip(path)) for path in clips]))}
    table = evaluate([method], list(clips), metrics=METRICS)
    scores = [one.values for one in table.scores if one.method == name]
    keys = {key for one in scores for key in one}
    return {key: float(np.mean([one[key] for one in scores if key in one])) for key in sorted(keys)}


def rows(arguments: argparse.Namespace) -> Iterator[tuple[str, dict[str, float]]]:
    for name in arguments.variant:
        network = "whole" if name.startswith("stills_") else name  # those are of one network
        folder = arguments.output / f"{network}_{arguments.steps}"
        kept = folder / f"{name}.json"
        if not kept.exists():
            backend = trained(network, folder, arguments)
            kept.write_text(json.dumps(measure(name, backend, find_clips(arguments.clips))))
        yield name, json.loads(kept.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--variant", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--exclude-from", type=Path)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    header = ("psnr", "psnr_at_10", "psnr_at_30", "psnr_at_60", "warp_error", "cdc", "colourfulness")
    say = sys.stdout.write
    say(f"{'variant':14} {'steps':>6} " + " ".join(f"{key:>13}" for key in header) + "\n")
    for name, scores in rows(arguments):
        found = (f"{scores[key]:13.4f}" if key in scores else " " * 12 + "-" for key in header)
        say(f"{name:14} {arguments.steps:6} " + " ".join(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
