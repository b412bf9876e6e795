from pathlib import Path

import pytest

from tinct.runtime.errors import MediaError, MediaNotFoundError, UsageError
from tinct.runtime.media.sequence_pattern import find_pattern, parse_pattern


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize("name", ["shot.%04d.exr", "shot.####.exr", "shot.@@@@.exr"])
def test_patterns_find_the_same_files(tmp_path: Path, name: str) -> None:
    touch(
        tmp_path,
        "shot.1001.exr",
        "shot.0999.exr",
        "shot.10000.exr",
        "shot.998.exr",
        "shot.1001.exr.bak",
        "other.1001.exr",
    )
    pattern = parse_pattern(tmp_path / name)
    assert pattern is not None
    assert pattern.numbers() == (999, 1001, 10000)
    assert pattern.file(7).name == "shot.0007.exr"


def test_unpadded_numbers(tmp_path: Path) -> None:
    touch(tmp_path, "f9.png", "f10.png")
    pattern = parse_pattern(tmp_path / "f%d.png")
    assert pattern is not None
    assert pattern.numbers() == (9, 10)


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    touch(tmp_path, "take#1.png")
    assert parse_pattern(tmp_path / "take#1.png") is None


def test_two_patterns_in_a_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="more than one"):
        parse_pattern(tmp_path / "shot%02d.%04d.exr")


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (("shot-0001.dpx", "shot-0002.dpx", "notes.txt"), "shot-%04d.dpx"),
        (("9.png", "10.png"), "%d.png"),
        (("00000.jpg", "00001.jpg"), "%05d.jpg"),
    ],
)
def test_a_folder_with_one_sequence(tmp_path: Path, names: tuple[str, ...], pattern: str) -> None:
    touch(tmp_path, *names)
    assert find_pattern(tmp_path).path.name == pattern


def test_a_folder_with_two_sequences_names_both(tmp_path: Path) -> None:
    touch(tmp_path, "a.0001.exr", "b.0001.exr")
    with pytest.raises(MediaError, match=r"2 sequences in it \(a\.%04d\.exr, b\.%04d\.exr\)"):
        find_pattern(tmp_path)


def test_a_folder_without_frames(tmp_path: Path) -> None:
    touch(tmp_path, "readme.txt")
    with pytest.raises(MediaError, match="no numbered images"):
        find_pattern(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError, match="no folder"):
        find_pattern(tmp_path / "gone")
