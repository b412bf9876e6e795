"""Movies made of parts: the same whoever made the parts, in one run or in two."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tinct.runtime.errors import OutputError
from tinct.runtime.media import PlateInfo, ResultFrame, open_plate, open_writer
from tinct.runtime.media.base import Piece
from tinct.runtime.media.movie_planes import fill_planes
from tinct.runtime.media.movie_stream import MovieStream
from tinct.runtime.media.prores_encoder import ProResEncoder, bytes_a_frame, takes
from tinct.runtime.media.staging import StagingFolder

MovieMaker = Callable[..., Path]
COUNT, EVERY = 10, 4
TARGETS = [
    ("out.mov", "prores_422hq"),
    ("out.mov", "dnxhr_hqx"),
    ("out.mxf", "dnxhr_hqx"),
    ("out.mkv", "ffv1"),
    ("out.mp4", "h264"),
    ("out.mkv", "h264"),
    ("out.mp4", "h265"),
    ("out.mkv", "h265"),
]


@pytest.fixture
def info(make_movie: MovieMaker) -> PlateInfo:
    source = make_movie(
        "plate.mov", "prores_ks", "yuv422p10le", count=COUNT, size=(256, 128), timecode="01:00:00:00", audio="pcm_s16le"
    )
    with open_plate(source) as plate:
        return replace(plate.info, pixel_aspect=Fraction(4, 3))


def frame(number: int) -> ResultFrame:
    """A picture that says which it is: it becomes lighter from frame to frame."""
    y, x = np.mgrid[:128, :256].astype(np.float32)
    luma = 0.1 + 0.07 * number + 0.05 * np.sin((x + 3 * number) / 9) * np.cos(y / 7)
    return ResultFrame(number, np.dstack([luma, luma * 0.9, luma * 0.8]).astype(np.float32))


def write(target: Path, info: PlateInfo, codec: str, numbers: Sequence[int], **options: object) -> tuple[Piece, ...]:
    """Write ``numbers`` with a part every so many frames; commit where the last is among them."""
    pieces: tuple[Piece, ...] = ()
    with open_writer(target, info, codec=codec, **options) as writer:
        for number in numbers:
            writer.write(frame(number))
            if (number + 1) % EVERY == 0:
                pieces += writer.settle()
        if numbers[-1] == COUNT - 1:
            writer.commit()
    return pieces


def contents(path: Path) -> tuple[list[object], list[float], object]:
    """Packets, mean luma of the frames as they are shown, and what the streams say."""
    with av.open(str(path)) as movie:
        video = movie.streams.video[0]
        says = (
            video.codec_context.codec_tag,
            video.sample_aspect_ratio,
            video.average_rate,
            video.codec_context.colorspace,
        )
        packets: list[object] = [
            (p.stream_index, p.pts, p.dts, p.is_keyframe, bytes(p)) for p in movie.demux() if p.size
        ]
    with av.open(str(path)) as movie:
        shown = [float(np.frombuffer(f.planes[0], "u1")[1::2].mean()) for f in movie.decode(video=0)]
    return packets, shown, says


@pytest.mark.parametrize(("name", "codec"), TARGETS)
def test_parts_of_two_writers_make_the_movie_of_one(info: PlateInfo, tmp_path: Path, name: str, codec: str) -> None:
    one, two = tmp_path / "one" / name, tmp_path / "two" / name
    write(one, info, codec, range(COUNT))
    staging = StagingFolder(two.parent, ".tinct-work")
    done = write(two, info, codec, range(6), staging=staging)
    assert [piece.frames for piece in done] == [EVERY]
    assert not two.exists()
    write(two, info, codec, range(EVERY, COUNT), staging=staging, done=done)
    assert [path.name for path in two.parent.iterdir()] == [name]
    packets, shown, says = contents(one)
    assert contents(two) == (packets, shown, says)
    with open_plate(two) as result:
        assert result.info.frames == tuple(range(COUNT))
        assert result.info.timecode == "01:00:00:00"
        assert result.info.has_audio
        assert result.info.pixel_aspect == Fraction(4, 3)
        lumas = [float(one.luma.mean()) for one in result.frames()]
    np.testing.assert_allclose(lumas, [0.092 + 0.0644 * number for number in range(COUNT)], atol=0.01)


def test_where_parts_end_changes_no_bit_of_intra_codecs(info: PlateInfo, tmp_path: Path) -> None:
    for name, codec in (("out.mov", "dnxhr_hqx"), ("out.mkv", "ffv1")):
        write(tmp_path / "parts" / name, info, codec, range(COUNT))
        with open_writer(tmp_path / "whole" / name, info, codec=codec) as writer:
            for number in range(COUNT):
                writer.write(frame(number))
            writer.commit()
        assert contents(tmp_path / "parts" / name) == contents(tmp_path / "whole" / name)


def test_a_part_that_lacks_frames_is_named(info: PlateInfo, tmp_path: Path) -> None:
    staging = StagingFolder(tmp_path / "out", ".tinct-work")
    target = tmp_path / "out" / "out.mov"
    done = write(target, info, "prores_422hq", range(EVERY), staging=staging)
    with pytest.raises(OutputError, match=r"part-00000000\.mov is damaged: it has 4 of 5 frames"):
        write(target, info, "prores_422hq", range(5, COUNT), staging=staging, done=[replace(done[0], frames=5)])
    assert not target.exists()


@pytest.mark.parametrize("chroma", ["prores_422hq", "prores_4444"])
def test_prores_stays_within_its_data_rate(chroma: str) -> None:
    width, height = 640, 360
    info = PlateInfo(Path("none"), width, height, (0,), 10, frame_rate=Fraction(24))
    stream = MovieStream.of(Path("out.mov"), info, chroma)
    assert takes(stream)
    most = bytes_a_frame(width, height, stream.pixels.chroma)
    with av.open("none.mov", "w", format="null") as container:
        target = stream.add_to(container)
        encoder = ProResEncoder(stream)
        sizes = []
        for grain in (0.3, 0.3, 0.0, 0.0, 0.0, 0.05):
            noise = np.random.default_rng(0).normal(0.5, grain, (height, width, 1)).astype(np.float32)
            picture = stream.new_frame()
            picture.pts = len(sizes)
            fill_planes(picture, ResultFrame(0, np.repeat(noise, 3, axis=-1)), stream.pixels, info.colour)
            sizes.append(encoder.encode(picture, target).size)
    assert max(sizes) <= most
    assert max(sizes) > most / 2, "the rate is used"


def test_prores_with_alpha_is_left_to_its_own_search() -> None:
    info = PlateInfo(Path("none"), 64, 64, (0,), 10, frame_rate=Fraction(24), has_alpha=True)
    assert not takes(MovieStream.of(Path("out.mov"), info, "prores_4444"))
    assert takes(MovieStream.of(Path("out.mov"), info, "prores_422hq"))
    assert bytes_a_frame(1920, 1080, "422") == 1920 * 1080 * 3.7 // 8
