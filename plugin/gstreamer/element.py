"""The element ``tinctcolorize``: black-and-white video in, colour video out, frame by frame through the worker."""

from __future__ import annotations

import threading
from fractions import Fraction
from typing import Any

import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstBase", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import GObject, Gst, GstBase, GstVideo  # noqa: E402

from tinct.plugin.client import Client, ClientError, WorkerRefused  # noqa: E402
from tinct.plugin.effect import EffectInstance, PlateDescription, create_instance  # noqa: E402
from tinct.plugin.gstreamer.bus import (  # noqa: E402
    NAME,
    caps_message,
    error_message,
    frame_message,
    warning_message,
)
from tinct.plugin.gstreamer.colour_tags import matrix_of, transfer_of  # noqa: E402
from tinct.plugin.gstreamer.frame_times import clipped_frame, frame_during, nearest_frame, time_within  # noqa: E402
from tinct.plugin.gstreamer.pixel_formats import COLOUR, FORMATS, read_picture, result_formats, write_picture  # noqa: E402
from tinct.plugin.gstreamer.pre_roll import PreRoll, asked_segment, belongs_to, earlier_seek, wanted_time  # noqa: E402
from tinct.plugin.gstreamer.properties import declarations, parameters, read_stills  # noqa: E402

PREVIEW_META = "tinct-preview"
"""Custom meta on buffers that are previews."""
DROPPED = Gst.FlowReturn.CUSTOM_SUCCESS
"""GST_BASE_TRANSFORM_FLOW_DROPPED, which the bindings do not name."""
_DEPTH = "video/x-raw, format=(string){{ {} }}, width=[1, 16384], height=[1, 16384], framerate=[0/1, 2147483647/1]"


def _template(name: str, direction: Any, formats: Any) -> Any:
    caps = Gst.Caps.from_string(_DEPTH.format(", ".join(formats)))
    return Gst.PadTemplate.new(name, direction, Gst.PadPresence.ALWAYS, caps)


class TinctColorize(GstBase.BaseTransform):
    """Colours each buffer from the stills in force at its frame.

    The frame's number is ``first-frame`` plus the index that its time gives. Parameters that change while the pipeline
    plays hold from the next frame on. Frames in order come out as ``tinct colorize`` makes them; after an accurate seek
    the element asks for the frames since the last checkpoint too, colours and drops them, so that what follows is
    exact. Frames that came without those before them are previews: they carry the custom meta ``tinct-preview``.
    """

    __gtype_name__ = "TinctColorize"
    __gstmetadata__ = (
        "Exemplar-based colorizer",
        "Filter/Effect/Video",
        "Colours black-and-white video from colour stills",
        "The Tinct developers",
    )
    __gsttemplates__ = (
        _template("sink", Gst.PadDirection.SINK, FORMATS),
        _template("src", Gst.PadDirection.SRC, COLOUR),
    )
    __gproperties__ = {  # noqa: RUF012
        **declarations(),
        "first-frame": (
            int, "First frame", "Number of the plate's frame at time 0", -(2**31), 2**31 - 1, 0,
            GObject.ParamFlags.READWRITE,
        ),
        "most-preroll": (
            int, "Most pre-roll",
            "Frames that are coloured before an accurate seek's first one, at most, to make it exact; where it would "
            "take more, previews come", 0, 2**31 - 1, 50, GObject.ParamFlags.READWRITE,
        ),
        "post-messages": (
            bool, "Post messages", "Post an element message for each frame: number, preview, confidence", True,
            GObject.ParamFlags.READWRITE,
        ),
    }  # fmt: skip

    def __init__(self) -> None:
        """An element without a worker; it is reached when the pipeline starts."""
        super().__init__()
        self._set = threading.Lock()
        self._values: dict[str, Any] = {}
        self._changed = False
        self._options = {"first-frame": 0, "most-preroll": 50, "post-messages": True}
        self._turn = threading.Lock()
        self._client: Client | None = None
        self._effect: EffectInstance | None = None
        self._input: Any = None
        self._output: Any = None
        self._plate: PlateDescription | None = None
        self._rate = Fraction(0)
        self._counted = 0
        self._cut = 0
        self._sought: PreRoll | None = None
        self._roll: PreRoll | None = None

    # properties

    def do_get_property(self, prop: Any) -> Any:
        if prop.name in self._options:
            return self._options[prop.name]
        one = parameters()[prop.name]
        with self._set:
            return self._values.get(one.name, one.default)

    def do_set_property(self, prop: Any, value: Any) -> None:
        if prop.name in self._options:
            self._options[prop.name] = value
            return
        one = parameters()[prop.name]
        with self._set:
            self._values[one.name] = value or "" if one.kind in ("String", "Custom", "Choice") else value
            self._changed = True

    # states and caps

    def do_start(self) -> bool:
        self._client = Client(notice=self._warn)
        self._sought, self._roll, self._counted = None, None, 0
        return True

    def do_stop(self) -> bool:
        self._end_effect()
        if self._client is not None:
            self._client.close()
            self._client = None
        return True

    def do_transform_caps(self, direction: Any, caps: Any, wanted: Any) -> Any:
        """Every format with every other's: the one that loses nothing comes first."""
        result = Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            given = caps.get_structure(index)
            for name in _others(direction, given):
                other = given.copy()
                other.set_value("format", name)
                for field in ("colorimetry", "chroma-site"):
                    if direction == Gst.PadDirection.SRC:
                        other.remove_field(field)
                result.append_structure(other)
        return result if wanted is None else wanted.intersect_full(result, Gst.CapsIntersectMode.FIRST)

    def do_get_unit_size(self, caps: Any) -> tuple[bool, int]:
        info = GstVideo.VideoInfo.new_from_caps(caps)
        return (False, 0) if info is None else (True, info.size)

    def do_set_caps(self, incoming: Any, outgoing: Any) -> bool:
        plate, result = (GstVideo.VideoInfo.new_from_caps(caps) for caps in (incoming, outgoing))
        try:
            description = PlateDescription(
                plate.width, plate.height, matrix_of(plate), transfer_of(plate), first=self._options["first-frame"]
            )
        except ValueError as error:
            self.post_message(caps_message(self, str(error)))
            return False
        self._input, self._output = plate, result
        self._rate = Fraction(plate.fps_n, plate.fps_d or 1)
        with self._turn:
            if self._effect is not None and description == self._plate:
                return True  # the other end wants another format, and the pass goes on
            self._plate = description
            return self._begin_effect(description)

    def _begin_effect(self, plate: PlateDescription) -> bool:
        self._end_effect()
        assert self._client is not None, "caps come after the start"
        try:
            self._effect = create_instance(self._client, plate, self._take_values())
        except (ClientError, ValueError, OSError) as error:
            self.post_message(error_message(self, error))
            return False
        if not self._effect.stills:
            self._warn("no still was given, and frames stay grey; set the property stills")
        return True

    def _end_effect(self) -> None:
        if self._effect is not None:
            self._effect.close()
            self._effect = None

    # events

    def do_src_event(self, event: Any) -> bool:
        """An accurate seek is sent on to the last checkpoint before it."""
        if event.type == Gst.EventType.SEEK:
            event = self._seek_to_checkpoint(event)
        return bool(GstBase.BaseTransform.do_src_event(self, event))

    def do_sink_event(self, event: Any) -> bool:
        if event.type == Gst.EventType.SEGMENT:
            event = self._begin_segment(event)
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def _seek_to_checkpoint(self, event: Any) -> Any:
        """The seek that makes the frame it names exact, or ``event`` where there is nothing to change."""
        self._sought = None
        start = wanted_time(event)
        if start is None or not self._rate or self._effect is None:
            return event
        first, index = self._options["first-frame"], frame_during(start, self._rate)
        with self._turn:
            needed = self._effect.get_frames_needed(first + index)
        if len(needed) - 1 > self._options["most-preroll"]:
            needed = needed[-1:]
        self._sought = PreRoll(event.get_seqnum(), start, needed[0] - first, index)
        earlier = time_within(needed[0] - first, self._rate)
        return earlier_seek(event, earlier) if len(needed) > 1 and earlier < start else event

    def _begin_segment(self, event: Any) -> Any:
        """The segment that a seek asked for, where the source was sent to an earlier one; else ``event``."""
        sought, self._sought = self._sought, None
        segment = event.parse_segment()
        self._cut, self._counted = segment.start, 0
        self._roll = sought if belongs_to(event, sought) else None
        return event if self._roll is None else asked_segment(event, self._roll)

    # frames

    def do_transform(self, given: Any, result: Any) -> Any:
        index = self._index(given)
        number = self._options["first-frame"] + index
        if self._roll is not None and index < self._roll.coloured_from:
            return DROPPED
        try:
            with self._turn:
                rendered = self._render(number, given, result)
        except (ClientError, ValueError, OSError) as error:
            self.post_message(error_message(self, error, number))
            return Gst.FlowReturn.ERROR
        if self._roll is not None and index < self._roll.shown_from:
            return DROPPED
        if rendered.preview:
            result.add_custom_meta(PREVIEW_META)
        if self._options["post-messages"]:
            self.post_message(frame_message(self, rendered, given.pts))
        return Gst.FlowReturn.OK

    def _index(self, buffer: Any) -> int:
        """Which frame it is, from 0; without a frame rate they are counted."""
        index = self._counted
        if self._rate and buffer.pts != Gst.CLOCK_TIME_NONE:
            # before the segment's start there is no stream time, and pictures of a pre-roll lie there
            time = buffer.pts - self.segment.start + self.segment.time
            duration = None if buffer.duration == Gst.CLOCK_TIME_NONE else buffer.duration
            cut = buffer.pts == self._cut
            index = clipped_frame(time, duration, self._rate) if cut else nearest_frame(time, self._rate)
        self._counted = index + 1
        return index

    def _render(self, number: int, given: Any, result: Any) -> Any:
        """Colour a frame into ``result``."""
        assert self._effect is not None, "frames come after caps"
        self._apply_changes(number)
        form = FORMATS[self._input.finfo.name]
        with given.map(Gst.MapFlags.READ) as mapped:
            picture, alpha = read_picture(_rows(mapped.data, given, self._input), self._input.width, form)

        rendered = self._effect.render(number, lambda wanted: picture if wanted == number else None)
        rgb = np.asarray(rendered.arrays["rgb"])
        with result.map(Gst.MapFlags.WRITE) as mapped:
            write_picture(rgb, alpha, _rows(mapped.data, result, self._output), COLOUR[self._output.finfo.name])
        return rendered

    def _take_values(self) -> dict[str, Any]:
        with self._set:
            self._changed = False
            values = dict(self._values)
        if "stills" in values:
            values["stills"] = read_stills(values["stills"])
        return values

    def _apply_changes(self, number: int) -> None:
        """Take over what was set since the last frame; what cannot be used is a warning, and what was stays."""
        if not self._changed:
            return
        assert self._effect is not None, "frames come after caps"
        try:
            self._effect.set_values(self._take_values())
        except (WorkerRefused, ValueError) as error:
            self._warn(f"{error}; from frame {number} on the earlier parameters stay")

    def _warn(self, text: str) -> None:
        self.post_message(warning_message(self, text))


def _others(direction: Any, given: Any) -> list[str]:
    """Formats on the other side of those that ``given`` allows, the best first."""
    value = given.get_value("format")
    allowed = [value] if isinstance(value, str) else list(value or ())
    if direction == Gst.PadDirection.SRC:
        return sorted(FORMATS, key=lambda name: min((result_formats(name).index(one) for one in allowed), default=0))
    names: dict[str, None] = {}
    for one in allowed:
        names.update(dict.fromkeys(result_formats(one)))
    return list(names)


def _rows(data: Any, buffer: Any, info: Any) -> Any:
    """The picture's lines (H, stride) uint8 in a mapped buffer."""
    meta = GstVideo.buffer_get_video_meta(buffer)
    stride, offset = (info.stride[0], info.offset[0]) if meta is None else (meta.stride[0], meta.offset[0])
    line = info.width * FORMATS[info.finfo.name].samples * np.dtype(FORMATS[info.finfo.name].sample).itemsize
    flat = np.frombuffer(data, np.uint8, offset=offset)
    return np.lib.stride_tricks.as_strided(flat, (info.height, line), (stride, 1))


def register_element() -> tuple[str, Any, Any]:
    """The element's name, rank and class, for GStreamer's loader of Python plugins."""
    Gst.init(None)
    Gst.Meta.register_custom(PREVIEW_META, [], None, None)
    GObject.type_register(TinctColorize)
    return NAME, Gst.Rank.NONE, TinctColorize
