from pathlib import Path

import pytest

from tinct.still_argument import parse_still


@pytest.mark.parametrize(
    ("text", "path", "frame"),
    [
        ("still.png", "still.png", None),
        ("still.png@1001", "still.png", 1001),
        ("still.png@-3", "still.png", -3),
        ("still.png@0", "still.png", 0),
        ("take@2/still.png", "take@2/still.png", None),
        ("take@2/still.png@17", "take@2/still.png", 17),
        ("me@home.png", "me@home.png", None),
        ("still@1.5", "still@1.5", None),
        ("@12", "@12", None),
        ("still.png@", "still.png@", None),
    ],
)
def test_frame_is_what_follows_the_last_at_sign_if_it_is_an_integer(text: str, path: str, frame: int | None) -> None:
    still = parse_still(text)
    assert (still.path, still.frame) == (Path(path), frame)


def test_an_existing_file_of_the_whole_name_is_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("still@1001").touch()
    assert parse_still("still@1001").frame is None
    assert parse_still("still@1002").frame == 1002


@pytest.mark.parametrize(
    ("text", "path", "frame", "weight"),
    [
        ("still.png=0.5", "still.png", None, 0.5),
        ("still.png@1001=2", "still.png", 1001, 2.0),
        ("still.png@-3=.25", "still.png", -3, 0.25),
        ("still.png=-1", "still.png", None, -1.0),
        ("a=2/still.png", "a=2/still.png", None, 1.0),
        ("a=2.png", "a=2.png", None, 1.0),
        ("still.png=", "still.png=", None, 1.0),
        ("=2", "=2", None, 1.0),
    ],
)
def test_weight_is_what_follows_the_last_equals_sign_if_it_is_a_number(
    text: str, path: str, frame: int | None, weight: float
) -> None:
    still = parse_still(text)
    assert (still.path, still.frame, still.weight) == (Path(path), frame, weight)


def test_an_existing_file_whose_name_ends_like_a_weight_is_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("still@7=2").touch()
    assert (parse_still("still@7=2").frame, parse_still("still@7=2").weight) == (None, 1.0)
    assert (parse_still("still@7=2=3").path, parse_still("still@7=2=3").weight) == (Path("still@7=2"), 3.0)
