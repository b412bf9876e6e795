"""Shows how a clip looks with a still of another shot of the same place.

    python tests/benchmarks/place_pairs.py FOLDER [--pairs CSV] [--model lite] [--every 3] [--sheet PICTURE]

For each row of the CSV (names of a clip and of the clip whose middle frame is the still, anywhere under the folder)
the clip is coloured from its first frame on. PSNR (RGB, exact luminance) of each ``--every``th frame, beside the same
frames in grey; ``sure`` is the mean confidence. Use a model that was trained on neither: `tinct train --exclude-from
tests/benchmarks/held_out.txt`.
"""

import argparse
import csv
import sys
from pathlib import Path

import cv2
import numpy as np

from tinct.colorizer import RuntimeColorizer
from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.picture.colour import lab_to_srgb
from tinct.training.evaluation.clip import MOVIES, Clip, load_clip
from tinct.training.evaluation.metrics.psnr import psnr

GOAL_DB = 1.5
TILE = (400, 225)


def colour(method: RuntimeColorizer, clip: Clip, still: np.ndarray) -> tuple[list[np.ndarray], float]:
    """The clip in the colours of ``still`` (H, W, 3) Lab as sRGB pictures, and the mean confidence."""
    pictures, sure = [], []
    frames = method.frames(clip.lightness(), [still])
    for lightness, coloured in zip(clip.lightness(), frames, strict=True):
        pictures.append(lab_to_srgb(np.dstack([lightness, coloured.ab]).astype(np.float32)))
        sure.append(float(coloured.confidence.mean()))
    return pictures, float(np.mean(sure))


def grey(clip: Clip, frame: int) -> np.ndarray:
    return lab_to_srgb(clip.lab(frame) * np.float32([1, 0, 0]))


def row(clip: Clip, still: np.ndarray, pictures: list[np.ndarray]) -> np.ndarray:
    """Still, true colours and result of the middle frame, side by side, BGR."""
    middle = len(clip) // 2
    return np.hstack([_tile(rgb) for rgb in (lab_to_srgb(still), clip.rgb(middle), pictures[middle])])


def _tile(rgb: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    scale = min(TILE[0] / width, TILE[1] / height)
    small = cv2.resize(rgb, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA)
    tile = np.zeros((TILE[1], TILE[0], 3), np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small[..., ::-1].clip(0, 1) * 255
    return tile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=Path, default=Path(__file__).with_name("place_pairs.csv"))
    parser.add_argument("--model", default="lite")
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    method = RuntimeColorizer(create_backend("auto", find_bundle(arguments.model), threads=arguments.threads))
    paths = {path.stem: path for path in arguments.folder.rglob("*") if path.suffix.lower() in MOVIES}
    pairs = list(csv.DictReader(arguments.pairs.read_text().splitlines()))
    if missing := {name for pair in pairs for name in pair.values()} - set(paths):
        parser.error(f"{arguments.folder} holds no clip {', '.join(sorted(missing))}")
    say, scores, rows = sys.stdout.write, [], []
    say(f"{'clip':48}  grey dB      dB    gain   sure\n")
    for pair in pairs:
        clip, other = load_clip(paths[pair["clip"]]), load_clip(paths[pair["still"]])
        still = other.lab(len(other) // 2)
        pictures, sure = colour(method, clip, still)
        chosen = range(0, len(clip), arguments.every)
        own = np.mean([psnr(pictures[i].clip(0, 1), clip.rgb(i)) for i in chosen])
        plain = np.mean([psnr(grey(clip, i).clip(0, 1), clip.rgb(i)) for i in chosen])
        scores.append((plain, own, own - plain, sure))
        say(f"{pair['clip'][-48:]:48}{plain:9.2f}{own:8.2f}{own - plain:+8.2f}{sure:7.2f}\n")
        sys.stdout.flush()
        rows.append(row(clip, still, pictures))
    say(f"{'mean':48}" + "{:9.2f}{:8.2f}{:+8.2f}{:7.2f}\n".format(*np.mean(scores, 0)))
    gains = np.array(scores)[:, 2]
    say(f"{(gains < 0).sum()} of {len(gains)} below grey; {(gains >= GOAL_DB).sum()} at least {GOAL_DB} dB over it\n")
    if arguments.sheet:
        cv2.imwrite(str(arguments.sheet), np.vstack(rows))


if __name__ == "__main__":
    main()
