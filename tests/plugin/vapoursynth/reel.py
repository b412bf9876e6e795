"""Runs in VapourSynth's own Python: colours a clip, asks for its frames as told, and writes down what came.

    python3 reel.py SCRIPT.json RESULT.npz

The script has ``plate`` (a .npy file, (N, H, W) or (N, H, W, 3)), ``format`` (a name of VapourSynth's), ``full`` (of
grey integers), ``colorize`` (keyword arguments), ``mask`` (.npy or none), ``threads``, and ``parts``: numbers of frames
that are asked for at once, or ``straight`` for a pass with eight frames ahead, or ``kill``.
"""

import json
import os
import signal
import sys

import numpy as np
import tinct_vapoursynth as tinct
import vapoursynth as vs

from tinct.plugin.client import Client


def clip_of(pictures, name, full):
    """A clip of pictures, whose frames are made in Python, as those of a source filter may be."""
    form = getattr(vs, name)
    height, width = pictures.shape[1:3]
    blank = vs.core.std.BlankClip(format=form, width=width, height=height, length=len(pictures), keep=True)

    def fill(n, f):
        frame = f.copy()
        for plane in range(frame.format.num_planes):
            np.copyto(np.asarray(frame[plane]), pictures[n] if pictures.ndim == 3 else pictures[n][..., plane])
        if full is not None:
            frame.props["_Range"] = int(full)
        return frame

    return vs.core.std.ModifyFrame(blank, blank, fill)


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        script = json.load(stream)
    vs.core.num_threads = script["threads"]
    plate = clip_of(np.load(script["plate"]), script["format"], script["full"])
    options = dict(script["colorize"])
    if script["mask"]:
        options["mask"] = clip_of(np.load(script["mask"]), "GRAY8", True)
    facts = {"numbers": [], "previews": [], "confidence": [], "error": ""}
    frames = []

    def keep(number, frame):
        facts["numbers"].append(number)
        facts["previews"].append(frame.props["TinctPreview"])
        facts["confidence"].append(frame.props["TinctConfidence"])
        frames.append(np.stack([np.asarray(frame[plane]) for plane in range(3)], axis=-1))

    try:
        coloured = tinct.Colorize(plate, **options)
        facts["format"] = coloured.format.name
        for part in script["parts"]:
            if part == "kill":
                with Client(start=False) as client:
                    os.kill(client.status()["pid"], signal.SIGKILL)
            elif part == "straight":
                for number, frame in enumerate(coloured.frames(prefetch=8)):
                    keep(number, frame)
            else:
                asked = [(number, coloured.get_frame_async(number)) for number in part]
                for number, future in asked:
                    keep(number, future.result(timeout=60))
    except Exception as error:
        facts["error"] = f"{type(error).__name__}: {error}"
    np.savez(sys.argv[2], frames=np.array(frames), facts=json.dumps(facts))


if __name__ == "__main__":
    main()
