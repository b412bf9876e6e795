"""What the way to the worker costs: a frame by the client beside the same frame in this process, in turns.

Run: python tests/benchmarks/worker_overhead.py [--model lite] [--frames 20] [--copied|--borrow]
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tinct.plugin.client import Client, Still, write_installation
from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle
from tinct.runtime.media import ColourTags
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.session import ColorizationSession, Reference

WIDTH, HEIGHT = 1920, 1080


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="lite")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--copied", action="store_true", help="frames in messages, not in shared memory")
    parser.add_argument("--borrow", action="store_true", help="results left in shared memory")
    options = parser.parse_args()
    random = np.random.default_rng(1)
    still = random.random((270, 480, 3), np.float32)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    here = ColorizationSession(create_backend(options.backend, find_bundle(options.model)))
    here.set_references([Reference(still)])
    tags = ColourTags()
    with tempfile.TemporaryDirectory() as folder:
        record = str(Path(folder) / "installation.json")
        write_installation(record, sys.executable, {"PYTHONPATH": str(Path.cwd())})
        with Client(folder=f"{folder}/w", installation=record, shared=not options.copied) as client:
            session = client.open_session(WIDTH, HEIGHT, model=options.model, backend=options.backend)
            session.set_references([Still(pixels=still)])
            direct, through, inside = [], [], []
            for number in range(options.frames):
                luma = (0.5 + 0.4 * np.sin((x + 2 * number) / 90) * np.cos(y / 70)).astype(np.float32)
                start = time.perf_counter()
                lightness = luma_to_lightness(luma, tags)
                step = here.step(number, lightness)
                ab = upsample_chroma(step.ab, step.lightness, lightness)
                want = compose(luma, ab, tags, lightness=lightness)
                middle = time.perf_counter()
                frame = session.render(number, luma, borrow=options.borrow)
                end = time.perf_counter()
                assert np.array_equal(np.asarray(frame.arrays["rgb"]), want)
                direct.append(middle - start)
                through.append(end - middle)
                inside.append(frame.seconds)
            client.stop()
    for name, times in (("in process", direct), ("by the worker", through), ("of it in the worker", inside)):
        median, best = statistics.median(times[2:]), min(times[2:])
        print(f"{name:20} median {1e3 * median:7.1f} ms, least {1e3 * best:7.1f} ms")  # noqa: T201
    way = [1e3 * (whole - part) for whole, part in zip(through[2:], inside[2:], strict=True)]
    print(f"{'the way':20} median {statistics.median(way):7.1f} ms, least {min(way):7.1f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
