"""ProRes with one quantiser a frame, chosen so that the frame fits the profile's data rate.

FFmpeg's prores_ks looks for the best quantiser of every slice, which is four fifths of its time
(``tests/benchmarks/encoding.py``). Told the quantiser, it only encodes; the same bytes then give the same quality.
"""

from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tinct.runtime.media.movie_stream import MovieStream

QUANTISERS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32, 40, 52, 64)
_LAMBDA = 118
"""FFmpeg's units of quality in one step of a quantiser (FF_QP2LAMBDA)."""
_POWER = 0.9
"""Size falls about as the quantiser to the power of minus 0.6 to minus 0.9."""

_HD_BITS, _HD_READY_BITS, _SD_BITS = 3.7, 4.2, 6.1
_CHROMA_444 = 1.5
"""Bits a pixel of 422 HQ from 1920x1080, from 1280x720 and below, and the factor of 4444: the target data rates of
Apple's ProRes White Paper (January 2020; 220 Mb/s for 1920x1080 at 29.97 frames/s, 220 for 1280x720 at 59.94, 63 for
720x486 at 29.97; 330 for 4444 at 1920x1080), with the tenth at most by which prores_ks exceeds them."""


class ProResEncoder:
    """Encodes frames one by one; what it gives for a frame depends on the frames since it was made alone."""

    def __init__(self, stream: MovieStream) -> None:
        self._stream = stream
        self._budget = bytes_a_frame(stream.width, stream.height, stream.pixels.chroma)
        self._encoders: dict[int, VideoCodecContext] = {}
        self._rung = 0

    def encode(self, frame: VideoFrame, target: VideoStream) -> "Packet[VideoStream]":
        """The packet of ``frame``, ready to mux into ``target``."""
        packet = self._at(self._rung, frame)
        while packet.size > self._budget and self._rung + 1 < len(QUANTISERS):
            self._rung = self._rung_for(packet.size)
            packet = self._at(self._rung, frame)
        self._go_down(packet.size)
        packet.pts = packet.dts = frame.pts
        packet.time_base, packet.duration = 1 / self._stream.rate, 1
        packet.stream = target
        return packet

    def _rung_for(self, size: int) -> int:
        """The next rung above, or the first at which a frame of ``size`` may fit."""
        now = QUANTISERS[self._rung]
        above = range(self._rung + 1, len(QUANTISERS))
        return next((r for r in above if size * (now / QUANTISERS[r]) ** _POWER <= self._budget), above[-1])

    def _go_down(self, size: int) -> None:
        """Give the next frame a finer quantiser where this one's ``size`` leaves the room for it."""
        if self._rung and size * (QUANTISERS[self._rung] / QUANTISERS[self._rung - 1]) ** _POWER <= self._budget:
            self._rung -= 1

    def _at(self, rung: int, frame: VideoFrame) -> "Packet[VideoStream]":
        quantiser = QUANTISERS[rung]
        if quantiser not in self._encoders:
            self._encoders[quantiser] = self._open(quantiser)
        (packet,) = self._encoders[quantiser].encode(frame)
        return packet

    def _open(self, quantiser: int) -> VideoCodecContext:
        stream = self._stream
        context = CodecContext.create(stream.codec.encoder, "w")
        assert isinstance(context, VideoCodecContext), "ProRes is a video codec"
        context.width, context.height, context.pix_fmt = stream.width, stream.height, stream.pixels.name
        context.time_base = 1 / stream.rate
        context.sample_aspect_ratio = stream.aspect
        fixed = {"flags": "+qscale", "global_quality": str(quantiser * _LAMBDA)}
        context.options = {**stream.codec.options, **fixed}
        context.open()
        return context


def takes(stream: MovieStream) -> bool:
    """Whether `ProResEncoder` is the encoder for ``stream``; alpha has no share in the budget."""
    return stream.codec.encoder == "prores_ks" and not stream.pixels.alpha


def bytes_a_frame(width: int, height: int, chroma: str) -> int:
    """The most bytes that a frame of ProRes 422 HQ (``chroma`` "422") or 4444 should have."""
    pixels = width * height
    bits = _HD_BITS if pixels >= 1920 * 1080 else _HD_READY_BITS if pixels >= 1280 * 720 else _SD_BITS
    return int(pixels * bits * (_CHROMA_444 if chroma == "444" else 1) / 8)
