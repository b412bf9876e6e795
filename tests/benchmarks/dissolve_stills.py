"""Which stills should be in force in a dissolve, when each of the two shots has one of its own.

    python tests/benchmarks/dissolve_stills.py CLIP CLIP [CLIP ...] [--length 24] [--working-size N]

Neighbours in the list are joined by a dissolve, 12 frames before it and 12 after; the stills are each clip's first
frame here. PSNR of RGB with the exact luminance over the dissolve and the 12 frames after it, for: the second still in
the place of the first from the middle of the dissolve on; the same, and the colour starts afresh after the dissolve;
both from its first to its last frame, then the second alone.
"""

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from another_still import read
from numpy.typing import NDArray

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.picture.colour import lab_to_srgb, srgb_to_lab
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import ColorizationSession, Reference

Image = NDArray[np.float32]
SIZE = (384, 216)
AROUND = 12


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--length", type=int, default=24)
    parser.add_argument("--working-size", type=int)
    options = parser.parse_args()
    session = ColorizationSession(
        create_backend("auto", find_bundle("lite"), threads=1), working_size=options.working_size
    )
    length, middle, end = options.length, AROUND + options.length // 2, AROUND + options.length
    totals: dict[str, list[NDArray[np.float64]]] = {}
    for one, other in pairwise(options.clips):
        first, second = (
            [cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA) for frame in read(path, 1)[: AROUND + length]]
            for path in (one, other)
        )
        mix = np.linspace(0, 1, length + 2)[1:-1]
        blend = [a * (1 - m) + b * m for a, b, m in zip(first[AROUND:], second, mix, strict=False)]
        film = [srgb_to_lab(np.asarray(rgb, np.float32)) for rgb in [*first[:AROUND], *blend, *second[length:]]]
        a, b = (_reference(stills[0]) for stills in (first, second))
        ways = {
            "the second from the middle on": ([(a, None), (b, middle)], None),
            "the same, afresh after it": ([(a, None), (b, middle)], end),
            "both in the dissolve": ([(a, None), (a, AROUND), (b, AROUND), (b, end)], None),
        }
        for name, (stills, reset) in ways.items():
            totals.setdefault(name, []).append(_psnr(session, film, stills, reset))
    for name, values in totals.items():
        mean = np.mean(values, axis=0)
        halves = f"dissolve {mean[AROUND:end].mean():.2f}, after it {mean[end:].mean():.2f}"
        sys.stdout.write(f"{name:32} {halves} dB over {len(values)} joints\n")


def _reference(rgb: Image) -> tuple[Image, Image]:
    lab = srgb_to_lab(rgb)
    return rgb, np.ascontiguousarray(lab[..., 0])


def _psnr(
    session: ColorizationSession,
    film: list[Image],
    stills: list[tuple[tuple[Image, Image], int | None]],
    reset: int | None,
) -> NDArray[np.float64]:
    session.reset()
    session.set_references([Reference(rgb, start, lightness=light) for (rgb, light), start in stills])
    found = []
    for number, lab in enumerate(film):
        if number == reset:
            session.reset()
        lightness = np.ascontiguousarray(lab[..., 0])
        step = session.step(number, lightness)
        ab = upsample_chroma(step.ab, step.lightness, lightness)
        error = np.square(np.clip(lab_to_srgb(np.dstack([lightness, ab])), 0, 1) - lab_to_srgb(lab)).mean()
        found.append(-10 * np.log10(max(float(error), 1e-10)))
    return np.array(found)


if __name__ == "__main__":
    main()
