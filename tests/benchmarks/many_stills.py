"""What memory and a step cost with few and many stills, at HD and 4K.

    python tests/benchmarks/many_stills.py [--model lite] [--backend onnxruntime] [--stills 1 5 50 200]
        [--sizes 1080x1920 2160x3840] [--at-once 4] [--frames 15] [--threads 1]

Colours a short drifting clip of each size (H.264 in, ProRes out) from so many stills of 1920x1080, all in force at
once, each run in a process of its own. Printed are the peak of its resident memory, read from the operating system; the
first step, which encodes every still; the median of the steps after it; and that of the steps that look at all stills,
all in processor time of the thread that steps. As many stills take part as may, however little they add.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime import still_choice
from tinct.runtime.run import pipeline
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate
from tinct.runtime.session import ColorizationSession

STILL = (1080, 1920)


def scene(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """A smooth coloured texture (H, W, 3)."""
    noise = np.random.default_rng(seed).random((height // 4, width // 4, 3)).astype(np.float32)
    smooth = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), height / 80), None, 0, 255, cv2.NORM_MINMAX)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 255), np.uint8)


def write_clip(path: Path, frames: int, height: int, width: int) -> None:
    """The first scene, grey and drifting, as H.264."""
    grey = np.repeat(cv2.cvtColor(scene(0, height, width), cv2.COLOR_BGR2GRAY)[..., None], 3, 2)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(grey, 4 * i, 1)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


class TimedSession(ColorizationSession):
    """Keeps the seconds of each step, and whether it looked at the stills."""

    steps: list[tuple[float, bool]] = []  # noqa: RUF012  the pipeline makes the session; there is one in a process

    def step(self, *arguments: object, **options: object):
        began = time.thread_time()  # with one thread of the network it runs in this one
        result = super().step(*arguments, **options)
        state = self.snapshot()
        self.steps.append((time.thread_time() - began, bool(state and state.stills and state.age == 0)))
        return result


def colour(clip: Path, stills: list[Path], arguments: argparse.Namespace) -> None:
    """Colour the clip in this process and print what it took as JSON."""
    pipeline.ColorizationSession = TimedSession
    still_choice.JOIN = 0.0
    request = ColorizeRequest(
        clip,
        tuple(map(StillAt, stills)),
        clip.with_suffix(".mov"),
        model=arguments.model,
        backend=arguments.backend,
        overwrite=True,
        threads=arguments.threads,
        stills_at_once=arguments.at_once,
    )
    colorize_plate(request)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    first, *others = TimedSession.steps
    usual = [seconds for seconds, looked in others if not looked]
    looks = [seconds for seconds, looked in others if looked]
    facts = {"peak": peak, "first": first[0], "step": statistics.median(usual)}
    sys.stdout.write(json.dumps(facts | ({"look": statistics.median(looks)} if looks else {})) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lite")
    parser.add_argument("--backend", default="onnxruntime")
    parser.add_argument("--stills", type=int, nargs="+", default=[1, 5, 50, 200])
    parser.add_argument("--sizes", nargs="+", default=["1080x1920", "2160x3840"])
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--frames", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--here", type=Path, nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        colour(arguments.here[0], arguments.here[1:], arguments)
        return
    sys.stdout.write("     plate  stills  peak MiB  first s  step ms  look ms\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stills = [folder / f"still_{number:03}.jpg" for number in range(max(arguments.stills))]
        for number, path in enumerate(stills):
            cv2.imwrite(str(path), scene(number, *STILL))
        for size in arguments.sizes:
            clip = folder / f"plate_{size}.mkv"
            write_clip(clip, arguments.frames, *map(int, size.split("x")))
            for count in arguments.stills:
                command = [sys.executable, *sys.argv, "--here", str(clip), *map(str, stills[:count])]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                facts = json.loads(done.stdout.splitlines()[-1])
                look = f"{1000 * facts['look']:.0f}" if "look" in facts else "-"
                times = f"{facts['first']:7.1f}  {1000 * facts['step']:7.0f}  {look:>7}"
                sys.stdout.write(f"{size:>10}  {count:6d}  {facts['peak']:8.0f}  {times}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
