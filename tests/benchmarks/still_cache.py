"""What an encoded still takes: made by the network, and taken from a folder that others share.

    python tests/benchmarks/still_cache.py [--model lite] [--backend openvino] [--folder FOLDER]

Made stills of 1920x1080, one thread. `stored` includes the flush to disk; `loaded` is from the page cache, as of a file
that was read before.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from tinct.runtime.backends import create_backend
from tinct.runtime.bank import Reference, encode_still
from tinct.runtime.bundle import find_bundle
from tinct.runtime.still_cache import StillCache


def still(seed: int) -> Reference:
    """Soft blobs of colour."""
    noise = np.random.default_rng(seed).random((135, 240, 3)).astype(np.float32)
    reference = Reference(cv2.resize(noise, (1920, 1080), interpolation=cv2.INTER_CUBIC).clip(0, 1))
    assert reference.digest  # known of every still that was read from a file
    return reference


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--backend", default="openvino")
    parser.add_argument("--stills", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="where the cache lies; a temporary one unless named")
    options = parser.parse_args()
    backend = create_backend(options.backend, find_bundle(options.model), threads=1)
    side = backend.bundle.manifest.working_size
    stills = [still(seed) for seed in range(options.stills)]
    encode_still(stills[0], backend, side)  # compiles the graph
    with tempfile.TemporaryDirectory(prefix="tinct-stills-", dir=options.folder) as name:
        seconds: dict[str, list[float]] = {"encoded": [], "encoded and stored": [], "loaded": []}
        for one in stills:
            for way, cache in (
                ("encoded", None),
                ("encoded and stored", StillCache(Path(name))),
                ("loaded", StillCache(Path(name))),
            ):
                began = time.perf_counter()
                encode_still(one, backend, side, cache)
                seconds[way].append(time.perf_counter() - began)
        size = statistics.median(path.stat().st_size for path in Path(name).rglob("*.still"))
    for way, spent in seconds.items():
        sys.stdout.write(f"{way}: {1000 * statistics.median(spent):.1f} ms\n")
    sys.stdout.write(
        f"a still: {size / 2**20:.2f} MB ({options.model} on {backend.NAME} {backend.precision}, {side})\n"
    )


if __name__ == "__main__":
    main()
