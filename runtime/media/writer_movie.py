"""Results as movies, through FFmpeg (PyAV)."""

import logging
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tinct.runtime.errors import OutputError, UsageError
from tinct.runtime.media.audio_copy import AudioCopy
from tinct.runtime.media.base import ResultWriter
from tinct.runtime.media.codecs import MovieCodec, PixelFormat, choose_pixel_format, find_codec
from tinct.runtime.media.dnxhr_header import mark_matrix
from tinct.runtime.media.ffmpeg_errors import writing_movie
from tinct.runtime.media.movie_tags import written_tags
from tinct.runtime.media.pixel_aspect import SUFFIXES, stamp_pixel_aspect
from tinct.runtime.media.plate import PlateInfo, ResultFrame
from tinct.runtime.media.quantise import to_codes
from tinct.runtime.media.staging import StagingFolder, check_target
from tinct.runtime.media.transfer import encode_linear
from tinct.runtime.media.ycbcr import chroma_codes, luma_codes, subsample, to_ycbcr

DEFAULT_RATE = Fraction(24)
"""Frames per second of a movie made from a sequence that does not say."""

_FORMATS = {".mov": "mov", ".mkv": "matroska", ".mp4": "mp4", ".mxf": "mxf"}
_LEGAL, _FULL = 1, 2

_log = logging.getLogger(__name__)


class MovieWriter(ResultWriter):
    """Writes a movie; the luma plane is the result's luma, rounded once at the file's depth.

    Scene-linear plates are encoded with BT.709. Values beyond legal range are kept as far as the code goes.
    """

    NAME: ClassVar[str] = "movie"

    def __init__(self, path: Path, info: PlateInfo, *, codec: str | None = None, overwrite: bool = False) -> None:
        """Prepare to write ``path``; ``codec`` is one of `CODECS`, None the default of the container.

        Raises:
            UnknownNameError: no codec of that name.
            UsageError: container, codec and size do not go together, or the container does not take the plate's audio.
            OutputExistsError: the file is there already (without ``overwrite``), or is the plate.
            OutputError: not writable.
        """
        self._path = path
        self._info = info
        self._codec = find_codec(path, codec)
        self._pixels = choose_pixel_format(path, self._codec, info)
        self._matrix, self._primaries, self._transfer = written_tags(info.colour, info.height)
        if self._pixels.chroma == "rgb":
            self._matrix = 0
        check_target(path, overwrite=overwrite, sources=(info.path,))
        if info.frame_rate is None:
            _log.warning("%s does not say its frame rate; %s gets %s frames/s.", info.path, path, DEFAULT_RATE)
        self._rate = info.frame_rate or DEFAULT_RATE
        self._staging: StagingFolder | None = StagingFolder(path.parent)
        self._container: OutputContainer | None = None
        self._audio: AudioCopy | None = None
        self._count = 0
        try:
            with writing_movie(path):
                self._open(self._staging.path / path.name)
        except BaseException:
            self.discard()
            raise

    def write(self, frame: ResultFrame) -> None:
        """Append ``frame``."""
        if self._container is None or self._count >= len(self._info.frames):
            raise OutputError(f"{self._path} is complete; frame {frame.number} does not belong in it.")
        if frame.number != self._info.frames[self._count]:
            expected = self._info.frames[self._count]
            raise OutputError(f"{self._path} takes frame {expected} next, not {frame.number}; write frames in order.")
        with writing_movie(self._path):
            self._mux_video(self._video_frame(frame))
        self._count += 1
        self._mux_audio(self._count / self._rate)

    def commit(self) -> None:
        """Finish, and give everything its final name."""
        if self._container is None or self._staging is None:
            return
        if self._count != len(self._info.frames):
            raise OutputError(f"Only {self._count} of {len(self._info.frames)} frames were written; nothing was kept.")
        with writing_movie(self._path):
            self._mux_video(None)
        self._mux_audio(None)
        with writing_movie(self._path):
            self._container.close()
            self._container = None
            self._stamp_aspect(self._staging.path / self._path.name)
        self._staging.publish([self._path.name])
        self.discard()

    def discard(self) -> None:
        """Remove what was written; harmless after `commit` and when called twice."""
        if self._audio is not None:
            self._audio.close()
            self._audio = None
        if self._container is not None:
            container, self._container = self._container, None
            try:
                container.close()
            except (av.error.FFmpegError, OSError, ValueError):
                # What could not be finished is thrown away right below.
                _log.debug("closing the discarded %s failed", self._path, exc_info=True)
        if self._staging is not None:
            self._staging.remove()
            self._staging = None

    def _open(self, temporary: Path) -> None:
        """Open container, encoder and audio."""
        info, codec = self._info, self._codec
        suffix = self._path.suffix.lower()
        # The checksum of Matroska's header would not fit once the aspect is stamped in.
        plain = suffix != ".mkv" or info.pixel_aspect == 1
        options = {} if plain else {"write_crc32": "0"}
        self._container = av.open(str(temporary), "w", format=_FORMATS[suffix], options=options)
        self._stream = self._add_video(self._container, codec, self._pixels)
        if info.timecode is not None:
            self._stream.metadata["timecode"] = info.timecode
        if info.has_audio:
            self._audio = AudioCopy(info, self._container)
        self._stream.codec_context.open(strict=False)
        try:
            self._container.start_encoding()
        except av.error.ArgumentError as error:
            if self._audio is None:
                raise
            raise UsageError(
                f"{self._path}: {suffix} does not take the plate's {self._audio.codecs} audio; write to .mov or .mkv."
            ) from error

    def _add_video(self, container: OutputContainer, codec: MovieCodec, pixels: PixelFormat) -> VideoStream:
        """Add the video stream with size, rate, aspect and colour tags."""
        options = dict(codec.options)
        if codec.encoder == "libx265":
            options["x265-params"] = "log-level=none"
        if codec.name == "prores_4444" and pixels.alpha:
            options["alpha_bits"] = "16"
        stream = container.add_stream(codec.encoder, rate=self._rate, options=options)
        assert isinstance(stream, VideoStream), "every codec of CODECS is a video codec"
        stream.width, stream.height, stream.pix_fmt = self._info.width, self._info.height, pixels.name
        context = stream.codec_context
        context.time_base = 1 / self._rate
        if codec.encoder == "libx265" and self._path.suffix.lower() != ".mkv":
            context.codec_tag = "hvc1"  # the one of the two tags of HEVC that QuickTime plays
        context.sample_aspect_ratio = self._info.pixel_aspect
        context.color_range = _FULL if pixels.full_range or pixels.chroma == "rgb" else _LEGAL
        context.colorspace = self._matrix
        context.color_primaries = self._primaries
        context.color_trc = self._transfer
        return stream

    def _stamp_aspect(self, movie: Path) -> None:
        """Put a pixel aspect other than 1 where the container's muxer cannot be told of it."""
        info = self._info
        if info.pixel_aspect != 1 and movie.suffix.lower() in SUFFIXES:
            stamp_pixel_aspect(movie, info.pixel_aspect, width=info.width, height=info.height)

    def _mux_video(self, frame: VideoFrame | None) -> None:
        """Encode ``frame`` (None = flush) and mux what comes out."""
        assert self._container is not None, "only called while open"
        for packet in self._stream.encode(frame):
            if self._codec.encoder == "dnxhd":
                mark_matrix(packet, self._matrix)
            self._container.mux(packet)

    def _mux_audio(self, time: Fraction | None) -> None:
        """Mux the audio up to ``time``: in step with the video, so that nothing piles up in the muxer."""
        if self._audio is None or self._container is None:
            return
        for packet in self._audio.packets_until(time):
            with writing_movie(self._path):
                self._container.mux(packet)

    def _video_frame(self, result: ResultFrame) -> VideoFrame:
        """The frame an encoder takes."""
        pixels = self._pixels
        frame = VideoFrame(self._info.width, self._info.height, pixels.name)
        for index, plane in enumerate(self._planes(result)):
            _fill(frame, index, plane)
        frame.pts = self._count
        frame.time_base = 1 / self._rate
        # prores_ks takes its tags from the frames, not from the stream.
        frame.colorspace, frame.color_primaries, frame.color_trc = self._matrix, self._primaries, self._transfer
        frame.color_range = self._stream.codec_context.color_range
        return frame

    def _planes(self, result: ResultFrame) -> list[NDArray[Any]]:
        """Integer planes of ``result`` in the order of the pixel format."""
        pixels, colour = self._pixels, self._info.colour
        rgb = result.rgb
        if not np.isfinite(rgb).all():
            rgb = np.nan_to_num(rgb, nan=0.0, posinf=1.0, neginf=0.0)
        if colour.transfer == "linear":
            rgb = encode_linear(rgb, "bt709")
        alpha = None
        if pixels.alpha:
            opaque = np.ones(rgb.shape[:2], np.float32)
            alpha = to_codes(opaque if result.alpha is None else result.alpha, pixels.bits)
        if pixels.chroma == "rgb":
            codes = to_codes(rgb, pixels.bits)
            green_blue_red = [codes[..., 1], codes[..., 2], codes[..., 0]]
            if pixels.bits > 8:
                return green_blue_red + ([alpha] if alpha is not None else [])
            filler = np.zeros(rgb.shape[:2], np.uint8) if alpha is None else alpha
            return [np.stack([codes[..., 2], codes[..., 1], codes[..., 0], filler], axis=-1)]
        luma, *chroma = to_ycbcr(rgb, colour.luma_weights)
        planes = [luma_codes(luma, pixels.bits, full_range=pixels.full_range)]
        for plane in chroma:
            planes.append(chroma_codes(subsample(plane, pixels.chroma), pixels.bits, full_range=pixels.full_range))
        return planes + ([alpha] if alpha is not None else [])


def _fill(frame: VideoFrame, index: int, values: NDArray[Any]) -> None:
    """Copy ``values`` (rows, columns[, interleaved]) into plane ``index``, whose lines may be longer."""
    plane = frame.planes[index]
    rows = values.reshape(values.shape[0], -1)
    target: NDArray[Any] = np.frombuffer(plane, rows.dtype)  # type: ignore[call-overload]
    target = target.reshape(-1, plane.line_size // rows.itemsize)
    target[: rows.shape[0], : rows.shape[1]] = rows
