"""The picture stream of a movie that is written."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tinct.runtime.media.codecs import MovieCodec, PixelFormat, choose_pixel_format, find_codec
from tinct.runtime.media.movie_tags import written_tags
from tinct.runtime.media.plate import PlateInfo

DEFAULT_RATE = Fraction(24)
"""Frames per second of a movie made from a sequence that does not say."""

_FORMATS = {".mov": "mov", ".mkv": "matroska", ".mp4": "mp4", ".mxf": "mxf"}
_LEGAL, _FULL = 1, 2


@dataclass(frozen=True)
class MovieStream:
    """Codec, pixels, size, rate, pixel aspect and colour tags (FFmpeg's numbers) of a movie's picture."""

    suffix: str
    codec: MovieCodec
    pixels: PixelFormat
    width: int
    height: int
    rate: Fraction
    aspect: Fraction
    matrix: int
    primaries: int
    transfer: int

    @classmethod
    def of(cls, path: Path, info: PlateInfo, codec: str | None) -> Self:
        """The stream for a result like ``info`` in the movie ``path``; ``codec`` None = the container's default.

        Raises:
            UnknownNameError: no codec of that name.
            UsageError: container, codec and size do not go together.
        """
        found = find_codec(path, codec)
        pixels = choose_pixel_format(path, found, info)
        matrix, primaries, transfer = written_tags(info.colour, info.height)
        return cls(
            suffix=path.suffix.lower(),
            codec=found,
            pixels=pixels,
            width=info.width,
            height=info.height,
            rate=info.frame_rate or DEFAULT_RATE,
            aspect=info.pixel_aspect,
            matrix=0 if pixels.chroma == "rgb" else matrix,
            primaries=primaries,
            transfer=transfer,
        )

    @property
    def format(self) -> str:
        """FFmpeg's name of the container."""
        return _FORMATS[self.suffix]

    @property
    def range(self) -> int:
        """FFmpeg's number of the range of the codes."""
        return _FULL if self.pixels.full_range or self.pixels.chroma == "rgb" else _LEGAL

    def add_to(self, container: OutputContainer) -> VideoStream:
        """Add the stream to ``container``, with an encoder that is yet to be opened."""
        options = dict(self.codec.options)
        if self.codec.encoder == "libx265":
            options["x265-params"] = "log-level=none"
        if self.codec.name == "prores_4444" and self.pixels.alpha:
            options["alpha_bits"] = "16"
        stream = container.add_stream(self.codec.encoder, rate=self.rate, options=options)
        assert isinstance(stream, VideoStream), "every codec of CODECS is a video codec"
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, self.pixels.name
        context = stream.codec_context
        context.time_base = 1 / self.rate
        if self.codec.encoder == "libx265" and self.suffix != ".mkv":
            context.codec_tag = "hvc1"  # the one of the two tags of HEVC that QuickTime plays
        context.sample_aspect_ratio = self.aspect
        context.color_range = self.range
        context.colorspace = self.matrix
        context.color_primaries = self.primaries
        context.color_trc = self.transfer
        return stream

    def new_frame(self) -> VideoFrame:
        """A frame for the encoder, its pixels yet to be filled in, with the tags that prores_ks takes from frames."""
        frame = VideoFrame(self.width, self.height, self.pixels.name)
        frame.time_base = 1 / self.rate
        frame.colorspace, frame.color_primaries, frame.color_trc = self.matrix, self.primaries, self.transfer
        frame.color_range = self.range
        return frame
