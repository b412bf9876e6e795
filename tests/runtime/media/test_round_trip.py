"""From a plate through a writer and back: what must come out as it went in."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.media import PlateInfo, ResultFrame, open_plate, open_writer
from tinct.runtime.media.image_file import HeaderAttribute, read_header, read_image
from tinct.runtime.media.timecode import timecode_to_word

MovieMaker = Callable[..., Path]
ImageMaker = Callable[..., Path]


def tint(luma: np.ndarray, info: PlateInfo, strength: float = 0.06) -> np.ndarray:
    """Colour of the same luma: red up, blue down, as a colorization of ``luma`` would be."""
    red, _, blue = info.colour.luma_weights
    room = np.clip(np.minimum(luma, 1 - luma), 0, 1) * strength
    return np.stack([luma + room, luma, luma - room * red / blue], axis=-1).astype(np.float32)


def carry(
    source: Path, target: Path, *, codec: str | None = None, coloured: bool = True, **options: str
) -> list[np.ndarray]:
    """Write the plate ``source`` as ``target`` and return the lumas that went in."""
    with open_plate(source, **options) as plate, open_writer(target, plate.info, codec=codec) as writer:
        lumas = []
        for frame in plate.frames():
            lumas.append(frame.luma)
            neutral = np.repeat(frame.luma[..., None], 3, -1)
            rgb = tint(frame.luma, plate.info) if coloured else neutral
            writer.write(ResultFrame(frame.number, rgb, frame.alpha, frame.metadata))
        writer.commit()
    return lumas


def code_error(target: Path, lumas: list[np.ndarray], bits: int, *, full_range: bool = True) -> float:
    """Largest luma difference between ``target`` and ``lumas``, in code values of ``bits`` bits."""
    span = 2**bits - 1 if full_range else 219 * 2 ** (bits - 8)
    with open_plate(target) as result:
        read = [frame.luma for frame in result.frames()]
    assert len(read) == len(lumas)
    return max(float(np.abs(a - b).max()) for a, b in zip(read, lumas, strict=True)) * span


@pytest.mark.parametrize("size", [(64, 48), (65, 49), (34, 64)])
@pytest.mark.parametrize(
    ("pixel_format", "bits"), [("yuv420p", 8), ("yuv422p10le", 10), ("yuv444p12le", 12), ("yuv444p16le", 16)]
)
@pytest.mark.parametrize("full_range", [False, True])
def test_ffv1_gives_every_luma_code_back(
    make_movie: MovieMaker, tmp_path: Path, size: tuple[int, int], pixel_format: str, bits: int, full_range: bool
) -> None:
    source = make_movie("plate.mkv", pixel_format=pixel_format, size=size, count=2, full_range=full_range)
    lumas = carry(source, tmp_path / "out.mkv")
    assert code_error(tmp_path / "out.mkv", lumas, bits, full_range=full_range) < 0.01
    with open_plate(tmp_path / "out.mkv") as result:
        assert (result.info.width, result.info.height) == size
        assert result.info.bit_depth == bits
        assert result.info.colour.full_range == full_range
        assert result.read(0).was_colour


@pytest.mark.parametrize(
    ("name", "codec", "bits"),
    [
        ("out.mov", "prores_422hq", 10),
        ("out.mov", "prores_4444", 12),
        ("out.mxf", "dnxhr_hqx", 10),
        ("out.mp4", "h264", 10),
        ("out.mp4", "h265", 10),
        ("out.mkv", "ffv1", 10),
    ],
)
@pytest.mark.parametrize("size", [(256, 128), (257, 121)])
def test_every_codec_keeps_what_the_plate_says(
    make_movie: MovieMaker, tmp_path: Path, name: str, codec: str, bits: int, size: tuple[int, int]
) -> None:
    rate = Fraction(24000, 1001)
    source = make_movie(
        "plate.mkv", pixel_format="yuv422p10le", size=size, count=5, rate=rate, tags=(9, 9, 14), timecode="01:00:00:00"
    )
    with open_plate(source) as plate:
        info = replace(plate.info, pixel_aspect=Fraction(4, 3))
        lumas = [frame.luma for frame in plate.frames()]
    with open_writer(tmp_path / name, info, codec=codec) as writer:
        for number, luma in enumerate(lumas):
            writer.write(ResultFrame(number, tint(luma, info)))
        writer.commit()
    with open_plate(tmp_path / name) as result:
        out = result.info
        read = [frame.luma for frame in result.frames()]
    assert (out.width, out.height, out.frames) == (*size, (0, 1, 2, 3, 4))
    assert out.bit_depth == bits
    assert out.frame_rate == rate
    assert out.timecode == "01:00:00:00"
    assert out.pixel_aspect == Fraction(4, 3)
    assert (out.colour.matrix_tag, out.colour.primaries_tag, out.colour.transfer_tag) == (9, 9, 14)
    assert not out.colour.full_range
    # Lossy codecs: no shift, and noise of a few codes.
    differences = np.array([a - b for a, b in zip(read, lumas, strict=True)]) * 876
    assert abs(differences.mean()) < 0.5
    assert np.abs(differences).mean() < (0.01 if codec == "ffv1" else 4)


def test_untagged_plates_get_tags_that_say_what_was_written(make_movie: MovieMaker, tmp_path: Path) -> None:
    source = make_movie("plate.mkv", tags=(2, 2, 2), count=2)
    carry(source, tmp_path / "out.mov")
    with open_plate(tmp_path / "out.mov") as result:
        colour = result.info.colour
    assert (colour.matrix, colour.matrix_tag, colour.primaries_tag, colour.transfer_tag) == ("bt601", 6, 6, 1)


@pytest.mark.parametrize(("name", "codec"), [("out.mov", "prores_4444"), ("out.mkv", "ffv1")])
def test_alpha_is_carried(make_movie: MovieMaker, tmp_path: Path, name: str, codec: str) -> None:
    source = make_movie("plate.mkv", pixel_format="yuva444p10le", count=2)
    carry(source, tmp_path / name, codec=codec)
    with open_plate(source) as plate, open_plate(tmp_path / name) as result:
        assert result.info.has_alpha
        before, after = plate.read(1).alpha, result.read(1).alpha
    assert before is not None
    assert after is not None
    assert np.abs(before - after).max() * 1023 < 1


def test_chroma_comes_back_where_it_was_put(make_movie: MovieMaker, tmp_path: Path) -> None:
    source = make_movie("plate.mkv", pixel_format="yuv444p10le", size=(64, 32), count=1, rate=Fraction(24))
    with open_plate(source) as plate:
        info, luma = plate.info, np.full((32, 64), 0.5, np.float32)
    ramp = np.linspace(-0.1, 0.1, 64, dtype=np.float32)
    red, _, blue = info.colour.luma_weights
    rgb = np.stack([luma + ramp, luma, luma - ramp * red / blue], -1)
    with open_writer(tmp_path / "out.mov", info) as writer:
        writer.write(ResultFrame(0, rgb))
        writer.commit()
    import av

    with av.open(str(tmp_path / "out.mov")) as container:
        frame = next(container.decode(video=0))
        cr = np.frombuffer(frame.planes[2], np.uint16).reshape(32, -1)[:, :32].mean(axis=0)
    expected = 512 + 896 * ramp / (2 * (1 - red))
    # Samples of 4:2:2 sit on the even columns; half a column off would be 0.3 codes of this ramp... times 2.
    assert np.abs(cr - expected[0::2])[1:-1].mean() < 0.75
    assert abs((cr - expected[0::2])[1:-1].mean()) < 0.35


@pytest.mark.parametrize(
    ("name", "audio"), [("out.mov", "pcm_s16le"), ("out.mkv", "pcm_s16le"), ("out.mp4", "aac"), ("out.mov", "aac")]
)
def test_audio_is_copied(make_movie: MovieMaker, tmp_path: Path, name: str, audio: str) -> None:
    source = make_movie("plate.mov", "prores_ks", "yuv422p10le", count=24, audio=audio)
    carry(source, tmp_path / name)
    assert np.array_equal(samples(tmp_path / name), samples(source))


def test_audio_of_a_cut_starts_at_the_cut(make_movie: MovieMaker, tmp_path: Path) -> None:
    source = make_movie("plate.mov", "prores_ks", "yuv422p10le", count=48, audio="pcm_s16le")
    carry(source, tmp_path / "out.mov", frames="1012-1035", first_frame=1000)
    whole, cut = samples(source, with_time=True), samples(tmp_path / "out.mov", with_time=True)
    assert cut
    assert 0.9 < len(cut) / 48000 <= 1.05
    # Each sound stands at the time it had before, half a second earlier.
    assert all(whole[time + 24000] == value for time, value in cut.items())
    with open_plate(tmp_path / "out.mov") as result:
        assert len(result.info.frames) == 24


def samples(path: Path, *, with_time: bool = False) -> "np.ndarray | dict[int, float]":
    """All samples of the movie's audio, or by time in samples."""
    import av

    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    if not with_time:
        return np.concatenate([frame.to_ndarray().ravel() for frame in frames])
    timed: dict[int, float] = {}
    for frame in frames:
        begin = round(frame.pts * frame.time_base * 48000)
        timed.update(enumerate(frame.to_ndarray().ravel().tolist(), begin))
    return timed


def image(make_image: ImageMaker, suffix: str, kind: str, **attributes: object) -> Path:
    random = np.random.default_rng(3)
    name = f"plate/shot.1001.{suffix}"
    if kind in ("half", "float"):
        values = random.uniform(0, 1.5, (24, 33, 1)).astype(np.float16 if kind == "half" else np.float32)
        return make_image(name, np.repeat(values, 3, -1), **attributes)
    bits = int(kind)
    codes = random.integers(0, 2**bits, (24, 33, 1)).astype(np.uint8 if bits == 8 else np.uint16)
    return make_image(name, np.repeat(codes, 3, -1), bits=bits, **attributes)


SEQUENCES = [
    ("exr", "half"), ("exr", "float"), ("dpx", "8"), ("dpx", "10"), ("dpx", "12"), ("dpx", "16"),
    ("tif", "8"), ("tif", "16"), ("tif", "half"), ("tif", "float"), ("png", "8"), ("png", "16"),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "kind"), SEQUENCES)
def test_neutral_pixels_come_back_bit_for_bit(make_image: ImageMaker, tmp_path: Path, suffix: str, kind: str) -> None:
    source = image(make_image, suffix, kind)
    target = tmp_path / "out" / f"shot.%04d.{suffix}"
    carry(source, target, coloured=False)
    before, after = read_image(source), read_image(tmp_path / "out" / f"shot.1001.{suffix}")
    assert np.array_equal(before[1], after[1])
    assert (before[0].sample, before[0].bits) == (after[0].sample, after[0].bits)


@pytest.mark.parametrize(("suffix", "kind"), SEQUENCES)
def test_colour_does_not_move_luma(make_image: ImageMaker, tmp_path: Path, suffix: str, kind: str) -> None:
    source = image(make_image, suffix, kind)
    target = tmp_path / "out" / f"shot.####.{suffix}"
    lumas = carry(source, target)
    if kind in ("half", "float"):
        assert code_error(target, lumas, 8) / 255 < (3e-5 if kind == "half" else 1e-6)
    else:
        assert code_error(target, lumas, int(kind)) <= 1


@pytest.mark.parametrize(("suffix", "kind"), [("exr", "half"), ("exr", "float"), ("dpx", "10")])
def test_headers_are_carried(make_image: ImageMaker, tmp_path: Path, suffix: str, kind: str) -> None:
    word = timecode_to_word("01:02:03:04")
    rate = {"FramesPerSecond": ("rational", (24000, 1001))} if suffix == "exr" else {"dpx__FrameRate": 23.976}
    own = (
        {"owner_name": "reel 4", "worldToCamera": ("matrix", tuple(map(float, range(16))))}
        if suffix == "exr"
        else {"dpx__InputDevice": "scanner 2"}
    )
    image(make_image, suffix, kind, smpte__TimeCode=("timecode", (word, 0)), PixelAspectRatio=2.0, **rate, **own)
    carry(tmp_path / "plate", tmp_path / "out")
    before, after = (read_header(tmp_path / folder / f"shot.1001.{suffix}") for folder in ("plate", "out"))
    names = ["smpte:TimeCode", "PixelAspectRatio", *(key.replace("__", ":") for key in (*rate, *own))]
    for name in names:
        assert after.attributes[name] == before.attributes[name], name


def test_data_and_display_windows_are_carried(make_image: ImageMaker, tmp_path: Path) -> None:
    from tinct.runtime.media.image_file import write_image

    (tmp_path / "plate").mkdir()
    source = tmp_path / "plate" / "shot.0001.exr"
    write_image(
        source, np.full((24, 33, 3), 0.5, np.float16), channels=("R", "G", "B"),
        attributes={"compression": HeaderAttribute("string", "piz")}, window=(-4, 6, 0, 0, 40, 40),
    )  # fmt: skip
    carry(source, tmp_path / "out.exr")
    after = read_header(tmp_path / "out.exr")
    assert after.window == (-4, 6, 0, 0, 40, 40)
    assert after.attributes["compression"].value == "piz"


def test_lossy_exr_is_not_lost_again(make_image: ImageMaker, tmp_path: Path) -> None:
    source = image(make_image, "exr", "half", compression="dwaa")
    lumas = carry(source, tmp_path / "out.exr")
    assert code_error(tmp_path / "out.exr", lumas, 8) / 255 < 3e-5


def test_nan_and_infinity_are_kept_in_exr(make_image: ImageMaker, tmp_path: Path) -> None:
    values = np.full((24, 33, 3), 0.25, np.float16)
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    carry(make_image("a.1.exr", values), tmp_path / "b.1.exr", coloured=False)
    assert np.array_equal(read_image(tmp_path / "b.1.exr")[1], values, equal_nan=True)


@pytest.mark.parametrize("suffix", ["exr", "png", "tif"])
def test_alpha_of_images_is_carried(make_image: ImageMaker, tmp_path: Path, suffix: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (24, 33, 2)).astype(np.uint16)
    pixels = pixels[..., [0, 0, 0, 1]]
    if suffix == "exr":
        pixels = (pixels / 65535).astype(np.float16)
    source = make_image(f"a.1.{suffix}", pixels, oiio__UnassociatedAlpha=1)
    carry(source, tmp_path / f"b.1.{suffix}", coloured=False)
    assert np.array_equal(read_image(tmp_path / f"b.1.{suffix}")[1], pixels)


def test_a_grey_plate_becomes_colour(make_image: ImageMaker, tmp_path: Path) -> None:
    source = make_image("y.1.exr", np.full((24, 33, 1), 0.5, np.float16), channels=("Y",))
    carry(source, tmp_path / "out.1.exr")
    assert read_header(tmp_path / "out.1.exr").channels == ("R", "G", "B")


@pytest.mark.parametrize("suffix", ["exr", "dpx", "png", "tif"])
def test_a_movie_becomes_a_sequence_with_time(make_movie: MovieMaker, tmp_path: Path, suffix: str) -> None:
    source = make_movie("plate.mov", "prores_ks", "yuv422p10le", count=3, timecode="01:00:00:00", rate=Fraction(25))
    target = tmp_path / "out" / f"shot.%04d.{suffix}"
    lumas = carry(source, target, first_frame=1001)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"shot.{n}.{suffix}" for n in (1001, 1002, 1003)
    ]
    assert code_error(target, lumas, 10) <= 1
    if suffix in ("exr", "dpx"):
        with open_plate(tmp_path / "out" / f"shot.1003.{suffix}") as last:
            assert (last.info.timecode, last.info.frame_rate) == ("01:00:00:02", 25)


def test_a_sequence_becomes_a_movie(make_image: ImageMaker, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for number in (1001, 1002):
        codes = random.integers(0, 1024, (24, 33, 1)).astype(np.uint16)
        make_image(f"plate/shot.{number}.dpx", np.repeat(codes, 3, -1), bits=10, dpx__FrameRate=25.0)
    lumas = carry(tmp_path / "plate", tmp_path / "out.mkv")
    assert code_error(tmp_path / "out.mkv", lumas, 10) <= 1
    with open_plate(tmp_path / "out.mkv") as result:
        assert (result.info.frame_rate, result.info.bit_depth, len(result.info.frames)) == (25, 10, 2)


@pytest.mark.parametrize(("suffix", "transfer"), [("png", "srgb"), ("dpx", "bt709")])
def test_linear_light_is_encoded_for_integer_files(
    make_image: ImageMaker, tmp_path: Path, suffix: str, transfer: str
) -> None:
    source = make_image("a.1.exr", np.full((24, 33, 3), 0.18, np.float32))
    carry(source, tmp_path / f"b.1.{suffix}", coloured=False)
    with open_plate(tmp_path / f"b.1.{suffix}") as result:
        assert result.info.bit_depth == 16
        expected = 1.055 * 0.18 ** (1 / 2.4) - 0.055 if transfer == "srgb" else 1.099 * 0.18**0.45 - 0.099
        assert np.allclose(result.read(1).luma, expected, atol=2e-5)
