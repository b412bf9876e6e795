"""Compares the detectors of shots on a made grey reel whose transitions are known.

    python tests/benchmarks/shot_detection.py FOLDER_OF_CLIPS [--clips 40] [--offset 0] [--detectors a,b] [--json OUT]

Clips of one shot each without flat frames, evenly chosen from all under the folder (from the ``--offset``-th on), at
most 60 frames of each, scaled to 256x144 and turned grey, are joined: of five joints three are cuts, one is a dissolve
over 12 or 24 frames, and one a fade out and in of 12 frames each around 4 black ones. A cut is found where a shot
begins on the very frame; a dissolve or fade where a transition shares frames with it. `kind` counts those whose kind is
right too. Any other beginning of a shot is false. The same reel follows as old film: grain, flicker of the exposure,
unsteady gate. Milliseconds are processor time for detection alone, without decoding.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.shots import Kind, Transition, create_detector, detector_names

SIZE = (256, 144)
MOST, LEAST = 60, 45
FADE, BLACK = 12, 4
FLATTEST = 10
"""Least standard deviation of a frame's levels."""
RATE = Fraction(24)
Reel = NDArray[np.uint8]


@dataclass(frozen=True)
class Score:
    found: int
    right: int
    transitions: int
    by_kind: dict[str, tuple[int, int]]
    kind_right: int
    false: int
    ms: float


def load(path: Path) -> Reel | None:
    """Grey frames (T, 144, 256), or None when there are too few, or flat ones among them: those would be fades."""
    frames = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            frames.append(frame.reformat(*SIZE, format="gray").to_ndarray())
            if len(frames) == MOST:
                break
    return np.stack(frames) if len(frames) >= LEAST and min(frame.std() for frame in frames) > FLATTEST else None


def join(clips: Sequence[Reel]) -> tuple[Reel, list[Transition]]:
    """The reel and its transitions."""
    reel, known = clips[0], []
    for number, clip in enumerate(clips[1:], start=1):
        count = len(reel)
        if number % 5 == 2:
            length = 12 if number % 10 == 2 else 24
            mix = np.linspace(0, 1, length + 2)[1:-1, None, None]
            blend = (reel[-length:] * (1 - mix) + clip[:length] * mix).astype(np.uint8)
            reel = np.concatenate([reel[:-length], blend, clip[length:]])
            known.append(Transition(Kind.DISSOLVE, count - length // 2, count - length, count - 1))
        elif number % 5 == 4:
            down = np.linspace(1, 0, FADE + 2)[1:-1, None, None]
            out, back = (reel[-FADE:] * down).astype(np.uint8), (clip[:FADE] * down[::-1]).astype(np.uint8)
            black = np.zeros((BLACK, *reel.shape[1:]), np.uint8)
            reel = np.concatenate([reel[:-FADE], out, black, back, clip[FADE:]])
            known.append(Transition(Kind.FADE, count + BLACK // 2, count - FADE, count + BLACK + FADE - 1))
        else:
            reel = np.concatenate([reel, clip])
            known.append(Transition.cut(count))
    return reel, known


def aged(reel: Reel, seed: int = 1) -> Reel:
    """The reel as worn film: grain of 8 levels, exposure that flickers by 8 %, a gate that moves by a pixel."""
    rng = np.random.default_rng(seed)
    worn = np.empty_like(reel)
    for place, frame in enumerate(reel):
        shift = np.float32([[1, 0, rng.normal(0, 0.7)], [0, 1, rng.normal(0, 0.7)]])
        moved = cv2.warpAffine(frame, shift, SIZE, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        grain = cv2.resize(rng.normal(0, 8, (SIZE[1], SIZE[0])).astype(np.float32), SIZE)
        worn[place] = np.clip(moved * rng.normal(1, 0.08) + grain, 0, 255)
    return worn


def score(reel: Reel, known: Sequence[Transition], name: str) -> Score:
    detector = create_detector(name, threads=1)
    started = time.process_time()
    found = detector.transitions(iter(reel), RATE)
    ms = (time.process_time() - started) / len(reel) * 1000
    pairs = [(one, [each for each in found if _is_found(one, each)]) for one in known]
    by_kind = {
        str(kind): (
            sum(bool(hits) for one, hits in pairs if one.kind is kind),
            sum(one.kind is kind for one, _ in pairs),
        )
        for kind in Kind
    }
    used = {id(each) for _, hits in pairs for each in hits}
    right = sum(bool(hits) for _, hits in pairs)
    kind_right = sum(any(each.kind is one.kind for each in hits) for one, hits in pairs)
    return Score(len(found), right, len(known), by_kind, kind_right, sum(id(each) not in used for each in found), ms)


def _is_found(one: Transition, found: Transition) -> bool:
    if one.kind is Kind.CUT:
        return found.start == one.start
    return found.first <= one.last + 1 and found.last >= one.first


def line(name: str, its: Score) -> str:
    precision = (its.found - its.false) / its.found if its.found else 1.0
    recall = its.right / its.transitions
    kinds = " | ".join(f"{right}/{all_}" for right, all_ in its.by_kind.values())
    return (
        f"| {name} | {precision:.3f} | {recall:.3f} | {kinds} | {its.kind_right}/{its.transitions} | {its.false} "
        f"| {its.ms:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--detectors", default=",".join(detector_names()))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    paths = sorted(options.folder.rglob("*.mp4"))[options.offset :]
    step = max(1, len(paths) // options.clips)
    clips = [clip for clip in map(load, paths[::step]) if clip is not None][: options.clips]
    reel, known = join(clips)
    facts: dict[str, object] = {}
    for title, one in (("clean", reel), ("old film", aged(reel))):
        say(f"{title}: {len(clips)} clips, {len(one)} frames, {len(known)} transitions")
        say("| detector | precision | recall | cuts | dissolves | fades | kind | false | ms a frame |")
        say("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
        for name in options.detectors.split(","):
            its = score(one, known, name)
            say(line(name, its))
            facts[f"{title} {name}"] = its.__dict__
    if options.json:
        options.json.write_text(json.dumps(facts))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
