"""A result is there whole or not at all, and what was there before survives every failure."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.errors import MediaError, OutputError, OutputExistsError, UnknownNameError, UsageError
from tinct.runtime.media import PlateInfo, ResultFrame, open_plate, open_writer
from tinct.runtime.media.staging import StagingFolder

MovieMaker = Callable[..., Path]
TARGETS = ["out.mov", "out.mkv", "out.mp4", "out.%04d.exr", "out.####.dpx", "out.%04d.png", "out.%04d.tif"]


@pytest.fixture
def info(make_movie: MovieMaker, tmp_path: Path) -> PlateInfo:
    """A plate in a folder of its own."""
    (tmp_path / "plates").mkdir()
    with open_plate(make_movie("plates/plate.mov", "prores_ks", "yuv422p10le", count=4, size=(256, 192))) as plate:
        return plate.info


def noise(info: PlateInfo, number: int) -> ResultFrame:
    random = np.random.default_rng(number)
    return ResultFrame(number, random.random((info.height, info.width, 3), np.float32))


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def first_file(target: Path) -> Path:
    return target.with_name(target.name.replace("%04d", "0000").replace("####", "0000"))


@pytest.mark.parametrize("name", TARGETS)
def test_leaving_without_commit_leaves_nothing(info: PlateInfo, tmp_path: Path, name: str) -> None:
    out = tmp_path / "new" / "deep"
    with open_writer(out / name, info) as writer:
        writer.write(noise(info, 0))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_has_its_final_name_before_commit(info: PlateInfo, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    with open_writer(out / name, info) as writer:
        for number in info.frames:
            writer.write(noise(info, number))
        assert [path for path in out.iterdir() if not path.name.startswith(".")] == []
        writer.commit()
        writer.discard()
    assert first_file(out / name).is_file()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
    with open_plate(out / name) as result:
        assert result.info.frames == info.frames


@pytest.mark.parametrize("name", TARGETS)
def test_existing_output_is_refused_before_any_work(info: PlateInfo, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    first_file(out / name).write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match=r"there already.*--overwrite"):
        open_writer(out / name, info)
    assert listing(out) == {first_file(out / name).name: b"precious"}


@pytest.mark.parametrize("name", TARGETS)
def test_overwriting_happens_at_commit_only(info: PlateInfo, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    file = first_file(out / name)
    file.write_bytes(b"old")
    with open_writer(out / name, info, overwrite=True) as writer:
        for number in info.frames:
            writer.write(noise(info, number))
        assert file.read_bytes() == b"old"
    assert listing(out) == {file.name: b"old"}
    with open_writer(out / name, info, overwrite=True) as writer:
        for number in info.frames:
            writer.write(noise(info, number))
        writer.commit()
    assert file.stat().st_size > 1000


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_plate_is_never_the_output(info: PlateInfo, tmp_path: Path, overwrite: bool) -> None:
    link = tmp_path / "link.mov"
    link.symlink_to(info.path)
    for target in (info.path, link, info.path.parent / ".." / "plates" / "plate.mov"):
        with pytest.raises(OutputExistsError, match="is the input"):
            open_writer(target, info, overwrite=overwrite)
    sequence = replace(info, path=tmp_path / "shots" / "shot.%04d.dpx")
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "shot.0000.dpx").write_bytes(b"plate")
    with pytest.raises(OutputExistsError, match="is the input"):
        open_writer(tmp_path / "shots" / "shot.####.dpx", sequence, overwrite=overwrite)
    with pytest.raises(OutputExistsError, match="is the input"):
        open_writer(tmp_path / "shots", sequence, overwrite=overwrite)


def test_writers_of_several_folders_can_share_one_staging_folder(info: PlateInfo, tmp_path: Path) -> None:
    staging = StagingFolder(tmp_path / "one", ".tinct-work")
    writers = [open_writer(tmp_path / folder / "r.%04d.png", info, staging=staging) for folder in ("one", "two")]
    (tmp_path / "two").mkdir()
    for number in info.frames:
        for brightness, writer in enumerate(writers):
            writer.write(ResultFrame(number, np.full((info.height, info.width, 3), brightness / 2, np.float32)))
    pieces = [piece.name for writer in writers for piece in writer.settle()]
    assert len(set(pieces)) == 2 * len(info.frames)
    staging.publish({name: path for writer in writers for name, path in writer.finish().items()})
    for folder, level in (("one", 0.0), ("two", 0.5)):
        with open_plate(tmp_path / folder / "r.%04d.png") as result:
            assert [round(float(frame.luma.mean()), 1) for frame in result.frames()] == [level] * len(info.frames)
    assert not staging.path.exists()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """The operating system refuses to let any file grow beyond ``size``, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", TARGETS)
def test_a_disk_that_fills_up(info: PlateInfo, tmp_path: Path, name: str, part: float) -> None:
    def write(folder: Path) -> None:
        with open_writer(folder / name, info, overwrite=True) as writer:
            for number in info.frames:
                writer.write(noise(info, number))
            writer.commit()

    write(tmp_path / "whole")
    largest = max(path.stat().st_size for path in (tmp_path / "whole").iterdir())
    out = tmp_path / "out"
    out.mkdir()
    file = first_file(out / name)
    file.write_bytes(b"old")
    with files_no_larger_than(max(10, int(largest * part) - 1)), pytest.raises(OutputError, match="cannot be written"):
        write(out)
    assert listing(out) == {file.name: b"old"}
    assert not list(out.glob(".*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(info: PlateInfo, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        open_writer(tmp_path / "locked" / "out.mov", info)


@pytest.mark.parametrize("name", ["out.mov", "out.%04d.exr"])
def test_a_folder_that_cannot_be_made(info: PlateInfo, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        open_writer(tmp_path / "file" / name, info)


@pytest.mark.parametrize("name", TARGETS)
def test_a_result_that_lacks_frames_is_not_kept(info: PlateInfo, tmp_path: Path, name: str) -> None:
    with open_writer(tmp_path / "out" / name, info) as writer:
        writer.write(noise(info, 0))
        with pytest.raises(OutputError, match="1 of 4 frames"):
            writer.commit()
    assert not (tmp_path / "out").exists()


def test_frames_out_of_order_are_refused_by_movies(info: PlateInfo, tmp_path: Path) -> None:
    with (
        open_writer(tmp_path / "out.mov", info) as writer,
        pytest.raises(OutputError, match="takes frame 0 next, not 1"),
    ):
        writer.write(noise(info, 1))


def test_frames_that_are_not_the_plates_are_refused(info: PlateInfo, tmp_path: Path) -> None:
    with open_writer(tmp_path / "out.%04d.exr", info) as writer, pytest.raises(OutputError, match="Frame 77"):
        writer.write(noise(info, 77))


@pytest.mark.parametrize(
    ("name", "codec", "error", "message"),
    [
        ("out.mov", "prores", UnknownNameError, "no codec 'prores'; choose one of prores_422hq"),
        ("out.mp4", "ffv1", UsageError, r"ffv1 does not go into \.mp4; use \.mkv"),
        ("out.wmv", None, UsageError, r"does not write \.wmv files; use one of \.mov"),
        ("out.%04d.jpg", None, UsageError, r"does not write \.jpg"),
        ("out.%04d.exr", "h264", UsageError, "takes no codec"),
        ("out.png", None, UsageError, r"there are 4 frames; name a sequence such as .*out\.%04d\.png"),
    ],
)
def test_requests_that_do_not_fit(
    info: PlateInfo, tmp_path: Path, name: str, codec: str | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        open_writer(tmp_path / "out" / name, info, codec=codec)
    assert not (tmp_path / "out").exists()


def test_a_size_that_a_codec_does_not_take(make_movie: MovieMaker, tmp_path: Path) -> None:
    with open_plate(make_movie("small.mkv")) as plate, pytest.raises(UsageError, match="takes sizes from 256x120"):
        open_writer(tmp_path / "out.mxf", plate.info)


def test_audio_that_a_container_does_not_take(make_movie: MovieMaker, tmp_path: Path) -> None:
    source = make_movie("plate.mov", "prores_ks", "yuv422p10le", audio="aac", size=(256, 128))
    with open_plate(source) as plate, pytest.raises(UsageError, match=r"aac audio; write to \.mov or \.mkv"):
        open_writer(tmp_path / "out.mxf", plate.info)
    assert not list(tmp_path.glob(".tinct*"))


def test_a_plate_that_vanished_before_its_audio_was_copied(make_movie: MovieMaker, tmp_path: Path) -> None:
    source = make_movie("plate.mov", "prores_ks", "yuv422p10le", audio="pcm_s16le")
    with open_plate(source) as plate:
        info = plate.info
    source.unlink()
    with pytest.raises(MediaError, match=r"plate\.mov"):
        open_writer(tmp_path / "out.mov", info)
    assert not list(tmp_path.glob(".tinct*"))
