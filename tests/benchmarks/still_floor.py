"""How alike a shot and a still of its place are, and how alike others are: what the floor of `--auto` rests on.

    python tests/benchmarks/still_floor.py FOLDER [--pairs CSV]

For each row of the CSV (a clip, and the clip whose middle frame is the still of another shot of the same place): the
cosine of the descriptors of the clip's frames at 1/6, 1/2 and 5/6 (the frames that `choose_stills` looks at) with its
own first frame, with the still, and with the stills of all rows of other films; the best of those is what a library
without the place would offer.
"""

import argparse
import csv
import sys
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends import Backend, create_backend
from tinct.runtime.bank import still_lightness
from tinct.runtime.bundle import find_bundle
from tinct.runtime.library.description import describe, view_of

FLOORS = (0.65, 0.7, 0.75, 0.8, 0.85)


def descriptors(path: Path, backend: Backend) -> NDArray[np.float32]:
    """Of the frames at 1/6, 1/2 and 5/6, and of the first (4, D)."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    count = len(frames)
    wanted = [frames[(2 * part + 1) * count // 6] for part in range(3)] + [frames[0]]
    views = [view_of(still_lightness(rgb.astype(np.float32) / 255), backend.bundle.manifest) for rgb in wanted]
    return np.stack([describe(view, backend) for view in views])


def film(name: str) -> str:
    return name.rsplit("_s", 1)[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=Path, default=Path(__file__).with_name("place_pairs.csv"))
    options = parser.parse_args()
    with options.pairs.open(encoding="utf-8") as stream:
        pairs = [(row["clip"], row["still"]) for row in csv.DictReader(stream)]
    paths = {path.stem: path for path in options.folder.rglob("*.mp4")}
    backend = create_backend("onnxruntime", find_bundle("lite"), threads=1)
    known = {name: descriptors(paths[name], backend) for name in sorted({name for pair in pairs for name in pair})}
    own, place, other = [], [], []
    for clip, still in pairs:
        looks = known[clip][:3]
        own.append(float((looks @ known[clip][3]).mean()))
        place.append(float((looks @ known[still][1]).mean()))
        foreign = [known[name][1] for _, name in pairs if film(name) != film(clip)]
        other.append(max(float((looks @ each).mean()) for each in foreign))
    for title, values in (
        ("own first frame", own),
        ("another shot of the place", place),
        ("best of other films", other),
    ):
        low, middle, high = np.percentile(values, [10, 50, 90])
        passed = ", ".join(f"{floor}: {np.mean(np.array(values) >= floor):.0%}" for floor in FLOORS)
        sys.stdout.write(f"{title:28} 10 % {low:.3f}  median {middle:.3f}  90 % {high:.3f}   at least {passed}\n")


if __name__ == "__main__":
    main()
