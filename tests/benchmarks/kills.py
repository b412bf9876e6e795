"""Kills a short job at random instants and resumes it: every result must be the unbroken run's, frame for frame.

    PYTHONPATH=.:tests/fakes python tests/benchmarks/kills.py --kills 200 [--most 1]

Each kill is SIGKILL to a process of its own. A run that was killed is resumed, and may be killed again; when one gets
through, its result is compared with that of a run that nobody disturbed: hashes of the decoded frames and of the audio,
timecode, tags, and the report. PNG, MOV and MP4 files must be the same byte for byte; Matroska files hold a random
number, and EXR files the time at which they were written.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import av

from drawn_film import draw_film
from tinct.runtime.hint_points import PointHint
from tinct.runtime.media import writer_movie, writer_sequence
from tinct.runtime.media.image_file import read_image
from tinct.runtime.run import pipeline, plate_run
from tinct.runtime.run.pipeline import ColorizeReport, ColorizeRequest, StillAt, colorize_plate

LOADED = (pipeline, writer_movie, writer_sequence)
"""What every process of a job needs, loaded once before they part."""
FRAMES = 30
CHECKPOINT_FRAMES = 6
MOST_KILLS = 4
"""Kills that one job may meet before it is left in peace, unless told."""
TARGETS = ("film.mov", "film.mp4", "film.mkv", "frames/r.%04d.png", "frames/r.%04d.exr")


def request_for(material: Path, output: Path, *, resume: bool) -> ColorizeRequest:
    """The job: stills, a hint that is followed, everything that a checkpoint must carry."""
    return ColorizeRequest(
        input=material / "plate.mov",
        references=(StillAt(material / "still.png", 3),),
        output=output,
        model="fake",
        backend="fake",
        working_size=64,
        hints=(PointHint(4, 30, 20, (0.1, 0.2, 0.9)),),
        threads=1,
        resume=resume,
    )


def start(request: ColorizeRequest, report: Path) -> int:
    """Run ``request`` in a process of its own, which leaves its report in a file; return the process's number."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        report.write_text(repr(facts(colorize_plate(request))))
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def facts(report: ColorizeReport) -> tuple[object, ...]:
    """What a report must say alike however often the run was killed."""
    return report.frames, report.backend, report.model, report.confidence, report.warnings


def outcome(output: Path) -> dict[str, object]:
    """Everything about a result that must be the same."""
    if output.suffix == ".png":
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in output.parent.glob(f"*{output.suffix}")
        }
    if output.suffix == ".exr":
        return {path.name: image_facts(path) for path in output.parent.glob(f"*{output.suffix}")}
    found: dict[str, object] = {}
    if output.suffix != ".mkv":  # FFmpeg gives each Matroska file a random number of its own
        found["bytes"] = hashlib.sha256(output.read_bytes()).hexdigest()
    with av.open(str(output)) as movie:
        video = movie.streams.video[0]
        context = video.codec_context
        found["tags"] = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        found["video"] = (video.codec.name, context.codec_tag, str(video.average_rate), str(video.sample_aspect_ratio))
        found["metadata"] = [sorted(stream.metadata.items()) for stream in movie.streams]
        packets = [packet for packet in movie.demux() if packet.size]
        found["packets"] = [
            (packet.stream_index, packet.pts, packet.dts, packet.is_keyframe, hashlib.sha256(bytes(packet)).hexdigest())
            for packet in packets
        ]
    with av.open(str(output)) as movie:
        found["frames"] = [
            hashlib.sha256(b"".join(bytes(plane) for plane in frame.planes)).hexdigest()
            for frame in movie.decode(video=0)
        ]
    return found


def image_facts(path: Path) -> tuple[object, ...]:
    """Pixels and header of an image, without the time at which it was written."""
    header, pixels = read_image(path)
    attributes = {name: one.value for name, one in header.attributes.items() if name not in ("DateTime", "capDate")}
    return hashlib.sha256(pixels.tobytes()).hexdigest(), header.channels, sorted(map(str, attributes.items()))


def main() -> int:
    """Kill, resume, compare; print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the instants")
    parser.add_argument("--most", type=int, default=MOST_KILLS, help="kills that one job may meet")
    options = parser.parse_args()
    plate_run.CHECKPOINT_FRAMES = CHECKPOINT_FRAMES
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="tinct-kills-") as name:
        return run(Path(name), options.kills, options.most, chance)


def run(folder: Path, kills: int, most: int, chance: random.Random) -> int:
    """``kills`` kills in ``folder``, at ``most`` so many of a job; 0 when every result was right."""
    draw_film(folder, FRAMES)
    wanted, seconds = {}, {}
    for target in TARGETS:
        output = folder / "unbroken" / target
        started = time.monotonic()
        if os.waitpid(start(request_for(folder, output, resume=False), folder / "report"), 0)[1]:
            sys.stdout.write(f"the unbroken run of {target} failed\n")
            return 1
        seconds[target] = time.monotonic() - started
        wanted[target] = outcome(output), (folder / "report").read_text()
    done, jobs, wrong, ends = 0, 0, 0, Counter()
    while done < kills:
        target = TARGETS[jobs % len(TARGETS)]
        output = folder / "broken" / target
        died, lives = True, chance.randint(1, most)
        while died:
            process = start(request_for(folder, output, resume=True), folder / "report")
            if done < kills and lives:
                lives -= 1
                time.sleep(chance.uniform(0, 1.1 * seconds[target]))
                os.kill(process, signal.SIGKILL)
            status = os.waitpid(process, 0)[1]
            died = os.WIFSIGNALED(status)
            done += died
            # The machine may be busier or freer than in the unbroken run: half of the kills should find a run at work.
            seconds[target] *= 1.05 if died else 0.85
            ends["killed" if died else f"exit {os.waitstatus_to_exitcode(status)}"] += 1
        good = status == 0 and (outcome(output), (folder / "report").read_text()) == wanted[target]
        left = [path.name for path in output.parent.glob(".tinct-*") if not path.name.endswith(".done")]
        wrong += not good or bool(left)
        jobs += 1
        if not good or left:
            sys.stdout.write(f"{target}: the result differs, or {left} was left\n")
        shutil.rmtree(folder / "broken")
        if jobs % 5 == 0:
            sys.stdout.write(f"{done} kills, {jobs} jobs, {wrong} wrong\n")
            sys.stdout.flush()
    sys.stdout.write(f"{done} kills in {jobs} jobs, {jobs - wrong} of {jobs} results identical; {dict(ends)}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
