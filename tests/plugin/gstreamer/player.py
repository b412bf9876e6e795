"""Runs in GStreamer's own Python: plays a pipeline by a list of steps, and writes down what came out.

    python3 player.py SCRIPT.json RESULT.json

The script has ``pipeline`` (with the element ``colour`` and the appsink ``out``), ``folder`` for the frames and
``steps``, each a list of a name and its arguments.
"""

import json
import os
import signal
import sys
import time

import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstVideo  # noqa: E402

from tinct.plugin.client import Client  # noqa: E402

PATIENCE = 30 * Gst.SECOND
SAMPLES = {"RGB": ("u1", 3), "RGBA": ("u1", 4), "BGR": ("u1", 3), "RGBA64_LE": ("<u2", 4), "ARGB64_LE": ("<u2", 4)}


class Player:
    def __init__(self, script):
        Gst.init(None)
        self.folder = script["folder"]
        self.frames, self.messages, self.said = [], [], []
        self.pipeline = Gst.parse_launch(script["pipeline"])
        self.element = self.pipeline.get_by_name("colour")
        self.out = self.pipeline.get_by_name("out")
        self.to(Gst.State.PAUSED)
        self.pipeline.get_state(PATIENCE)

    def to(self, state):
        return self.pipeline.set_state(state)

    def play(self):
        self.to(Gst.State.PLAYING)

    def pause(self):
        self.to(Gst.State.PAUSED)
        self.pipeline.get_state(PATIENCE)

    def pull(self, count=None):
        """``count`` frames, or all that come."""
        while count is None or count > 0:
            sample = self.out.emit("try-pull-sample", PATIENCE)
            if sample is None:
                return
            self.keep(sample)
            count = None if count is None else count - 1

    def keep(self, sample):
        buffer, info = sample.get_buffer(), GstVideo.VideoInfo.new_from_caps(sample.get_caps())
        kind, samples = SAMPLES[info.finfo.name]
        with buffer.map(Gst.MapFlags.READ) as mapped:
            lines = np.frombuffer(mapped.data, np.uint8).reshape(-1, info.stride[0])[: info.height]
            used = lines[:, : info.width * samples * np.dtype(kind).itemsize]
            picture = np.ascontiguousarray(used).view(kind).reshape(info.height, info.width, samples)
        np.save(os.path.join(self.folder, f"{len(self.frames)}.npy"), picture)
        segment = sample.get_segment()
        self.frames.append(
            {
                "format": info.finfo.name,
                # a container's rounding may put the first frame a little before the segment that was asked for
                "time": buffer.pts - segment.start + segment.time,
                "running": buffer.pts - segment.start + segment.base,
                "preview": buffer.get_custom_meta("tinct-preview") is not None,
            }
        )

    def seek(self, nanoseconds, accurate=True):
        flags = Gst.SeekFlags.FLUSH | (Gst.SeekFlags.ACCURATE if accurate else Gst.SeekFlags.KEY_UNIT)
        assert self.pipeline.seek_simple(Gst.Format.TIME, flags, nanoseconds)

    def put(self, name, value):
        self.element.set_property(name, value)

    def get(self, name):
        self.said.append(self.element.get_property(name))

    def kill(self):
        with Client(start=False) as client:
            os.kill(client.status()["pid"], signal.SIGKILL)

    def rest(self, seconds):
        time.sleep(seconds)

    def close(self):
        bus = self.pipeline.get_bus()
        while True:
            message = bus.pop()
            if message is None:
                break
            if message.src == self.element and message.type in (
                Gst.MessageType.ELEMENT, Gst.MessageType.ERROR, Gst.MessageType.WARNING,
            ):  # fmt: skip
                self.messages.append(self.read(message))
        self.to(Gst.State.NULL)

    def read(self, message):
        if message.type == Gst.MessageType.ELEMENT:
            facts = message.get_structure()
            names = [facts.nth_field_name(index) for index in range(facts.n_fields())]
            return {"kind": facts.get_name(), **{name: facts.get_value(name) for name in names}}
        error, _ = message.parse_error() if message.type == Gst.MessageType.ERROR else message.parse_warning()
        return {"kind": message.type.first_value_nick, "domain": error.domain, "text": error.message}


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        script = json.load(stream)
    player = Player(script)
    try:
        for name, *arguments in script["steps"]:
            getattr(player, name)(*arguments)
    finally:
        player.close()
    facts = {"frames": player.frames, "messages": player.messages, "said": player.said}
    with open(sys.argv[2], "w", encoding="utf-8") as stream:
        json.dump(facts, stream)


if __name__ == "__main__":
    main()
