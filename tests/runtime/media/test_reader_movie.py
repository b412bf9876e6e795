from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tinct.runtime.errors import FrameRangeError, MediaError, MediaNotFoundError
from tinct.runtime.media import open_plate

MovieMaker = Callable[..., Path]


def codes(number: int, size: tuple[int, int] = (64, 48), bits: int = 8) -> np.ndarray:
    """What `make_movie` draws in frame ``number``."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    return ((rows * 3 + columns * 2 + number * 11) % 200 + 20) * 2 ** (bits - 8)


@pytest.mark.parametrize(
    ("pixel_format", "bits"),
    [
        ("yuv420p", 8), ("yuv422p10le", 10), ("yuv444p12le", 12), ("yuv444p16le", 16), ("yuva444p10le", 10),
        ("gray", 8), ("gray10le", 10), ("gray16le", 16),
    ],
)  # fmt: skip
@pytest.mark.parametrize("full_range", [False, True])
def test_luma_is_that_of_the_plane(make_movie: MovieMaker, pixel_format: str, bits: int, full_range: bool) -> None:
    path = make_movie("plate.mkv", pixel_format=pixel_format, count=2, full_range=full_range)
    with open_plate(path) as plate:
        assert plate.info.bit_depth == bits
        assert plate.info.has_alpha == pixel_format.startswith("yuva")
        frame = plate.read(1)
    scale = 2 ** (bits - 8)
    black, span = (0, 2**bits - 1) if full_range else (16 * scale, 219 * scale)
    assert np.abs(frame.luma * span + black - codes(1, bits=bits)).max() < 0.01
    assert frame.luma.dtype == np.float32
    assert not frame.was_colour


def test_values_beyond_legal_range_are_kept(make_movie: MovieMaker, tmp_path: Path) -> None:
    path = tmp_path / "wide.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        frame = av.VideoFrame(32, 32, "yuv420p")
        for plane in frame.planes:
            np.frombuffer(plane, np.uint8)[:] = 128
        np.frombuffer(frame.planes[0], np.uint8).reshape(32, -1)[:, :2] = (5, 250)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with open_plate(path) as plate:
        luma = plate.read(0).luma
    assert luma[0, 0] == pytest.approx((5 - 16) / 219)
    assert luma[0, 1] == pytest.approx((250 - 16) / 219)


@pytest.mark.parametrize("pixel_format", ["nv12", "yuyv422", "uyvy422", "rgb24", "bgra", "rgb48le", "rgba64be", "ya8"])
def test_other_layouts_give_the_same_picture(tmp_path: Path, pixel_format: str) -> None:
    grey = np.tile(np.linspace(20, 230, 64).astype(np.uint8), (48, 1))
    source = av.VideoFrame.from_ndarray(np.repeat(grey[..., None], 3, -1), format="rgb24")
    path = tmp_path / "plate.nut"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        frame = source.reformat(format=pixel_format, dst_colorspace="ITU709")
        frame.pts, frame.time_base = 0, Fraction(1, 24)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with open_plate(path) as plate:
        frame = plate.read(0)
        assert np.abs(frame.luma * 255 - grey).max() < 1.5
        assert not frame.was_colour


def test_palettes_are_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "plate.nut"
    indices = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    palette = np.repeat((255 - np.arange(256, dtype=np.uint8))[:, None], 4, axis=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "pal8"
        container.mux(stream.encode(av.VideoFrame.from_ndarray((indices, palette), format="pal8")))
        container.mux(stream.encode(None))
    with open_plate(path) as plate:
        assert np.abs(plate.read(0).luma * 255 - (255.0 - indices)).max() < 0.01


def test_frames_come_in_order_and_at_random_alike_with_b_frames(make_movie: MovieMaker) -> None:
    options = {"bf": "3", "g": "9", "crf": "20", "x264-params": "open-gop=1:b-adapt=0"}
    path = make_movie("plate.mp4", "libx264", count=40, options=options)
    with open_plate(path) as plate:
        in_order = [frame.luma for frame in plate.frames()]
        assert plate.info.frames == tuple(range(40))
        order = np.random.default_rng(0).permutation(40)
        for number in [39, 0, *order, 8, 9, 10]:
            assert np.array_equal(plate.read(int(number)).luma, in_order[number]), number
    assert all(np.abs(luma * 219 + 16 - codes(n)).mean() < 6 for n, luma in enumerate(in_order))


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "options"),
    [
        ("plate.mov", "prores_ks", "yuv422p10le", {}),
        ("plate.ts", "libx264", "yuv420p", {"g": "6"}),
        ("plate.mkv", "libx265", "yuv420p10le", {"x265-params": "log-level=none:keyint=7"}),
        ("plate.avi", "mjpeg", "yuvj420p", {}),
        ("plate.mkv", "ffv1", "yuv444p", {"g": "5"}),
    ],
)
def test_random_access_in_other_containers(
    make_movie: MovieMaker, name: str, codec: str, pixel_format: str, options: dict[str, str]
) -> None:
    path = make_movie(name, codec, pixel_format, count=20, options=options, full_range=codec == "mjpeg")
    with open_plate(path) as plate:
        in_order = [frame.luma for frame in plate.frames()]
        assert len(in_order) == 20
        for number in (19, 3, 4, 0, 12, 5):
            assert np.array_equal(plate.read(number).luma, in_order[number])


@pytest.mark.parametrize(
    "rate", [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(50)]
)
@pytest.mark.parametrize("name", ["plate.mkv", "plate.mp4"])
def test_frame_rates_are_exact(make_movie: MovieMaker, rate: Fraction, name: str) -> None:
    path = make_movie(name, "libx264", count=12, rate=rate)
    with open_plate(path) as plate:
        assert plate.info.frame_rate == rate


def test_a_single_frame_has_a_rate(make_movie: MovieMaker) -> None:
    with open_plate(make_movie("one.mp4", "libx264", count=1, rate=Fraction(25))) as plate:
        assert plate.info.frames == (0,)
        assert plate.info.frame_rate == 25


def test_what_the_container_says(make_movie: MovieMaker) -> None:
    path = make_movie(
        "plate.mov",
        "prores_ks",
        "yuv422p10le",
        aspect=Fraction(4, 3),
        timecode="01:00:00:00",
        tags=(9, 9, 14),
        audio="pcm_s16le",
    )
    with open_plate(path, frames="1004-1006", first_frame=1001) as plate:
        info = plate.info
    assert (info.width, info.height, info.frames) == (64, 48, (1004, 1005, 1006))
    assert info.pixel_aspect == Fraction(4, 3)
    assert info.timecode == "01:00:00:03"
    assert info.source_start == Fraction(3, 24)
    assert info.has_audio
    assert (info.colour.matrix, info.colour.matrix_tag, info.colour.primaries_tag, info.colour.transfer_tag) == (
        "bt2020",
        9,
        9,
        14,
    )


def test_frames_left_out_take_the_audio_with_them(make_movie: MovieMaker) -> None:
    path = make_movie("plate.mov", "prores_ks", "yuv422p10le", audio="pcm_s16le")
    with open_plate(path, frames="0-2,5") as plate:
        assert not plate.info.has_audio
        assert [frame.number for frame in plate.frames()] == [0, 1, 2, 5]


def test_a_colour_plate_is_told(make_movie: MovieMaker) -> None:
    with open_plate(make_movie("plate.mkv", chroma=160, count=1)) as plate:
        frame = plate.read(0)
    assert frame.was_colour
    assert np.abs(frame.luma * 219 + 16 - codes(0)).max() < 0.01


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_rotation_is_honoured(make_movie: MovieMaker, rotation: int, turns: int) -> None:
    upright = make_movie("upright.mp4", "libx264", options={"qp": "0"}, count=2)
    turned = make_movie("turned.mp4", "libx264", options={"qp": "0"}, count=2, rotation=rotation, aspect=Fraction(4, 3))
    with open_plate(upright) as a, open_plate(turned) as b:
        expected = np.rot90(a.read(1).luma, turns)
        assert np.array_equal(b.read(1).luma, expected)
        assert (b.info.height, b.info.width) == expected.shape
        assert b.info.pixel_aspect == (Fraction(4, 3) if turns == 2 else Fraction(3, 4))


def test_rotation_goes_the_way_players_turn_it(make_movie: MovieMaker) -> None:
    path = make_movie("turned.mp4", "libx264", options={"qp": "0"}, count=1, rotation=90)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).rotation == 90
    with open_plate(path) as plate:
        # FFmpeg: the angle is by how much to turn counterclockwise, so the right column becomes the top row.
        assert np.abs(plate.read(0).luma[0] * 219 + 16 - codes(0)[:, -1]).max() < 0.01


def test_a_frame_that_is_not_there(make_movie: MovieMaker) -> None:
    path = make_movie("plate.mkv")
    with open_plate(path) as plate, pytest.raises(FrameRangeError, match="no frame 8; it has 0-7"):
        plate.read(8)
    with pytest.raises(FrameRangeError, match="no frame 8-9"):
        open_plate(path, frames="0-9")


def test_closing_twice_is_harmless_and_reading_after_it_is_an_error(make_movie: MovieMaker) -> None:
    plate = open_plate(make_movie("plate.mkv"))
    plate.close()
    plate.close()
    with pytest.raises(MediaError, match="closed"):
        plate.read(3)


def test_variable_frame_rate_is_refused_with_advice(make_movie: MovieMaker) -> None:
    path = make_movie("plate.mp4", "libx264", times=[0, 1, 2, 5, 6, 7, 8, 9])
    with pytest.raises(MediaError, match=r"variable frame rate: the step after frame 2 .* ffmpeg"):
        open_plate(path)


def test_interlaced_is_refused_with_advice(make_movie: MovieMaker) -> None:
    path = make_movie("plate.mp4", "libx264", size=(64, 64), options={"x264-params": "interlaced=1"})
    with pytest.raises(MediaError, match=r"interlaced.*bwdif"):
        open_plate(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError, match=r"gone\.mov"):
        open_plate(tmp_path / "gone.mov")


@pytest.mark.parametrize(("content", "message"), [(b"", "empty"), (b"not a movie at all" * 99, "cannot be read")])
def test_unreadable_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.mov"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=message):
        open_plate(path)


def test_sound_without_picture(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
    with pytest.raises(MediaError, match="no video"):
        open_plate(path)


def test_too_small(make_movie: MovieMaker) -> None:
    with pytest.raises(MediaError, match="8x8; the smallest side"):
        open_plate(make_movie("tiny.mkv", size=(8, 8)))


def test_no_frames_at_all(tmp_path: Path, make_movie: MovieMaker) -> None:
    path = make_movie("plate.mkv", count=4)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75")])
    with pytest.raises(MediaError, match=r"plate\.mkv"):
        open_plate(path)


def front_loaded(path: Path) -> Path:
    """A copy of the movie with its header before its pictures, as files for streaming have it."""
    target = path.with_name("front.mov")
    with av.open(str(path)) as source, av.open(str(target), "w", options={"movflags": "faststart"}) as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                copy.mux(packet)
    return target


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("plate.mov", "prores_ks", "yuv422p10le"),
        ("plate.mov", "libx264", "yuv420p"),
        ("plate.mkv", "ffv1", "yuv444p"),
        ("plate.mkv", "libx264", "yuv420p"),
    ],
)
def test_truncated_movies_are_told_and_what_is_there_can_be_read(
    make_movie: MovieMaker, name: str, codec: str, pixel_format: str
) -> None:
    path = make_movie(name, codec, pixel_format, count=24, options={"g": "4", "bf": "2"} if codec == "libx264" else {})
    if path.suffix == ".mov":
        path = front_loaded(path)
    with open_plate(path) as plate:
        whole = [frame.luma for frame in plate.frames()]
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(
        MediaError, match=r"truncated: its header promises 24 frames, the last good one is \d+"
    ) as caught:
        open_plate(path)
    last = int(str(caught.value).split("the last good one is ")[1].split(".")[0])
    with open_plate(path, frames=f"0-{last}") as plate:
        there = [frame.luma for frame in plate.frames()]
    assert 2 < len(there) == last + 1 < 24
    assert all(np.array_equal(a, b) for a, b in zip(there, whole, strict=False))


def test_damage_in_the_middle_names_the_frame(make_movie: MovieMaker) -> None:
    path = make_movie("plate.mov", "prores_ks", "yuv422p10le", count=6)
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    begin, size = packets[3]
    data[begin + 4 : begin + size] = b"\0" * (size - 4)
    path.write_bytes(data)
    with open_plate(path) as plate:
        frames = plate.frames()
        assert [next(frames).number for _ in range(3)] == [0, 1, 2]
        with pytest.raises(MediaError, match="decoded at frame 3"):
            next(frames)
