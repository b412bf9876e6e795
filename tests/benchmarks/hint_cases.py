"""Shows what one hint does to a thing of the wrong colour, on cases made from clips.

    python tests/benchmarks/hint_cases.py FOLDER [--model lite] [--cases 20] [--later 6] [--sheet PICTURE]

A case: an even-coloured part of a clip's frame (a segment after Felzenszwalb & Huttenlocher 2004) is given another
colour in the still that is made of that frame, so that the result shows the part in the wrong colour. Then one hint in
the middle of the part tells its true colour. ``moved``: share of the way from the wrong to the true colour that the
part's mean ab went. ``spill``: mean change of ab outside the part's box enlarged twice. Both on the hinted frame and
``--later`` frames on, where the part is followed by dense motion. Use clips that the model was not trained on.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from skimage.segmentation import felzenszwalb

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.hint_points import HintTracker, PointHint
from tinct.runtime.motion import create_motion
from tinct.runtime.motion.warp import warp
from tinct.runtime.picture.colour import lab_to_srgb
from tinct.runtime.session import ColorizationSession, Reference
from tinct.training.evaluation.clip import find_clips, load_clip

SMALLEST, LARGEST = 0.01, 0.12
"""Share of the picture that a part takes."""
EVEN = 7.0
"""Largest spread of ab within a part, Lab units."""
SIDE = 288


@dataclass(frozen=True)
class Case:
    """``frames``: (H, W, 3) Lab from the hinted frame on; ``part``: (H, W) bool in the first; ``wrong``: what the still
    adds to the part's ab."""

    name: str
    frames: list[np.ndarray]
    part: np.ndarray
    wrong: np.ndarray


def make_cases(folder: Path, count: int, later: int) -> list[Case]:
    random, cases = np.random.default_rng(0), []
    paths = find_clips(folder)
    for turn in range(2 + count // len(paths)):
        for path in paths:
            clip = load_clip(path)
            start = 12 * turn
            if len(cases) == count or start + later >= len(clip):
                continue
            frames = [_scaled(clip.lab(start + i)) for i in range(later + 1)]
            part = _part(frames[0], random)
            if part is not None:
                angle = random.uniform(0, 2 * np.pi)
                size = random.uniform(35, 60)
                cases.append(
                    Case(f"{path.stem}@{start}", frames, part, size * np.array([np.cos(angle), np.sin(angle)]))
                )
    return cases


def _scaled(lab: np.ndarray) -> np.ndarray:
    scale = SIDE / min(lab.shape[:2])
    return cv2.resize(lab, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _part(lab: np.ndarray, random: np.random.Generator) -> np.ndarray | None:
    labels = felzenszwalb(lab / np.float32(100), scale=300, sigma=0.8, min_size=300)
    fit = []
    for label in np.unique(labels):
        part = labels == label
        share = part.mean()
        inside = cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 3).max()
        if SMALLEST <= share <= LARGEST and inside >= 8 and lab[part][:, 1:].std(0).max() <= EVEN:
            fit.append(part)
    return fit[random.integers(len(fit))] if fit else None


def colour(case: Case, backend, *, hinted: bool) -> list[np.ndarray]:
    """Ab (H, W, 2) of each frame of the case."""
    still = case.frames[0].copy()
    soft = cv2.GaussianBlur(case.part.astype(np.float32), None, 1)[..., None]
    still[..., 1:] += soft * case.wrong
    session = ColorizationSession(backend)
    session.set_references([Reference(lab_to_srgb(still.astype(np.float32)))])
    tracker = HintTracker([_hint(case)] if hinted else [])
    results = []
    for number, lab in enumerate(case.frames):
        lightness = np.ascontiguousarray(lab[..., 0])
        hints = tracker.at(number, lightness, session.fit(lab.shape[1], lab.shape[0]))
        results.append(cv2.resize(session.step(number, lightness, hints=hints).ab, lab.shape[1::-1]))
    return results


def _hint(case: Case) -> PointHint:
    depth = cv2.distanceTransform(np.pad(case.part, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    mean = np.concatenate([[60.0], case.frames[0][case.part][:, 1:].mean(0)]).astype(np.float32)
    red, green, blue = np.clip(lab_to_srgb(mean[None, None])[0, 0], 0, 1).tolist()
    return PointHint(0, float(x), float(y), (red, green, blue))


def measure(part: np.ndarray, before: np.ndarray, after: np.ndarray, hint: PointHint) -> tuple[float, float, float]:
    """Share of the way gone, mean spill, and 99th percentile of the spill."""
    core = cv2.erode(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    way = hint.ab - before[core].mean(0)
    moved = float((after[core].mean(0) - before[core].mean(0)) @ way / (way @ way))
    rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
    outside = np.ones(part.shape, bool)
    (top, bottom), (left, right) = ((v[0], v[-1] + 1) for v in (rows, columns))
    tall, wide = (bottom - top) // 2, (right - left) // 2
    outside[max(0, top - tall) : bottom + tall, max(0, left - wide) : right + wide] = False
    change = np.linalg.norm(after - before, axis=-1)[outside]
    return moved, float(change.mean()) if change.size else 0.0, float(np.quantile(change, 0.99)) if change.size else 0.0


def follow(case: Case) -> np.ndarray:
    """The part on the last frame."""
    motion, part = create_motion("dis"), case.part.astype(np.float32)
    for one, two in zip(case.frames, case.frames[1:], strict=False):
        flow = motion.estimate(np.ascontiguousarray(one[..., 0]), np.ascontiguousarray(two[..., 0])).flow
        part = warp(part, flow)
    return part > 0.5


def picture(case: Case, before: list[np.ndarray], after: list[np.ndarray]) -> np.ndarray:
    """A row: true colour, without the hint, with it, and both later."""
    hint, panels = _hint(case), []
    for lab, ab in ((0, case.frames[0][..., 1:]), (0, before[0]), (0, after[0]), (-1, before[-1]), (-1, after[-1])):
        rgb = lab_to_srgb(np.dstack([case.frames[lab][..., :1], ab]).astype(np.float32)).clip(0, 1)
        panels.append((rgb[..., ::-1] * 255).astype(np.uint8))
    cv2.circle(panels[2], (int(hint.x), int(hint.y)), 5, (255, 255, 255), 1)
    return cv2.resize(np.hstack(panels), (1600, 200), interpolation=cv2.INTER_AREA)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--later", type=int, default=6)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    backend = create_backend("auto", find_bundle(arguments.model), threads=arguments.threads)
    say, rows, pictures = sys.stdout.write, [], []
    say(f"{'case':40} moved  spill    p99 | later: moved  spill    p99\n")
    for case in make_cases(arguments.folder, arguments.cases, arguments.later):
        before, after = colour(case, backend, hinted=False), colour(case, backend, hinted=True)
        part = follow(case)
        first = measure(case.part, before[0], after[0], _hint(case))
        last = measure(part, before[-1], after[-1], _hint(case)) if part.sum() > 100 else (np.nan,) * 3
        rows.append((*first, *last))
        now, then = ("".join(f"{v:6.2f} " for v in values) for values in (first, last))
        say(f"{case.name[:40]:40}{now}|       {then}\n")
        pictures.append(picture(case, before, after))
    table = np.array(rows)
    say(f"{'mean':40}{''.join(f'{v:6.2f} ' for v in np.nanmean(table, 0))}\n")
    good = (table[:, 0] >= 0.6) & (table[:, 1] <= 2.0)
    say(f"{int(good.sum())} of {len(rows)} cases move at least 0.6 of the way and spill at most 2 units\n")
    if arguments.sheet:
        cv2.imwrite(str(arguments.sheet), np.vstack(pictures))


if __name__ == "__main__":
    main()
