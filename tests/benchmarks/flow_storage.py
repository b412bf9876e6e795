"""What storing flow in half precision saves and costs (seed 000, App. D).

    python tests/benchmarks/flow_storage.py CLIP_OR_FOLDER [...]

DIS flow in both directions between the first frames of each clip (of a folder: of 12 clips spread over it). Columns:
megabytes of one field (a direction of a pair of frames) as raw bytes and deflated (zlib, level 6), and what is saved of
the float32 field in the same form; mean, 99.9th percentile and largest error in pixels, and the 99.9th percentile where
the flow can be trusted (`occlusion.reliable`); mean error as a share of the mean length of the flow; mean change of
ab in Lab units when the true colours are moved by the stored flow instead of the exact one. "every 2nd" is what
`load_flows` keeps: every second pixel of every second row.
"""

import sys
import tempfile
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from tinct.training.colour import srgb_to_lab
from tinct.training.data.clip_store import VIDEO_SUFFIXES
from tinct.training.flow.dis import DisFlow
from tinct.training.flow.flow_file import StoredFlow, read_flow, write_flow
from tinct.training.flow.occlusion import reliable
from tinct.training.flow.warp import warp

Image = NDArray[np.float32]

MOST_CLIPS = 12
MOST_PAIRS = 6
SEED_MEGABYTES, SEED_HALF_MEGABYTES = 1.153, 0.566


@dataclass
class Form:
    """One way to store flow, and what was measured of it: a row for each field."""

    name: str
    spacing: int
    half: bool
    rows: list[list[float]] = field(default_factory=list)
    errors: list[Image] = field(default_factory=list)
    trusted: list[Image] = field(default_factory=list)


def clips(paths: list[Path]) -> list[Path]:
    """The files named, and of each folder some that are spread over it."""
    chosen: list[Path] = []
    for path in paths:
        if path.is_dir():
            films = sorted(p for p in path.rglob("*") if p.suffix.lower() in VIDEO_SUFFIXES)
            chosen += films[:: max(1, -(-len(films) // MOST_CLIPS))]
        else:
            chosen.append(path)
    return chosen


def frames(path: Path) -> list[Image]:
    """First frames as (H, W, 3) Lab."""
    film, found = cv2.VideoCapture(str(path)), []
    while len(found) <= MOST_PAIRS:
        there, bgr = film.read()
        if not there:
            break
        found.append(srgb_to_lab(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.float32) / np.float32(255)))
    if len(found) < 2:
        raise SystemExit(f"{path} cannot be decoded, or holds one frame only")
    return found


def stored(exact: Image, form: Form, folder: Path) -> tuple[Image, bytes, int]:
    """The field (H, W, 2) after storage, its bytes, and what its file takes on disk beyond them."""
    values = np.ascontiguousarray(exact[:: form.spacing, :: form.spacing].transpose(2, 0, 1))
    if not form.half:
        return exact, values.tobytes(), 0
    pair = torch.from_numpy(np.stack([values, values])[:, None]).half()
    write_flow(folder / "pair.pt", StoredFlow(pair, exact.shape[:2], form.spacing, ""))
    content = pair[0].numpy().tobytes()
    extra = (folder / "pair.pt").stat().st_size - 2 * len(content)
    return read_flow(folder / "pair.pt").between(0)[0], content, extra


def measure(path: Path, forms: list[Form], folder: Path) -> tuple[int, int]:
    """Add the fields of a clip to the ``forms``; returns the size of its frames."""
    source, film = DisFlow(), frames(path)
    for earlier, later in pairwise(film):
        back, forth = (source.flow(a[..., 0], b[..., 0]) for a, b in ((later, earlier), (earlier, later)))
        for exact, other, there in ((back, forth, earlier), (forth, back, later)):
            mask = reliable(exact, other)
            ab = np.ascontiguousarray(there[..., 1:])
            moved = warp(ab, exact)
            for form in forms:
                flow, content, extra = stored(exact, form, folder)
                error = np.linalg.norm(flow - exact, axis=-1)
                change = float(np.abs(warp(ab, flow) - moved).mean())
                length = float(np.linalg.norm(exact, axis=-1).mean())
                form.rows.append([len(content), len(zlib.compress(content, 6)), extra, change, length])
                form.errors.append(error.ravel())
                form.trusted.append(error[mask])
    return film[0].shape[:2]


def report(forms: list[Form]) -> list[str]:
    lines = [
        f"{'form':24}{'raw MB':>8}{'saved':>8}{'deflated':>10}{'saved':>8}"
        f"{'mean px':>10}{'99.9 %':>8}{'largest':>9}{'trusted':>9}{'of flow':>9}{'ab':>8}"
    ]
    whole = np.mean(forms[0].rows, axis=0)
    for form in forms:
        raw, packed, _, change, length = np.mean(form.rows, axis=0)
        errors, trusted = np.concatenate(form.errors), np.concatenate(form.trusted)
        lines.append(
            f"{form.name:24}{raw / 1e6:8.3f}{1 - raw / whole[0]:8.1%}{packed / 1e6:10.3f}{1 - packed / whole[1]:8.1%}"
            f"{errors.mean():10.5f}{np.quantile(errors, 0.999):8.4f}{errors.max():9.4f}"
            f"{np.quantile(trusted, 0.999):9.4f}{errors.mean() / length:9.2%}{change:8.4f}"
        )
    saved = 1 - SEED_HALF_MEGABYTES / SEED_MEGABYTES
    lines.append(f"{'seed 000, App. D':24}{SEED_HALF_MEGABYTES:8.3f}{saved:8.1%}   (float32: {SEED_MEGABYTES} MB)")
    lines.append(
        f"a file takes {np.max([row[2] for form in forms for row in form.rows]) / 1e3:.1f} kB beside the values"
    )
    return lines


def main() -> None:
    films = clips([Path(argument) for argument in sys.argv[1:]])
    if not films:
        raise SystemExit(__doc__)
    cv2.setNumThreads(1)
    forms = [
        Form("float32", 1, half=False),
        Form("float16", 1, half=True),
        Form("float16, every 2nd", 2, half=True),
    ]
    with tempfile.TemporaryDirectory() as folder:
        sizes = {measure(path, forms, Path(folder)) for path in films}
    named = ", ".join(f"{width}x{height}" for height, width in sorted(sizes))
    lines = [f"{len(films)} clips ({named}), {len(forms[0].rows)} fields of flow", *report(forms)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
