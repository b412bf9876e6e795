"""Results as movies, through FFmpeg (PyAV)."""

import logging
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from tinct.runtime.errors import OutputError, UsageError
from tinct.runtime.media.audio_copy import AudioCopy
from tinct.runtime.media.base import Piece, ResultWriter
from tinct.runtime.media.ffmpeg_errors import writing_movie
from tinct.runtime.media.movie_part import JoinedParts, MoviePart
from tinct.runtime.media.movie_planes import fill_planes
from tinct.runtime.media.movie_stream import MovieStream
from tinct.runtime.media.pixel_aspect import SUFFIXES, stamp_pixel_aspect
from tinct.runtime.media.plate import PlateInfo, ResultFrame
from tinct.runtime.media.staging import StagingFolder, check_target

_log = logging.getLogger(__name__)


class MovieWriter(ResultWriter):
    """Writes a movie; the luma plane is the result's luma, rounded once at the file's depth.

    Frames are encoded into parts, short movies of the same container; `finish` joins them without encoding again and
    adds audio and timecode. A part ends where `settle` is called.

    Scene-linear plates are encoded with BT.709. Values beyond legal range are kept as far as the code goes.
    """

    NAME: ClassVar[str] = "movie"

    def __init__(
        self,
        path: Path,
        info: PlateInfo,
        *,
        codec: str | None = None,
        overwrite: bool = False,
        staging: StagingFolder | None = None,
        done: Sequence[Piece] = (),
    ) -> None:
        """Prepare to write ``path``; ``codec`` is one of `CODECS`, None the default of the container.

        ``staging``: a folder that its owner keeps or removes, in which the pieces ``done`` lie already.

        Raises:
            UnknownNameError: no codec of that name.
            UsageError: container, codec and size do not go together, or the container does not take the plate's audio.
            OutputExistsError: the file is there already (without ``overwrite``), or is the plate.
            OutputError: not writable.
        """
        self._path = path
        self._info = info
        self._stream = MovieStream.of(path, info, codec)
        check_target(path, overwrite=overwrite, sources=(info.path,))
        if info.frame_rate is None:
            _log.warning("%s does not say its frame rate; %s gets %s frames/s.", info.path, path, self._stream.rate)
        self._own = staging is None
        self._staging: StagingFolder | None = staging or StagingFolder(path.parent)
        self._staging.make()
        self._part: MoviePart | None = None
        self._pieces = [piece for piece in done if _is_part(piece.name, path)]
        self._count = sum(piece.frames for piece in self._pieces)
        try:
            # What the container refuses, it refuses now, and not after hours of work.
            with writing_movie(path):
                joined = JoinedMovie(self._staging.path / path.name, info, self._stream)
                joined.discard()
        except BaseException:
            self.discard()
            raise

    def write(self, frame: ResultFrame) -> None:
        """Append ``frame``."""
        if self._staging is None or self._count >= len(self._info.frames):
            raise OutputError(f"{self._path} is complete; frame {frame.number} does not belong in it.")
        if frame.number != self._info.frames[self._count]:
            expected = self._info.frames[self._count]
            raise OutputError(f"{self._path} takes frame {expected} next, not {frame.number}; write frames in order.")
        picture = self._stream.new_frame()
        fill_planes(picture, frame, self._stream.pixels, self._info.colour)
        with writing_movie(self._path):
            if self._part is None:
                self._part = MoviePart(self._staging.path / _part_name(self._count, self._path), self._stream)
            self._part.write(picture)
        self._count += 1

    def settle(self) -> tuple[Piece, ...]:
        """End the part."""
        if self._part is None:
            return ()
        with writing_movie(self._path):
            piece = self._part.close()
        self._part = None
        self._pieces.append(piece)
        return (piece,)

    def finish(self) -> Mapping[str, Path]:
        """Join the parts."""
        if self._count != len(self._info.frames):
            raise OutputError(f"Only {self._count} of {len(self._info.frames)} frames were written.")
        self.settle()
        assert self._staging is not None, "only called while open"
        with writing_movie(self._path):
            joined = JoinedMovie(self._staging.path / self._path.name, self._info, self._stream)
            try:
                joined.write(JoinedParts(self._staging.path, self._pieces, self._stream))
            except BaseException:
                joined.discard()
                raise
        return {self._path.name: self._path}

    def commit(self) -> None:
        """Finish, and give everything its final name."""
        if self._staging is not None:
            self._staging.publish(self.finish())
            self._staging = None

    def discard(self) -> None:
        """Remove what was written; harmless after `commit` and when called twice."""
        if self._part is not None:
            self._part.discard()
            self._part = None
        if self._staging is not None and self._own:
            self._staging.remove()
        self._staging = None


class JoinedMovie:
    """The finished movie: the parts' pictures, the plate's audio and timecode."""

    def __init__(self, path: Path, info: PlateInfo, stream: MovieStream) -> None:
        """Open container and audio and write the header.

        Raises:
            UsageError: the container does not take the plate's audio.
        """
        self._path = path
        self._info = info
        self._stream = stream
        self._audio: AudioCopy | None = None
        # The checksum of Matroska's header would not fit once the aspect is stamped in.
        plain = stream.suffix != ".mkv" or info.pixel_aspect == 1
        options = {} if plain else {"write_crc32": "0"}
        self._container: OutputContainer = av.open(str(path), "w", format=stream.format, options=options)
        try:
            self._video = self._begin()
        except BaseException:
            self.discard()
            raise

    def write(self, parts: JoinedParts) -> None:
        """Copy everything in, and close."""
        for count, packet in enumerate(parts.packets(self._video), start=1):
            self._container.mux(packet)
            # In step with the video, so that nothing piles up in the muxer.
            self._copy_audio(count / self._stream.rate)
        self._copy_audio(None)
        self._container.close()
        if self._audio is not None:
            self._audio.close()
        info = self._info
        if info.pixel_aspect != 1 and self._stream.suffix in SUFFIXES:
            # The container's muxer cannot be told of it.
            stamp_pixel_aspect(self._path, info.pixel_aspect, width=info.width, height=info.height)

    def discard(self) -> None:
        """Close and remove the file."""
        if self._audio is not None:
            self._audio.close()
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError, ValueError):
            # What could not be finished is thrown away right below.
            _log.debug("closing the discarded %s failed", self._path, exc_info=True)
        self._path.unlink(missing_ok=True)

    def _begin(self) -> VideoStream:
        """Add the streams and write the header; the encoder is opened for what it puts there, and encodes nothing."""
        video = self._stream.add_to(self._container)
        if self._info.timecode is not None:
            video.metadata["timecode"] = self._info.timecode
        if self._info.has_audio:
            self._audio = AudioCopy(self._info, self._container)
        video.codec_context.open(strict=False)
        try:
            self._container.start_encoding()
        except av.error.ArgumentError as error:
            if self._audio is None:
                raise
            raise UsageError(
                f"{self._path.name}: {self._stream.suffix} does not take the plate's {self._audio.codecs} audio; "
                "write to .mov or .mkv."
            ) from error
        return video

    def _copy_audio(self, time: Fraction | None) -> None:
        if self._audio is not None:
            for packet in self._audio.packets_until(time):
                self._container.mux(packet)


def _part_name(first: int, movie: Path) -> str:
    return f"part-{first:08}{movie.suffix}"


def _is_part(name: str, movie: Path) -> bool:
    return name.startswith("part-") and name.endswith(movie.suffix)
