"""What the choice of stills is worth, and how steady it is.

    python tests/benchmarks/still_choice.py FOLDER [--pairs CSV] [--clips N] [--at-once 4]

All stills of the CSV (each the middle frame of another shot of its clip's place) are one set, in force at every clip
of the CSV, of which the frames 0, 12, 24... are coloured. Printed is the mean PSNR of RGB with the exact luminance:
with the stills that `choose` takes where a further one must add so much (`JOIN`), the nearest by the bundle's
descriptor, all of them together, and the still of the place alone; in how many clips that one was among the chosen; and
how many stills were changed a look, with and without the weight that those in force have (`STAY`).
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tinct.runtime import still_choice
from tinct.runtime.backends import Backend, create_backend
from tinct.runtime.bank import EncodedStills, encode_view
from tinct.runtime.bundle import find_bundle
from tinct.runtime.library.description import describe, view_of
from tinct.runtime.picture.colour import lab_to_srgb, srgb_to_lab
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import ColorizationSession, Reference

Image = NDArray[np.float32]
STAYS, JOINS = (0.0, 0.25, 0.5, 1.0), (0.0, 0.3, 0.6)


def read(path: Path, wanted: slice | int) -> list[Image]:
    """Frames (H, W, 3) Lab; of an int the middle one."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    picked = frames[wanted] if isinstance(wanted, slice) else [frames[len(frames) // 2]]
    return [srgb_to_lab(frame.astype(np.float32) / np.float32(255)) for frame in picked]


def psnr(labs: Sequence[Image], session: ColorizationSession, stills: Sequence[Reference]) -> float:
    """Mean over the frames."""
    session.reset()
    session.set_references(stills)
    values = []
    for number, lab in enumerate(labs):
        light = np.ascontiguousarray(lab[..., 0])
        step = session.step(number, light)
        ab = upsample_chroma(step.ab, step.lightness, light)
        error = np.square(np.clip(lab_to_srgb(np.dstack([light, ab])), 0, 1) - lab_to_srgb(lab)).mean(dtype=np.float64)
        values.append(-10 * np.log10(max(error, 1e-10)))
    return float(np.mean(values))


def looks(
    labs: Sequence[Image], stills: Sequence[Reference], backend: Backend, encoded: EncodedStills, short: int
) -> list[Image]:
    """The likeness (S, Q) of all stills to each frame."""
    found, size = [], ColorizationSession(backend, working_size=short)
    for lab in labs:
        fit = size.fit(lab.shape[1], lab.shape[0])
        grey = np.dstack([lab[..., 0], np.zeros_like(lab[..., 1:])])
        tokens = encode_view(fit.pad(fit.reduce(np.ascontiguousarray(grey))), backend)
        frame = still_choice.cells_of(tokens[backend.bundle.manifest.bank[0]], still_choice.FRAME_CELLS)
        cells = [encoded.cells(still, backend, short) for still in stills]
        found.append(np.stack([still_choice.likeness(frame, each, 0.0) for each in cells]))
    return found


def changes(alike: Sequence[Image], count: int, stay: float) -> float:
    """Mean number of stills that a look puts in, after the first."""
    still_choice.STAY, kept, changed = stay, (), []
    for one in alike:
        now = still_choice.choose(one, count, kept)
        if kept:
            changed.append(len(set(now) - set(kept)))
        kept = now
    return float(np.mean(changed)) if changed else 0.0


def jumps(
    labs: Sequence[Image], session: ColorizationSession, stills: Sequence[Reference]
) -> list[tuple[float, float, bool]]:
    """Mean change of ab (Lab units) from frame to frame, that of the true ab, and whether other stills take part."""
    session.reset()
    session.set_references(stills)
    found, before = [], None
    for number, lab in enumerate(labs):
        ab, state = session.step(number, np.ascontiguousarray(lab[..., 0])).ab, session.snapshot()
        assert state is not None
        if before is not None:
            true = float(np.abs(lab[..., 1:] - labs[number - 1][..., 1:]).mean())
            found.append((float(np.abs(ab - before[0]).mean()), true, state.stills != before[1]))
        before = ab, state.stills
    return found


def print_jumps(path: Path, stills: Sequence[Reference], session: ColorizationSession) -> None:
    """Of a clip's first 26 frames."""
    found = jumps(read(path, slice(0, 26)), session, stills)
    changed = ", ".join(f"{jump:.2f} ({true:.2f})" for jump, true, new in found if new) or "none"
    others, truth = np.median([(jump, true) for jump, true, new in found if not new], axis=0)
    sys.stdout.write(f"{path.stem}: change of ab (of the true ab) where the stills change {changed}; ")
    sys.stdout.write(f"median of the others {others:.2f} ({truth:.2f})\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=Path, default=Path(__file__).with_name("place_pairs.csv"))
    parser.add_argument("--clips", type=int, default=19, help="how many, spread over the CSV")
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--at-once", type=int, nargs="+", default=[still_choice.STILLS_AT_ONCE])
    parser.add_argument("--all", action="store_true", help="with all stills at once too, which takes long")
    parser.add_argument(
        "--jumps", nargs="+", metavar="CLIP", help="instead, how far colours jump at a change of stills"
    )
    options = parser.parse_args()
    with options.pairs.open(encoding="utf-8") as stream:
        pairs = [(row["clip"], row["still"]) for row in csv.DictReader(stream)]
    paths = {path.stem: path for path in options.folder.rglob("*.mp4")}
    backend, encoded = create_backend("onnxruntime", find_bundle("lite"), threads=1), EncodedStills()
    labs = [read(paths[still], 0)[0] for _, still in pairs]
    stills = [Reference(lab_to_srgb(lab), lightness=np.ascontiguousarray(lab[..., 0])) for lab in labs]
    for name in options.jumps or ():
        print_jumps(paths[name], stills, ColorizationSession(backend, encoded=encoded))
    if options.jumps:
        return
    manifest, short = backend.bundle.manifest, backend.bundle.manifest.working_size

    def described(lab: Image) -> Image:
        return describe(view_of(np.ascontiguousarray(lab[..., 0]), manifest), backend)

    places = np.stack([described(lab) for lab in labs])
    every = ColorizationSession(backend, stills_at_once=len(stills), encoded=encoded)
    rows: dict[str, list[float]] = {}
    steady: dict[float, list[float]] = {stay: [] for stay in STAYS}
    usual = still_choice.STAY, still_choice.JOIN
    for index in range(0, len(pairs), -(-len(pairs) // options.clips)):
        clip = pairs[index][0]
        frames = read(paths[clip], slice(0, 12 * options.frames, 12))
        alike = looks(frames, stills, backend, encoded, short)
        near = np.argsort(-(places @ described(frames[0])))
        ways = {"the place's": [stills[index]]} | ({"all": stills} if options.all else {})
        for count in options.at_once:
            for join in JOINS:
                still_choice.JOIN = join
                chosen = still_choice.choose(alike[0], count)
                ways[f"chosen {count}, JOIN {join}"] = [stills[each] for each in chosen]
                rows.setdefault(f"chosen {count}, JOIN {join}: stills", []).append(len(chosen))
                rows.setdefault(f"chosen {count}, JOIN {join}: the place's", []).append(float(index in chosen))
            still_choice.JOIN = usual[1]
            ways |= {f"descriptor {count}": [stills[each] for each in sorted(near[:count])]}
            rows.setdefault(f"descriptor {count}: the place's", []).append(float(index in near[:count]))
        for name, references in ways.items():
            rows.setdefault(name, []).append(psnr(frames, every, references))
        for stay in STAYS:
            steady[stay].append(changes(alike, options.at_once[0], stay))
        still_choice.STAY = usual[0]
        sys.stderr.write(f"{clip}: " + ", ".join(f"{name} {rows[name][-1]:.2f}" for name in ways) + "\n")
    for name, values in rows.items():
        sys.stdout.write(f"{name:32} {np.mean(values):6.2f}\n")
    for stay, changed in steady.items():
        sys.stdout.write(f"stills changed a look, STAY {stay}: {np.mean(changed):.2f}\n")


if __name__ == "__main__":
    main()
