"""Whether the still that the confidence asks for helps.

    python tests/benchmarks/another_still.py CLIP [--working-size N] [--threshold T] [--every N] [--json OUT]

The clip is coloured from its first frame; where the confidence falls below the threshold, `suggest_stills` names
frames. The first suggestion is taken: that frame in its true colours becomes a second still, together with the first
one (both in force from the start), or in its place from the beginning of the doubted stretch on. PSNR of RGB with
the exact luminance (protocol P), the frames that stand in a still left out; `all` is over the clip, `doubted` over the
stretch. For comparison the second still is also made of the middle frame of the clip. ``--every``: take each N-th frame
alone.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.confidence_curve import THRESHOLD, FrameConfidence, suggest_stills
from tinct.runtime.picture.colour import lab_to_srgb, srgb_to_lab
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import ColorizationSession, Reference

Image = NDArray[np.float32]


def read(path: Path, every: int) -> list[Image]:
    """Frames (H, W, 3) sRGB 0..1."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [frame.astype(np.float32) / np.float32(255) for frame in frames[::every]]


def colour(
    labs: Sequence[Image], stills: Sequence[tuple[int, int | None]], session: ColorizationSession
) -> tuple[NDArray[np.float64], list[FrameConfidence]]:
    """PSNR of each frame and its confidence; ``stills`` are frames and from which frame they are in force."""
    session.reset()
    session.set_references(
        [
            Reference(lab_to_srgb(labs[frame]), start, lightness=np.ascontiguousarray(labs[frame][..., 0]))
            for frame, start in stills
        ]
    )
    psnr, curve = [], []
    for number, lab in enumerate(labs):
        lightness = np.ascontiguousarray(lab[..., 0])
        step = session.step(number, lightness)
        curve.append(FrameConfidence.of(number, step.confidence, starts=step.was_reset))
        ab = upsample_chroma(step.ab, step.lightness, lightness)
        found = np.clip(lab_to_srgb(np.dstack([lightness, ab])), 0, 1)
        error = np.square(found - lab_to_srgb(lab)).mean(dtype=np.float64)
        psnr.append(-10 * np.log10(max(error, 1e-10)))
    return np.array(psnr), curve


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip", type=Path)
    parser.add_argument("--working-size", type=int)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    labs = [srgb_to_lab(frame) for frame in read(options.clip, options.every)]
    backend = create_backend("auto", find_bundle("lite"), threads=options.threads)
    session = ColorizationSession(backend, working_size=options.working_size)

    before, curve = colour(labs, [(0, None)], session)
    means = np.array([one.mean for one in curve])
    say(f"{options.clip.name}: {len(labs)} frames, PSNR {before[1:].mean():.2f}, mean confidence {means.mean():.3f}")
    say(f"correlation of confidence and PSNR over frames: {np.corrcoef(means[1:], before[1:])[0, 1]:.2f}")
    rows: dict[str, object] = {"clip": options.clip.name, "psnr": before.tolist(), "confidence": means.tolist()}
    suggestions = suggest_stills(curve, threshold=options.threshold)
    if not suggestions:
        say(f"no stretch lies below {options.threshold}; lowest {means.min():.3f} at frame {int(means.argmin())}")
    for one in suggestions[:1]:
        say(f"suggested frame {one.frame} for {one.first}-{one.last} (mean confidence {one.mean:.3f})")
        middle = len(labs) // 2
        ways = {
            f"with frame {one.frame} too": [(0, None), (one.frame, None)],
            f"frame {one.frame} from {one.first} on": [(0, None), (one.frame, one.first)],
            f"with frame {middle} too": [(0, None), (middle, None)],
        }
        kept = np.ones(len(labs), bool)
        kept[[0, one.frame, middle]] = False
        doubted = kept & (np.arange(len(labs)) >= one.first) & (np.arange(len(labs)) <= one.last)
        say(f"{'stills':28} {'all':>7} {'doubted':>8} {'confidence':>11}")
        say(f"{'frame 0':28} {before[kept].mean():7.2f} {before[doubted].mean():8.2f} {means.mean():11.3f}")
        for name, stills in ways.items():
            after, sure = colour(labs, stills, session)
            mean = float(np.mean([each.mean for each in sure]))
            say(f"{name:28} {after[kept].mean():7.2f} {after[doubted].mean():8.2f} {mean:11.3f}")
            rows[name] = {"psnr": after.tolist(), "confidence": [each.mean for each in sure]}
    if options.json:
        options.json.write_text(json.dumps(rows))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
