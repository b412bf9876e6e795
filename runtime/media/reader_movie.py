"""Movies as plates, through FFmpeg (PyAV)."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tinct.runtime.errors import FrameRangeError, MediaError, MediaNotFoundError
from tinct.runtime.media.base import PlateReader
from tinct.runtime.media.ffmpeg_errors import reading_movie
from tinct.runtime.media.frame_range import format_frames, select_frames
from tinct.runtime.media.image_size import check_size
from tinct.runtime.media.movie_index import index_movie
from tinct.runtime.media.movie_tags import colour_tags, find_timecode
from tinct.runtime.media.picture_planes import is_full_range, is_rgb_format, read_picture
from tinct.runtime.media.plate import PlateFrame, PlateInfo


class MovieReader(PlateReader):
    """Reads any movie that FFmpeg decodes, in order or at any frame, exactly."""

    NAME: ClassVar[str] = "movie"

    def __init__(self, path: Path, *, frames: str | None = None, first_frame: int = 0) -> None:
        """Open ``path``; its first picture has the number ``first_frame``. ``frames`` as `parse_frames` reads it.

        Raises:
            MediaNotFoundError: no such file.
            MediaError: not a movie, no video, interlaced, of variable rate, or truncated before the frames wanted.
            FrameRangeError: the movie lacks frames that were asked for.
        """
        if not path.exists():
            raise MediaNotFoundError(f"There is no file {path}; check the path.")
        if path.stat().st_size == 0:
            raise MediaError(f"{path} is empty (0 bytes); copy it again.")
        self._path = path
        self._first = first_frame
        self._container: InputContainer | None = None
        self._decoded: Iterator[VideoFrame] = iter(())
        self._next = 0
        try:
            with reading_movie(path):
                stream = self._reopen()
                self._index = index_movie(path, self._opened, stream)
            self._quarter_turns = 0
            self._seek(0)
            self.info = self._describe(self._reopen(), self._frame_at(0), frames)
        except BaseException:
            self.close()
            raise

    def frames(self) -> Iterator[PlateFrame]:
        """Yield every frame in order."""
        for number in self.info.frames:
            yield self.read(number)

    def read(self, number: int) -> PlateFrame:
        """Return the frame with that number, exactly."""
        if number not in self._numbers:
            available = format_frames(self.info.frames)
            raise FrameRangeError(f"{self._path} has no frame {number}; it has {available}. Ask for one of these.")
        frame = self._frame_at(number - self._first)
        if (frame.width, frame.height) != self._coded_size:
            raise MediaError(
                f"{self._path} changes size at frame {number}; cut it there and colour the parts one by one."
            )
        colour = self.info.colour
        picture = read_picture(self._path, frame, full_range=colour.full_range, weights=colour.luma_weights)
        return PlateFrame(
            number=number,
            luma=self._upright(picture.luma),
            alpha=None if picture.alpha is None else self._upright(picture.alpha),
            was_colour=picture.was_colour,
        )

    def close(self) -> None:
        """Release the file; harmless when called twice."""
        # A generator that goes on demuxing a closed container takes the process down.
        self._decoded = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    @property
    def _opened(self) -> InputContainer:
        if self._container is None:
            raise MediaError(f"{self._path} was closed; open it again.")
        return self._container

    def _reopen(self) -> VideoStream:
        """Open the file afresh, at its start, and return the video stream."""
        self.close()
        self._container = av.open(str(self._path), "r", metadata_errors="replace")
        streams = [s for s in self._container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
        if not streams:
            raise MediaError(f"{self._path} has no video in it; name a movie or an image sequence.")
        self._stream = streams[0]
        self._stream.thread_type = "AUTO"
        self._decoded = self._decode()
        self._next = 0
        return self._stream

    def _decode(self) -> Iterator[VideoFrame]:
        """Frames from wherever the container stands."""
        for packet in self._opened.demux(self._stream):
            # A packet that was cut off would take the good frames still in the decoder down with it.
            if not packet.is_corrupt:
                yield from packet.decode()

    def _frame_at(self, position: int) -> VideoFrame:
        """The decoded frame at ``position`` (0 = first), which the index has."""
        index, _ = self._index, self._opened
        key: int | None = index.key_before(position)
        must_seek = position < self._next or (key is not None and key > self._next)
        while True:
            with reading_movie(self._path, f"decoded at frame {position + self._first}"):
                if must_seek:
                    self._seek(key)
                frame = self._decode_until(position)
            if frame is not None:
                return frame
            # The container's seek came out behind the frame, or its key frame needs an earlier one: go further back.
            if not must_seek or not key:
                raise self._undecodable(position)
            key = index.key_before(key - 1)

    def _seek(self, key: int | None) -> None:
        """Stand before the key frame at position ``key``; None or 0 = at the start, by opening the file again."""
        if not key:
            self._reopen()
            return
        self._opened.seek(int(self._index.pts[key]), stream=self._stream, backward=True)
        self._decoded = self._decode()
        self._next = key

    def _decode_until(self, position: int) -> VideoFrame | None:
        """Decode forward to ``position``; None when the frames that come are already behind it, or end before it."""
        target = int(self._index.pts[position])
        for frame in self._decoded:
            if frame.pts is None or frame.is_corrupt:
                continue
            reached = frame.pts >= target
            if not reached:
                continue
            self._next = position + 1
            if frame.pts > target:
                # This frame is gone from the decoder now; the next request must seek.
                self._next = len(self._index)
                return None
            self._check_progressive(frame)
            return frame
        self._next = len(self._index)
        return None

    def _undecodable(self, position: int) -> MediaError:
        number = position + self._first
        good = f"the last good frame may be {number - 1}" if position else "not even the first frame is good"
        return MediaError(
            f"{self._path} cannot be decoded at frame {number}; {good}. "
            "The file is damaged or truncated: copy it again, or leave the rest out with a frame range."
        )

    def _check_progressive(self, frame: VideoFrame) -> None:
        if frame.interlaced_frame:
            raise MediaError(
                f"{self._path} is interlaced; Tinct works on whole frames. Deinterlace it first, for example with: "
                "ffmpeg -i IN -vf bwdif=mode=send_frame -c:v prores_ks OUT.mov"
            )

    def _upright(
        self, image: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.ascontiguousarray(np.rot90(image, self._quarter_turns)) if self._quarter_turns else image

    def _describe(self, stream: VideoStream, frame: VideoFrame, frames: str | None) -> PlateInfo:
        """What the container and the first picture say of the plate."""
        self._coded_size = frame.width, frame.height
        if frame.rotation % 90:
            raise MediaError(
                f"{self._path} is to be shown turned by {frame.rotation} degrees; render it upright first."
            )
        # FFmpeg gives the angle by which the picture has to be turned counterclockwise, as does numpy.
        self._quarter_turns = frame.rotation // 90 % 4
        width, height = self._coded_size if self._quarter_turns % 2 == 0 else self._coded_size[::-1]
        check_size(self._path, width, height)
        name = frame.format.name
        aspect = stream.sample_aspect_ratio or Fraction(1)
        container = self._opened
        info = PlateInfo(
            path=self._path,
            width=width,
            height=height,
            frames=tuple(range(self._first, self._first + len(self._index))),
            bit_depth=frame.format.components[0].bits,
            is_float="f32" in name,
            colour=colour_tags(
                matrix=frame.colorspace,
                primaries=frame.color_primaries,
                transfer=frame.color_trc,
                full_range=is_full_range(name, frame.color_range),
                is_rgb=is_rgb_format(name),
                height=height,
            ),
            frame_rate=self._index.rate,
            pixel_aspect=aspect if self._quarter_turns % 2 == 0 else 1 / aspect,
            timecode=find_timecode([stream.metadata, *(s.metadata for s in container.streams), container.metadata]),
            has_alpha=any(component.is_alpha for component in frame.format.components),
            has_audio=bool(container.streams.audio),
        )
        return self._cut(info, frames)

    def _cut(self, info: PlateInfo, frames: str | None) -> PlateInfo:
        """``info`` cut to the frames that are wanted, all of which must be there."""
        there, promised = len(self._index), self._index.promised
        if promised > there:
            last = self._first + there - 1
            wanted = select_frames(tuple(range(self._first, self._first + promised)), frames, name=str(self._path))
            if wanted[-1] > last:
                raise MediaError(
                    f"{self._path} is truncated: its header promises {promised} frames, the last good one is {last}. "
                    f"Copy it again, or ask for what is there with the frame range {self._first}-{last}."
                )
        info = info.cut(select_frames(info.frames, frames, name=str(self._path)))
        self._numbers = frozenset(info.frames)
        return info
