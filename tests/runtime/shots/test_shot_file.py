"""Lists of shots come back from every format as they were written, and lists of other programs are read."""

from fractions import Fraction
from pathlib import Path

import pytest

from tinct.runtime.errors import MediaNotFoundError, OutputError, OutputExistsError, ShotListError, UsageError
from tinct.runtime.shots import Kind, Shot, ShotList, Transition, read_shots, write_shots
from tinct.runtime.shots.shot import PlateStart, shots_between
from tinct.runtime.shots.shot_file import FORMATS

TRANSITIONS = (
    Transition.cut(1021),
    Transition(Kind.DISSOLVE, 1050, 1044, 1055),
    Transition(Kind.FADE, 1080, 1070, 1091),
)


def shot_list(**changes: object) -> ShotList:
    facts = {"rate": Fraction(24000, 1001), "timecode": "01:00:00:00", "detector": "transnetv2"} | changes
    return ShotList("films/reel 1.mov", shots_between(TRANSITIONS, 1001, 1100), **facts)


@pytest.fixture(params=sorted(FORMATS))
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == ".otio":
        pytest.importorskip("opentimelineio")
    return tmp_path / f"shots{request.param}"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"timecode": None},
        {"timecode": None, "rate": Fraction(18)},
        {"timecode": "09:59:59;28", "rate": Fraction(30000, 1001)},
        {"detector": ""},
    ],
)
def test_a_list_comes_back_as_it_was(path: Path, changes: dict[str, object]) -> None:
    shots = shot_list(**changes)
    write_shots(path, shots)
    assert read_shots(path) == shots
    assert [shot.first for shot in shots.shots] == [1001, 1021, 1050, 1080]


def test_a_list_is_not_replaced_unless_told(path: Path) -> None:
    write_shots(path, shot_list())
    before = path.read_bytes()
    with pytest.raises(OutputExistsError, match="--overwrite"):
        write_shots(path, shot_list(detector="content"))
    assert path.read_bytes() == before
    write_shots(path, shot_list(detector="content"), overwrite=True)
    assert read_shots(path).detector == "content"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_files_that_are_no_lists(path: Path) -> None:
    with pytest.raises(MediaNotFoundError, match="tinct shots"):
        read_shots(path)
    path.write_text("1 2 3\n", encoding="utf-8")
    with pytest.raises(ShotListError, match=path.name):
        read_shots(path)
    path.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(ShotListError, match=path.name):
        read_shots(path)


def test_names_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.otio, \.edl, \.csv"):
        write_shots(tmp_path / "shots.txt", shot_list())
    with pytest.raises(OutputError, match="folder"):
        write_shots(tmp_path / "none" / "shots.csv", shot_list())


def test_timecodes_are_the_plate_s_own(tmp_path: Path) -> None:
    write_shots(tmp_path / "shots.edl", shot_list())
    events = [line for line in (tmp_path / "shots.edl").read_text().splitlines() if line[:3].isdigit()]
    # the second shot is 20 frames after the first frame, which has 01:00:00:00
    assert events[1].split()[4:6] == ["01:00:00:20", "01:00:02:01"]
    assert all(line.split()[3] == "C" for line in events)


FOREIGN = """TITLE: REEL
FCM: NON-DROP FRAME

001  A001     V     C        03:00:10:00 03:00:12:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME: A
001  A001     AA    C        03:00:10:00 03:00:12:00 01:00:00:00 01:00:02:00
002  A001     V     C        03:00:12:00 03:00:12:00 01:00:02:00 01:00:02:00
002  A002     V     D    012 04:00:00:00 04:00:01:00 01:00:02:00 01:00:03:00
"""


def test_an_edl_of_another_program_is_read_by_its_record_timecodes(tmp_path: Path) -> None:
    (tmp_path / "reel.edl").write_text(FOREIGN)
    found = read_shots(tmp_path / "reel.edl", PlateStart(1001, "01:00:00:00", Fraction(25)))
    dissolve = Transition(Kind.DISSOLVE, 1051, 1051, 1062)
    assert found.shots == (Shot(1001, 1050), Shot(1051, 1075, dissolve))
    assert found.timecode == "01:00:00:00"


def test_a_timeline_of_another_program_is_read_by_its_source_ranges(tmp_path: Path) -> None:
    otio = pytest.importorskip("opentimelineio")
    track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
    for first, frames in ((86400, 40), (86440, 30)):
        span = otio.opentime.TimeRange(otio.opentime.RationalTime(first, 24), otio.opentime.RationalTime(frames, 24))
        track.append(otio.schema.Clip(source_range=span))
    timeline = otio.schema.Timeline()
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(tmp_path / "reel.otio"))
    found = read_shots(tmp_path / "reel.otio", PlateStart(0, "01:00:00:00", Fraction(24)))
    assert found.shots == (Shot(0, 39), Shot(40, 69, Transition.cut(40)))


def test_a_table_needs_two_columns_only(tmp_path: Path) -> None:
    (tmp_path / "cuts.csv").write_text("first,last\n10,19\n20,40\n")
    assert read_shots(tmp_path / "cuts.csv").shots == (Shot(10, 19), Shot(20, 40, Transition.cut(20)))


@pytest.mark.parametrize("rows", ["10,19\n21,40\n", "10,19\n19,40\n", "19,10\n", "a,b\n", ""])
def test_a_table_whose_shots_do_not_follow_on_each_other(tmp_path: Path, rows: str) -> None:
    (tmp_path / "cuts.csv").write_text("first,last\n" + rows)
    with pytest.raises(ShotListError):
        read_shots(tmp_path / "cuts.csv")


def test_a_cut_and_a_fade_reset_at_once_and_a_dissolve_at_its_end() -> None:
    assert shot_list().resets == (1021, 1056, 1080)
