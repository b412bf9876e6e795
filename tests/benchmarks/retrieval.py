"""How well stills are found: by which pooling of the trunk, and by which index.

    python tests/benchmarks/retrieval.py poolings FOLDER_OF_CLIPS
    python tests/benchmarks/retrieval.py indexes [COUNT [KIND ...]]

`poolings`: the library holds the first frame of every clip of 22 frames or more, the queries are later frames of the
same clips in grey. Columns: numbers of a descriptor; share of queries whose own clip is first, and among the first
five, 20 frames later and at the clip's end; share of the last frames for which another clip of the same film (its name
up to ``_s`` and a number) is first, and among the first five, the own one left out; the median cosine with the own clip
and with the best other.

`indexes`: 500 queries to COUNT (100000 unless told) made vectors in clusters, one thread, times of the processor.
Columns: seconds to build, bytes a vector, share of the queries whose nearest vector is found, share of the true five
among the five found, milliseconds a query.
"""

import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tinct.runtime.library.faiss_index import KINDS, SearchIndex, build_index
from tinct.runtime.library.search import nearest
from tinct.training.data.retrieval import pretrained_descriptor, still_lightness
from tinct.training.model.descriptor import signed_gem

Vectors = NDArray[np.float32]
LEAST_FRAMES, LATER = 22, 20
DIMENSIONS, LATENT, CLUSTER = 224, 32, 50
QUERIES = 500


def gem(level: Tensor, power: float) -> Tensor:
    return level.clamp_min(1e-6).pow(power).mean((2, 3)).pow(1 / power)


def grid(level: Tensor, rows: int, columns: int) -> Tensor:
    return F.adaptive_avg_pool2d(level, (rows, columns)).flatten(1)


POOLINGS: dict[str, Callable[[dict[int, Tensor]], Tensor]] = {
    "mean, stride 16": lambda levels: levels[16].mean((2, 3)),
    "mean, strides 8 and 16": lambda levels: torch.cat([F.normalize(levels[s].mean((2, 3))) for s in (8, 16)], 1),
    "GeM 3": lambda levels: gem(levels[16], 3),
    "mean of a 2x2 grid": lambda levels: grid(levels[16], 2, 2),
    "mean of a 3x4 grid": lambda levels: grid(levels[16], 3, 4),
    "signed GeM 2": lambda levels: signed_gem(levels[16], 2),
    "signed GeM 3 (tinct)": lambda levels: signed_gem(levels[16], 3),
    "signed GeM 5": lambda levels: signed_gem(levels[16], 5),
    "signed GeM 3 + 2x2 grid": lambda levels: torch.cat(
        [signed_gem(levels[16], 3), F.normalize(grid(levels[16], 2, 2))], 1
    ),
}


def grey_frames(path: Path, short_side: int) -> list[NDArray[np.float32]] | None:
    """L* of the first frame, the one 20 later and the last one; None of a clip that is too short."""
    with av.open(str(path)) as container:
        kept, last, count = [], None, 0
        for count, frame in enumerate(container.decode(video=0), start=1):
            if count - 1 in (0, LATER):
                kept.append(frame)
            last = frame
    if count < LEAST_FRAMES or last is None:
        return None
    luma = np.array([0.2126, 0.7152, 0.0722], np.float32)
    greys = [np.rint(frame.to_ndarray(format="rgb24") @ luma).astype(np.uint8) for frame in (*kept, last)]
    return [still_lightness(cv2.merge([grey] * 3), short_side) for grey in greys]


def compare_poolings(folder: Path) -> list[str]:
    network = pretrained_descriptor()
    config = network.config
    films: list[str] = []
    found: dict[str, list[list[Vectors]]] = {name: [] for name in POOLINGS}
    for path in sorted(folder.rglob("*.mp4")):
        views = grey_frames(path, config.short_side)
        if views is None:
            continue
        films.append(re.sub(r"_s\d+$", "", path.stem))
        with torch.no_grad():
            pyramids = [network.trunk(torch.from_numpy(view / 100)[None, None].expand(-1, 3, -1, -1)) for view in views]
        for name, pool in POOLINGS.items():
            found[name].append([F.normalize(pool(levels))[0].numpy() for levels in pyramids])
    lines = [f"{len(films)} clips", f"{'pooling':26}    D  +20 @1    @5  end @1    @5  film @1    @5    own  other"]
    for name, triples in found.items():
        stills, later, end = (np.stack(column) for column in zip(*triples, strict=True))
        own = [*recall(later @ stills.T), *recall(end @ stills.T)]
        film, cosines = siblings(end @ stills.T, films)
        percent = "".join(f"{100 * value:8.1f}" for value in (*own, *film))
        lines.append(f"{name:26}{stills.shape[1]:5}{percent}{cosines[0]:7.3f}{cosines[1]:7.3f}")
    return lines


def recall(cosines: Vectors) -> tuple[float, float]:
    rank = (cosines >= np.diag(cosines)[:, None]).sum(1)
    return float((rank <= 1).mean()), float((rank <= 5).mean())


def siblings(cosines: Vectors, films: Sequence[str]) -> tuple[tuple[float, float], tuple[float, float]]:
    names = np.array(films)
    same = (names[:, None] == names[None]) & ~np.eye(len(names), dtype=bool)
    others = cosines.copy()
    np.fill_diagonal(others, -2)
    hits = np.take_along_axis(same, np.argsort(-others, 1)[:, :5], 1)[same.any(1)]
    medians = float(np.median(np.diag(cosines))), float(np.median(others.max(1)))
    return (float(hits[:, 0].mean()), float(hits.any(1).mean())), medians


def clustered(count: int, queries: int) -> tuple[Vectors, Vectors]:
    """Unit vectors in clusters of 50, cosine about .8 within one, that fill 32 of their 224 dimensions."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((max(1, count // CLUSTER), LATENT))
    basis = random.standard_normal((LATENT, DIMENSIONS))
    members = centres[random.integers(len(centres), size=count + queries)]
    latent = members + 0.5 * random.standard_normal(members.shape)
    vectors = latent @ basis + 0.3 * random.standard_normal((len(latent), DIMENSIONS))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit[:count], unit[count:]


def compare_indexes(count: int, kinds: Sequence[str]) -> list[str]:
    vectors, queries = clustered(count, QUERIES)
    lines = [f"{count} vectors", "index     build s  bytes      @1     @5  ms a query  parameters"]
    truth: list[NDArray[np.int64]] = []
    for kind in dict.fromkeys(("flat", *kinds)):
        started = time.process_time()
        index = build_index(kind, vectors, threads=1)
        built = time.process_time() - started
        nearest(index, vectors, queries[0], 5)
        started = time.process_time()
        rows = [nearest(index, vectors, query, 5)[0] for query in queries]
        spent = 1000 * (time.process_time() - started) / len(queries)
        truth = truth or rows
        pairs = list(zip(truth, rows, strict=True))
        at_1 = np.mean([len(b) > 0 and a[0] == b[0] for a, b in pairs])
        at_5 = np.mean([np.isin(a, b).mean() for a, b in pairs])
        parameters = ", ".join(f"{name} {value}" for name, value in index.parameters.items())
        size = stored_bytes(index) / count
        lines.append(f"{kind:8}{built:9.1f}{size:7.0f}{at_1:8.3f}{at_5:7.3f}{spent:12.3f}  {parameters}")
    return lines


def stored_bytes(index: SearchIndex) -> int:
    with tempfile.TemporaryDirectory() as folder:
        index.write(Path(folder) / "index")
        return (Path(folder) / "index").stat().st_size


def main() -> None:
    words = sys.argv[1:]
    if len(words) == 2 and words[0] == "poolings":
        lines = compare_poolings(Path(words[1]))
    elif words and words[0] == "indexes":
        lines = compare_indexes(int(words[1]) if len(words) > 1 else 100_000, words[2:] or list(KINDS))
    else:
        raise SystemExit(__doc__)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
