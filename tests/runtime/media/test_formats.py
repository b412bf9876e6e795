from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.media import PlateReader, ResultFrame, ResultWriter, open_plate, open_writer

MovieMaker = Callable[..., Path]
ImageMaker = Callable[..., Path]


def plate_of(kind: str, make_movie: MovieMaker, make_image: ImageMaker, tmp_path: Path) -> Path:
    if kind == "movie":
        return make_movie("plate.mkv", count=3)
    for number in (7, 8, 9):
        make_image(f"plates/shot_{number:04d}.{kind}", np.full((24, 32, 3), number * 20, np.uint8))
    return tmp_path / "plates"


@pytest.mark.parametrize("kind", ["movie", "png", "jpg", "dpx"])
def test_every_reader_keeps_the_contract(
    make_movie: MovieMaker, make_image: ImageMaker, tmp_path: Path, kind: str
) -> None:
    with open_plate(plate_of(kind, make_movie, make_image, tmp_path)) as plate:
        assert isinstance(plate, PlateReader)
        info = plate.info
        frames = list(plate.frames())
        assert tuple(frame.number for frame in frames) == info.frames
        assert len(list(plate.frames())) == 3, "frames can be iterated again"
        for frame in frames:
            assert frame.luma.shape == (info.height, info.width)
            assert frame.luma.dtype == np.float32
            assert frame.luma.flags.c_contiguous
            assert (frame.alpha is not None) == info.has_alpha
            assert np.array_equal(plate.read(frame.number).luma, frame.luma)
        assert not np.array_equal(frames[0].luma, frames[1].luma)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("movie", "out.0000.png"), ("jpg", "out.0007.png"), ("png", "shot_0007.png"), ("dpx", "shot_0007.dpx")],
)
def test_a_folder_as_output(
    make_movie: MovieMaker, make_image: ImageMaker, tmp_path: Path, kind: str, expected: str
) -> None:
    with open_plate(plate_of(kind, make_movie, make_image, tmp_path)) as plate:
        writer = open_writer(tmp_path / "out", plate.info)
        assert isinstance(writer, ResultWriter)
        with writer:
            for frame in plate.frames():
                writer.write(ResultFrame(frame.number, np.repeat(frame.luma[..., None], 3, -1), None, frame.metadata))
            writer.commit()
    assert sorted(path.name for path in (tmp_path / "out").iterdir())[0] == expected
    with open_plate(tmp_path / "out") as result:
        assert len(result.info.frames) == 3


def test_one_image_in_one_image_out(make_image: ImageMaker, tmp_path: Path) -> None:
    source = make_image("photo.png", np.full((24, 32, 3), 80, np.uint8))
    with open_plate(source) as plate, open_writer(tmp_path / "out.tif", plate.info) as writer:
        writer.write(ResultFrame(0, np.repeat(plate.read(0).luma[..., None], 3, -1)))
        writer.commit()
    with open_plate(tmp_path / "out.tif") as result:
        assert np.array_equal(np.rint(result.read(0).luma * 255), np.full((24, 32), 80))
