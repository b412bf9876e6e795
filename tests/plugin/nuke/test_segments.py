"""Which parts of a range are coloured by themselves, and what their names in the cache depend on."""

from pathlib import Path

import pytest

from tinct.plugin.nuke.cache import Coloured, ResultCache
from tinct.plugin.nuke.clip import Clip
from tinct.plugin.nuke.segments import Segment, split
from tinct.plugin.params import HintPoint, ParameterError, StillInForce, format_hints, format_stills, parse_stills


@pytest.fixture
def stills(tmp_path: Path) -> list[str]:
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(name.encode())
    return [str(tmp_path / f"{name}.png") for name in "abc"]


def parts(values: list[StillInForce], first: int = 1, last: int = 20) -> list[tuple[int, int, list[str]]]:
    segments = split({"stills": format_stills(values)}, first, last)
    return [
        (one.first, one.last, [Path(still.path).stem for still in parse_stills(one.values["stills"])])
        for one in segments
    ]


def test_each_set_of_stills_has_its_frames(stills: list[str]) -> None:
    a, b, c = stills
    assert parts([StillInForce(a)]) == [(1, 20, ["a"])]
    assert parts([StillInForce(a), StillInForce(b, 11), StillInForce(c, 11)]) == [(1, 10, ["a"]), (11, 20, ["b", "c"])]
    assert parts([StillInForce(a), StillInForce(b, 1)]) == [(1, 20, ["b"])]
    assert parts([StillInForce(a), StillInForce(b, -5), StillInForce(c, 30)]) == [(1, 20, ["b"])]


def test_the_same_pictures_again_are_one_part(stills: list[str], tmp_path: Path) -> None:
    a, b, _ = stills
    copy = tmp_path / "copy.png"
    copy.write_bytes(Path(a).read_bytes())
    assert parts([StillInForce(a), StillInForce(str(copy), 11)]) == [(1, 20, ["a"])]
    assert len(parts([StillInForce(a), StillInForce(str(copy), 11, 2.0)])) == 2
    assert len(parts([StillInForce(a), StillInForce(a, 11), StillInForce(b, 11)])) == 2


def test_frames_before_the_first_set_are_a_part(stills: list[str]) -> None:
    assert parts([StillInForce(stills[0], 11)]) == [(1, 10, ["a"]), (11, 20, ["a"])]
    grey = split({"stills": format_stills([StillInForce(stills[0], 11)])}, 1, 20)[0]
    assert parse_stills(grey.values["stills"])[0].frame == 11


def test_followed_points_keep_the_range_whole(stills: list[str]) -> None:
    values = {
        "stills": format_stills([StillInForce(stills[0]), StillInForce(stills[1], 11)]),
        "hints": format_hints([HintPoint(3, 1.0, 1.0, 1.0, 0.0, 0.0)]),
    }
    assert [(one.first, one.last) for one in split(values, 1, 20)] == [(1, 20)]


@pytest.mark.parametrize(("first", "last", "said"), [(5, 4, "lies before first"), (1, 20, "stills is empty")])
def test_what_cannot_be_split_is_refused(stills: list[str], first: int, last: int, said: str) -> None:
    values = {"stills": format_stills([StillInForce(stills[0])] if first > last else [])}
    with pytest.raises(ParameterError, match=said):
        split(values, first, last)


@pytest.mark.parametrize(
    ("file", "frame", "name"),
    [
        ("/a/p.%04d.exr", 7, "/a/p.0007.exr"),
        ("/a/p.####.dpx", 1001, "/a/p.1001.dpx"),
        ("/a/p%d.png", 12, "/a/p12.png"),
        ("/a/p.%04d.exr", -3, "/a/p.-0003.exr"),
        ("/a.%02d/film.mov", 7, "/a.%02d/film.mov"),
    ],
)
def test_files_of_frames(file: str, frame: int, name: str) -> None:
    assert Clip(file, 1, 10).frame_file(frame) == name


def test_a_movies_frames_are_counted_from_one() -> None:
    assert Clip("/r/result.%04d.exr", 1, 10, -1).frame_file(1) == "/r/result.0000.exr"


def test_a_segment_is_found_by_all_that_it_depends_on(stills: list[str], tmp_path: Path) -> None:
    plate = Clip(str(tmp_path / "p.%04d.exr"), 1, 4)
    for frame in range(1, 5):
        Path(plate.frame_file(frame)).write_bytes(b"plate")
    cache = ResultCache(str(tmp_path / "cache"))
    segment = split({"stills": format_stills([StillInForce(stills[0])])}, 1, 4)[0]
    key = cache.key(plate, None, segment)
    folder = Path(cache.place(key, segment))
    folder.mkdir(parents=True)
    for frame in range(1, 5):
        (folder / f"result.{frame:04d}.exr").write_bytes(b"result")
    assert cache.find(key, plate, None, segment) is None  # nobody has said that it is done
    assert cache.keep(str(folder), plate, None, segment, {}) is None  # nor that it was begun
    assert not cache.begin(str(folder), plate, None, segment)
    assert cache.begin(str(folder), plate, None, segment)  # the same again: an interrupted run can be gone on with
    assert cache.keep(str(folder), plate, None, segment, {}) == cache.find(key, plate, None, segment)
    shorter = Segment(1, 3, segment.values)
    assert cache.find(cache.key(plate, None, shorter), plate, None, shorter) is not None
    assert cache.find(key, plate, None, Segment(1, 5, segment.values)) is None
    assert cache.key(plate, Clip("/m.png", 1, 4), segment) != key
    assert cache.key(plate, None, Segment(2, 4, segment.values)) != key
    assert cache.key(plate, None, segment._replace(values=dict(segment.values, chroma=0.5))) != key
    assert cache.key(plate, None, segment._replace(values=dict(segment.values, view="confidence"))) == key

    (folder / "result.0003.exr").unlink()
    assert cache.find(key, plate, None, segment) is None
    (folder / "result.0003.exr").write_bytes(b"result")
    Path(plate.frame_file(2)).write_bytes(b"another plate")
    assert cache.find(key, plate, None, segment) is None
    assert cache.find(key, plate, None, Segment(1, 1, segment.values)) is not None
    assert not cache.begin(str(folder), plate, None, segment)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"last": 4}'])
def test_a_damaged_record_counts_for_nothing(stills: list[str], tmp_path: Path, damage: str) -> None:
    cache = ResultCache(str(tmp_path / "cache"))
    segment = split({"stills": format_stills([StillInForce(stills[0])])}, 1, 4)[0]
    plate = Clip("/p.%04d.exr", 1, 4)
    folder = Path(cache.place(cache.key(plate, None, segment), segment))
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(damage)
    assert cache.find(cache.key(plate, None, segment), plate, None, segment) is None


def test_joining_twice_changes_nothing_and_takes_no_room(stills: list[str], tmp_path: Path) -> None:
    cache = ResultCache(str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "segments" / "one"
    folder.mkdir(parents=True)
    (folder / "result.0001.exr").write_bytes(b"result")
    piece = Segment(1, 1, {}), Coloured(str(folder), {}, "of a plate")
    file = cache.join([piece], 0)
    target = Path(file % 1)
    assert target.samefile(folder / "result.0001.exr")
    before = target.stat().st_ctime_ns
    assert cache.join([piece], 0) == file
    assert target.stat().st_ctime_ns == before
    assert cache.join([(piece[0], piece[1]._replace(clips="of a plate that has changed"))], 0) != file
