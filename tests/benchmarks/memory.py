"""Shows that memory does not grow with the length of a clip.

    python tests/benchmarks/memory.py [--model lite] [--frames 100 1000 10000] [--working-size 64]

Makes a moving grey clip of each length, colours it with `tinct colorize` in a process of its own and prints the peak
of its resident memory, read from the operating system, and the speed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import cv2
import numpy as np


def write_clip(path: Path, frames: int, width: int, height: int) -> None:
    """A drifting smooth texture as H.264."""
    noise = np.random.default_rng(0).random((height, width, 3)).astype(np.float32)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 8), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    cv2.imwrite(str(path.with_suffix(".png")), scene)
    grey = np.repeat(cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY)[..., None], 3, 2)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(grey, i, 1)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def run(clip: Path, arguments: argparse.Namespace) -> tuple[float, float]:
    """Colour the clip; peak resident memory in MiB and frames a second."""
    backend = ["--backend", "fake"] if arguments.model == "fake" else []
    command = [sys.executable, "-m", "tinct", "colorize", str(clip), "-r", str(clip.with_suffix(".png")), "--json"]
    command += ["-o", str(clip.with_suffix(".mp4")), "--model", arguments.model, *backend]
    command += ["--working-size", str(arguments.working_size)]
    script = (
        "import resource, subprocess, sys;"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); print(done.stdout.splitlines()[-1])"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    peak, report = done.stdout.splitlines()
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return int(peak) / unit, json.loads(report)["fps"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lite")
    parser.add_argument("--frames", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=180)
    parser.add_argument("--working-size", type=int, default=64)
    arguments = parser.parse_args()
    sys.stdout.write("  frames  peak MiB     fps\n")
    with tempfile.TemporaryDirectory() as folder:
        for frames in arguments.frames:
            clip = Path(folder) / f"clip_{frames}.mkv"
            write_clip(clip, frames, arguments.width, arguments.height)
            peak, fps = run(clip, arguments)
            sys.stdout.write(f"{frames:8d}  {peak:8.0f}  {fps:6.1f}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
