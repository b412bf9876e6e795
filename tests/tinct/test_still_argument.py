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
