"""Parts of a movie in the making: short movies that need nothing that follows, joined without encoding again."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tinct.runtime.errors import OutputError
from tinct.runtime.media.base import Piece
from tinct.runtime.media.dnxhr_header import mark_matrix
from tinct.runtime.media.movie_stream import MovieStream
from tinct.runtime.media.prores_encoder import ProResEncoder, takes
from tinct.runtime.media.staging import sync_file, sync_folder

_DECODED_AHEAD = 4
"""Frames by which a part's decoding runs ahead of its showing: more than x264 and x265 ask for."""
_START_CODE = b"\x00\x00\x00\x01"
_log = logging.getLogger(__name__)


class MoviePart:
    """A part being written: the picture alone, from a key frame on, by an encoder that has seen nothing before."""

    def __init__(self, path: Path, stream: MovieStream) -> None:
        self._path = path
        self._stream = stream
        self._count = self._muxed = 0
        self._container = av.open(str(path), "w", format=stream.format)
        self._encoder = stream.add_to(self._container)
        self._encoder.codec_context.open(strict=False)
        self._prores = ProResEncoder(stream) if takes(stream) else None

    def write(self, frame: VideoFrame) -> None:
        """Append ``frame``."""
        frame.pts = self._count
        if self._prores is not None:
            self._container.mux(self._prores.encode(frame, self._encoder))
        else:
            self._mux(frame)
        self._count += 1

    def close(self) -> Piece:
        """Finish the part and wait until it is on disk."""
        if self._prores is None:
            self._mux(None)
        self._container.close()
        sync_file(self._path)
        sync_folder(self._path.parent)
        return Piece(self._path.name, self._path.stat().st_size, self._count)

    def discard(self) -> None:
        """Close what cannot be finished; the file is left for whoever owns its folder."""
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError, ValueError):
            _log.debug("closing the unfinished %s failed", self._path, exc_info=True)

    def _mux(self, frame: VideoFrame | None) -> None:
        for packet in self._encoder.encode(frame):
            if self._stream.codec.encoder == "dnxhd":
                mark_matrix(packet, self._stream.matrix)
            if not self._stream.codec.intra:
                # x265's own is an arbitrary number in movies of one or two frames.
                packet.dts = self._muxed - _DECODED_AHEAD
            self._container.mux(packet)
            self._muxed += 1


@dataclass(frozen=True)
class JoinedParts:
    """Parts one after the other, as packets for a stream of the same encoder."""

    folder: Path
    pieces: Sequence[Piece]
    stream: MovieStream

    def packets(self, target: VideoStream) -> Iterator["Packet[VideoStream]"]:
        """Yield the packets of all parts in decoding order, ready to mux into ``target``.

        Raises:
            OutputError: a part does not hold the frames that it had when it was closed.
        """
        delay = 0 if self.stream.codec.intra else self._delay()
        number = first = 0
        for piece in self.pieces:
            start = None
            for packet in self.read(piece):
                shown = number
                if not self.stream.codec.intra:
                    start = packet.pts if start is None else start
                    shown = first + self._place(packet, start)
                    # As the encoder gave it: containers store H.264 and H.265 with lengths in place of start codes.
                    packet.update(to_start_codes(bytes(packet)))
                packet.pts, packet.dts, packet.duration = shown, number - delay, 1
                packet.time_base = 1 / self.stream.rate
                packet.stream = target
                yield packet
                number += 1
            first += piece.frames

    def read(self, piece: Piece) -> Iterator["Packet[VideoStream]"]:
        """Packets of one part, all of which must be there."""
        path = self.folder / piece.name
        count = 0
        with av.open(str(path)) as container:
            for packet in container.demux(container.streams.video[0]):
                if packet.size and not packet.is_corrupt:
                    count += 1
                    yield packet
        if count != piece.frames:
            raise OutputError(
                f"{path} is damaged: it has {count} of {piece.frames} frames. "
                "Check the disk, and start afresh (--overwrite)."
            )

    def _delay(self) -> int:
        """Frames by which decoding must run ahead of showing."""
        most = 0
        for piece in self.pieces:
            packets = list(self.read(piece))
            most = max(most, *(index - self._place(packet, packets[0].pts) for index, packet in enumerate(packets)))
        return most

    def _place(self, packet: "Packet[VideoStream]", start: int | None) -> int:
        """Place of a packet's frame in its part, whose first frame, the key frame, is shown at ``start``."""
        assert packet.pts is not None, "FFmpeg's containers keep presentation times"
        assert start is not None, "FFmpeg's containers keep presentation times"
        assert packet.time_base is not None, "a demuxed packet has a time base"
        return round((packet.pts - start) * packet.time_base * self.stream.rate)


def to_start_codes(data: bytes) -> bytes:
    """NAL units behind four-byte lengths (ISO/IEC 14496-15, 4.3.3) as a byte stream (ITU-T H.264, Annex B)."""
    units, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        units.append(_START_CODE + data[at + 4 : at + 4 + size])
        at += 4 + size
    return b"".join(units)
