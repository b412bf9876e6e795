"""Audio of the plate, copied packet by packet into the result."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Discard

from tinct.runtime.media.ffmpeg_errors import reading_movie
from tinct.runtime.media.plate import PlateInfo


class AudioCopy:
    """Feeds the audio that belongs to a plate's frames into a movie, in step with its video."""

    def __init__(self, info: PlateInfo, target: OutputContainer) -> None:
        """Open ``info.path`` and announce its audio streams to ``target``.

        Raises:
            MediaError: the plate's file cannot be read.
        """
        assert info.frame_rate is not None, "a plate with audio is a movie and has a rate"
        self._source = info.path
        with reading_movie(info.path):
            self._container = av.open(str(info.path), "r", metadata_errors="replace")
        self._streams: dict[int, Any] = {}
        self.codecs = "/".join(sorted({stream.codec_context.name for stream in self._container.streams.audio}))
        for stream in self._container.streams:
            if stream.type == "audio":
                self._streams[stream.index] = _announce(stream, target)
            else:
                # Unwanted streams are skipped on disk where the container allows it.
                stream.discard = Discard.all
        self._zero = _video_start(self._container) + info.source_start
        self._end: Fraction | None = self._zero + len(info.frames) / info.frame_rate
        self._from_start = info.source_start == 0
        if self._end >= _video_end(self._container) - Fraction(1, 2) / info.frame_rate:
            self._end = None  # the whole rest of the movie: audio that outlasts the picture stays
        self._packets = self._wanted()
        self._held: Packet[Any] | None = None

    def packets_until(self, time: Fraction | None) -> Iterator["Packet[Any]"]:
        """Yield the packets that begin before ``time`` (seconds in the result; None = all that are left), ready to mux.

        Raises:
            MediaError: the plate's file cannot be read.
        """
        while True:
            if self._held is None:
                with reading_movie(self._source):
                    self._held = next(self._packets, None)
            packet = self._held
            if packet is None or (
                time is not None and packet.pts is not None and packet.pts * packet.time_base >= time
            ):
                return
            self._held = None
            yield packet

    def close(self) -> None:
        """Release the plate's file."""
        self._container.close()

    def _wanted(self) -> Iterator["Packet[Any]"]:
        """Packets between in-point and end, shifted to the result's time.

        A cut takes whole packets that begin at or after the in-point, so it loses at most one packet (some 20 ms)
        and never its sync. From the movie's start all packets are taken, those before zero (encoder delay) too.
        """
        sources = [self._container.streams[index] for index in self._streams]
        for packet in self._container.demux(*sources):
            if packet.size == 0 or packet.pts is None:
                continue
            begin = packet.pts * packet.time_base
            if (begin < self._zero and not self._from_start) or (self._end is not None and begin >= self._end):
                continue
            shift = round(self._zero / packet.time_base)
            packet.pts -= shift
            packet.dts = None if packet.dts is None else packet.dts - shift
            packet.stream = self._streams[packet.stream_index]
            yield packet


def _announce(stream: Any, target: OutputContainer) -> Any:
    """Add a stream like ``stream`` to ``target``."""
    made = target.add_stream_from_template(stream)
    for key in ("language", "title"):
        if key in stream.metadata:
            made.metadata[key] = stream.metadata[key]
    return made


def _video_start(container: Any) -> Fraction:
    """Time of the first picture in the container's clock, seconds."""
    video = container.streams.video[0]
    return (video.start_time or 0) * video.time_base if video.time_base else Fraction(0)


def _video_end(container: Any) -> Fraction:
    """Time at which the last picture ends in the container's clock, seconds."""
    video = container.streams.video[0]
    if video.duration and video.time_base:
        return Fraction(((video.start_time or 0) + video.duration) * video.time_base)
    return Fraction((container.start_time or 0) + (container.duration or 0), av.time_base)
