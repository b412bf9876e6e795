"""Timelines of other programs give the frames that they show, or say why not."""

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from tinct.runtime.conform.conform import conform
from tinct.runtime.conform.media_index import MediaIndex
from tinct.runtime.conform.timeline import Timeline, TimelineClip
from tinct.runtime.conform.timeline_file import read_timeline
from tinct.runtime.errors import MediaError, MediaNotFoundError, ProjectError, UsageError
from tinct.runtime.project import ProjectShot

EDL = """TITLE: REEL
FCM: NON-DROP FRAME

001  A001     V     C        01:00:00:10 01:00:01:10 01:00:00:00 01:00:01:00
* FROM CLIP NAME: arrival.mov
002  A001     AA    C        01:00:00:10 01:00:01:10 01:00:00:00 01:00:01:00
003  A002     V     C        00:00:00:05 00:00:01:05 01:00:01:00 01:00:02:00
* FROM CLIP NAME: hall.mov
004  A002     V     C        00:00:01:05 00:00:01:05 01:00:02:00 01:00:02:00
004  A001     V     D    008 01:00:02:00 01:00:03:00 01:00:02:00 01:00:03:00
* FROM CLIP NAME: hall.mov
* TO CLIP NAME: arrival.mov
005  BL       V     C        00:00:00:00 00:00:01:00 01:00:03:00 01:00:04:00
006  A001     V     C        01:00:00:00 01:00:02:00 01:00:04:00 01:00:05:00
M2   A001       048.0                01:00:00:00
* FROM CLIP NAME: arrival.mov
007  A001     V     C        01:00:03:00 01:00:04:00 01:00:05:00 01:00:06:00
M2   A001       -024.0                01:00:03:00
* FROM CLIP NAME: arrival.mov
008  A001     V     C        01:00:03:00 01:00:04:00 01:00:06:00 01:00:07:00
M2   A001       000.0                01:00:03:00
* FROM CLIP NAME: arrival.mov
"""


def facts(shots: tuple[ProjectShot, ...]) -> list[tuple[str, str, int, int]]:
    return [(shot.name, Path(shot.source).name, shot.first, shot.last) for shot in shots]


def conformed(path: Path, media: Path, **options: object) -> tuple[ProjectShot, ...]:
    return conform(read_timeline(path), MediaIndex([media]), **options).shots


def test_an_edl_gives_the_frames_of_its_sources(tmp_path: Path, media: Path) -> None:
    (tmp_path / "reel.edl").write_text(EDL)
    shots = conformed(tmp_path / "reel.edl", media)
    assert facts(shots) == [
        ("arrival", "arrival.mov", 10, 33),
        ("hall", "hall.mov", 5, 36),  # 24 frames, and 8 that dissolve
        ("arrival 2", "arrival.mov", 48, 71),
        ("arrival 3", "arrival.mov", 0, 47),
        ("arrival 4", "arrival.mov", 49, 72),
        ("arrival 5", "arrival.mov", 72, 72),
    ]
    assert [shot.note for shot in shots] == [
        "", "ends with a dissolve of 8 frames", "begins with a dissolve of 8 frames", "retimed to 200 % in the edit",
        "retimed to -100 % in the edit", "freeze frame",
    ]  # fmt: skip


def test_handles_are_as_long_as_the_plate_allows(tmp_path: Path, media: Path) -> None:
    (tmp_path / "reel.edl").write_text(EDL)
    shots = conformed(tmp_path / "reel.edl", media, handles=8)
    assert [(shot.handle_in, shot.handle_out) for shot in shots[:4]] == [(8, 8), (5, 8), (8, 8), (0, 8)]


def test_an_edl_in_drop_frame_counts_as_its_timecode_does(tmp_path: Path) -> None:
    line = "001  A001  V  C  00:01:00;02 00:01:01;02 01:00:00;00 01:00:01;00\n* FROM CLIP NAME: a.mov\n"
    for text in ("FCM: DROP FRAME\n" + line.replace(";", ":"), line):
        (tmp_path / "reel.edl").write_text(text)
        (clip,) = read_timeline(tmp_path / "reel.edl", rate="30000/1001").clips
        assert (clip.start, clip.frames) == (1800, 30)  # the numbers 0 and 1 of the minute are left out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no video events"),
        ("001 what", "no event of a CMX 3600"),
        ("001 A V C 01:00:00:00 01:00:01:00 01:00:00:99 01:00:01:00", "timecode 01:00:00:99 is none"),
        ("001 A V C 01:00:00:00 01:00:01:24 01:00:00:00 01:00:01:24", "(--rate)"),
    ],
)
def test_what_is_no_edl(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "reel.edl").write_text(text)
    with pytest.raises(ProjectError) as raised:
        read_timeline(tmp_path / "reel.edl")
    assert said in str(raised.value)


def test_every_event_that_cannot_be_a_shot_is_named(tmp_path: Path, media: Path) -> None:
    text = """
001  A001  V  C  01:00:00:00 01:00:01:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME: arrival.mov
002  A001  V  KB  01:00:00:00 01:00:01:00 01:00:02:00 01:00:03:00
003  GONE  V  C  01:00:00:00 01:00:01:00 01:00:03:00 01:00:04:00
* FROM CLIP NAME: gone.mov
004  A001  V  C  02:00:00:00 02:00:01:00 01:00:04:00 01:00:05:00
* FROM CLIP NAME: arrival.mov
005  A001  V  C  01:00:00:00 01:00:01:00 01:00:05:00 01:00:06:00
* FROM CLIP NAME: arrival.mov
"""
    (tmp_path / "reel.edl").write_text(text)
    with pytest.raises(ProjectError) as raised:
        conformed(tmp_path / "reel.edl", media)
    said = str(raised.value)
    assert said.startswith("4 clips of ")
    for part in (
        "event 001 (arrival.mov): 24 frames of its source last 48",
        "event 002 (A001): it is keyed",
        "gone.mov: its media 'gone.mov' or 'GONE' was not found",
        "arrival.mov: it shows the frames 86400 to 86423",
        "timecode from 01:00:00:00",
    ):
        assert part in said
    found = conform(read_timeline(tmp_path / "reel.edl"), MediaIndex([media]), skip=True)
    assert facts(found.shots) == [("arrival", "arrival.mov", 0, 23)]
    assert len(found.refused) == 4


def test_a_timeline_at_another_rate_than_its_plate_is_refused(tmp_path: Path, media: Path) -> None:
    (tmp_path / "reel.edl").write_text(EDL)
    with pytest.raises(ProjectError, match=r"25 frames a second and .* has 24; make the timeline at the plate's rate"):
        conform(read_timeline(tmp_path / "reel.edl", rate="25"), MediaIndex([media]))
    with pytest.raises(UsageError, match="no rate"):
        read_timeline(tmp_path / "reel.edl", rate="fast")


def otio_timeline(media: Path, *, linked: bool = True) -> object:
    """Two shots with a transition, a gap, one played at twice its speed, one nested."""
    otio = pytest.importorskip("opentimelineio")

    def span(first: float, frames: float) -> object:
        return otio.opentime.TimeRange(otio.opentime.RationalTime(first, 24), otio.opentime.RationalTime(frames, 24))

    def clip(name: str, start: int, length: int, first: int, frames: int) -> object:
        url = (media / name).as_uri() if linked else f"file:///elsewhere/{name}"
        reference = otio.schema.ExternalReference(target_url=url, available_range=span(start, length))
        reference.name = name
        return otio.schema.Clip(Path(name).stem, reference, span(first, frames))

    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    track.append(clip("arrival.mov", 86400, 100, 86410, 20))
    track.append(
        otio.schema.Transition(
            "x",
            otio.schema.TransitionTypes.SMPTE_Dissolve,
            otio.opentime.RationalTime(3, 24),
            otio.opentime.RationalTime(4, 24),
        )
    )
    track.append(clip("hall.mov", 0, 60, 10, 20))
    track.append(otio.schema.Gap(source_range=span(0, 10)))
    timeline = otio.schema.Timeline("film", global_start_time=otio.opentime.RationalTime(86400, 24))
    timeline.tracks.append(track)
    return timeline


SHOTS = [("arrival", "arrival.mov", 10, 33), ("hall", "hall.mov", 7, 29)]


@pytest.mark.parametrize(
    ("suffix", "options"), [("otio", {}), ("xml", {}), ("aaf", {"use_empty_mob_ids": True}), ("otioz", {})]
)
def test_formats_of_opentimelineio(tmp_path: Path, media: Path, suffix: str, options: dict[str, object]) -> None:
    otio = pytest.importorskip("opentimelineio")
    if suffix in ("xml", "aaf"):
        pytest.importorskip({"xml": "otio_fcp_adapter", "aaf": "otio_aaf_adapter"}[suffix])
    path = tmp_path / f"film.{suffix}"
    timeline = otio_timeline(media)
    if suffix == "aaf":  # its writer takes no transition that was not read from an AAF
        del timeline.tracks[0][1]  # type: ignore[attr-defined]
    otio.adapters.write_to_file(timeline, str(path), **options)
    plain = [("arrival", "arrival.mov", 10, 29), ("hall", "hall.mov", 10, 29)]
    assert facts(conformed(path, media)) == (plain if suffix == "aaf" else SHOTS)


def test_retimes_nesting_and_what_is_switched_off(tmp_path: Path, media: Path) -> None:
    otio = pytest.importorskip("opentimelineio")
    timeline = otio_timeline(media)
    track = timeline.tracks[0]  # type: ignore[attr-defined]
    fast, frozen, curve, off = (otio.core.SerializableObject.clone(track[0]) for _ in range(4))
    fast.effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
    frozen.effects.append(otio.schema.FreezeFrame())
    curve.name = "curve"
    curve.effects.append(otio.schema.TimeEffect("ramp"))
    off.enabled = False
    wrapped = otio.schema.Stack("wrapped", children=[otio.schema.Track(children=[track[0].clone()])])
    wrapped.effects.append(otio.schema.LinearTimeWarp(time_scalar=-0.5))
    scan = otio.schema.ImageSequenceReference(
        (media / "scan").as_uri(), "garden.", ".png", start_frame=1001, frame_zero_padding=4, rate=24,
        available_range=otio.opentime.TimeRange(
            otio.opentime.RationalTime(1001, 24), otio.opentime.RationalTime(30, 24)
        ),
    )  # fmt: skip
    sequence = otio.schema.Clip("seq", scan, otio.opentime.range_from_start_end_time(
        otio.opentime.RationalTime(1004, 24), otio.opentime.RationalTime(1014, 24)
    ))  # fmt: skip
    stack = otio.schema.Stack("layers", children=[track[0].clone(), track[0].clone()])
    generator = otio.schema.Clip("bars", otio.schema.GeneratorReference("bars"), track[0].source_range)
    track.extend([fast, frozen, curve, off, wrapped, sequence, stack, generator])
    otio.adapters.write_to_file(timeline, str(tmp_path / "film.otio"))
    found = conform(read_timeline(tmp_path / "film.otio"), MediaIndex([media]), skip=True)
    assert facts(found.shots)[2:] == [
        ("arrival 2", "arrival.mov", 10, 49),
        ("arrival 3", "arrival.mov", 10, 10),
        ("arrival 4", "arrival.mov", 1, 10),
        ("seq", "garden.%04d.png", 1004, 1013),
    ]
    assert len(found.refused) == 2
    assert "curve: its time is remapped by a curve (ramp)" in found.refused[0]
    assert "layers: it is nested or layered" in found.refused[1]


FCPXML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.10"><resources>
<format id="r1" frameDuration="100/2400s" width="32" height="16"/>
<asset id="r2" name="arrival" start="3600s" duration="10000/2400s" hasVideo="1" format="r1">
  <media-rep kind="original-media" src="{folder}/arrival.mov"/></asset>
<asset id="r3" name="hall" src="{folder}/hall.mov" start="0s" duration="6000/2400s" hasVideo="1" format="r1"/>
<asset id="r4" name="music" src="{folder}/music.wav" start="0s" duration="60s" hasAudio="1"/>
<effect id="r5" name="Custom" uid=".../Custom.moti"/>
</resources><library><event name="e"><project name="film"><sequence format="r1" duration="10s"><spine>
<asset-clip ref="r2" offset="0s" name="arrival" start="8641000/2400s" duration="2000/2400s">
  <asset-clip ref="r3" lane="1" offset="8641000/2400s" name="over" start="4000/2400s" duration="500/2400s"/>
  <asset-clip ref="r4" lane="-1" offset="8641000/2400s" name="music" duration="2000/2400s"/>
</asset-clip>
<transition name="Cross Dissolve" offset="1600/2400s" duration="800/2400s"/>
<asset-clip ref="r3" offset="2000/2400s" name="hall" start="1000/2400s" duration="2000/2400s"/>
<gap offset="4000/2400s" start="3600s" duration="1000/2400s"/>
<title ref="r5" offset="5000/2400s" name="THE END" start="3600s" duration="1000/2400s"/>
<clip offset="6000/2400s" name="as clip" start="3601s" duration="1200/2400s">
  <video ref="r2" offset="3600s" start="3600s" duration="10000/2400s"/></clip>
<asset-clip ref="r2" offset="7200/2400s" name="slow" start="3600s" duration="2400/2400s">
  <timeMap frameSampling="floor"><timept time="3600s" value="3600s" interp="linear"/>
  <timept time="3602s" value="3601s" interp="linear"/></timeMap></asset-clip>
<asset-clip ref="r3" offset="9600/2400s" name="conformed" duration="1200/2400s">
  <conform-rate srcFrameRate="25"/></asset-clip>
<ref-clip ref="r9" offset="10800/2400s" name="compound" duration="1200/2400s"/>
<asset-clip ref="r3" offset="12000/2400s" name="off" duration="1200/2400s" enabled="0"/>
</spine></sequence></project></event></library></fcpxml>
"""


def test_fcpxml(tmp_path: Path, media: Path) -> None:
    (tmp_path / "film.fcpxml").write_text(FCPXML.format(folder=media.as_uri()))
    found = conform(read_timeline(tmp_path / "film.fcpxml"), MediaIndex([media]), skip=True)
    assert facts(found.shots) == [
        ("arrival", "arrival.mov", 10, 33),  # 20 frames, and 4 that dissolve
        ("over", "hall.mov", 40, 44),
        ("hall", "hall.mov", 6, 29),
        ("as clip", "arrival.mov", 24, 35),
        ("slow", "arrival.mov", 0, 11),
    ]
    assert found.rate == Fraction(24)
    assert [text.split(":")[0] for text in found.refused] == ["conformed", "compound"]
    bundle = tmp_path / "film.fcpxmld"
    bundle.mkdir()
    shutil.copy(tmp_path / "film.fcpxml", bundle / "Info.fcpxml")
    assert len(read_timeline(bundle).clips) == 6 - 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.fcpxml", "<fcpxml/>"),
        ("a.fcpxml", "<fcpxml"),
        ("a.xml", "<html/>"),
        ("a.otio", "{}"),
        ("a.otio", '{"OTIO_SCHEMA": "Track.1", "childre{SCHEMA": "Clip.2"}}'),
        ("a.otioz", "no bundle"),
        ("a.aaf", "no aaf"),
        ("a.xml", "<xmeml/>"),
        ("a.fcpxml", FCPXML.replace("3600s", "much")),
    ],
)
def test_what_is_no_timeline(tmp_path: Path, name: str, text: str) -> None:
    pytest.importorskip("opentimelineio")
    (tmp_path / name).write_text(text)
    with pytest.raises(ProjectError, match=name):
        read_timeline(tmp_path / name)


def test_no_file_and_no_format(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFoundError):
        read_timeline(tmp_path / "none.edl")
    with pytest.raises(UsageError, match=r"ends in \.edl, \.fcpxml"):
        read_timeline(tmp_path / "cut.prproj")
    with pytest.raises(UsageError, match="--media"):
        MediaIndex([tmp_path / "none"])


def test_media_are_found_by_name_wherever_they_are(tmp_path: Path, media: Path) -> None:
    index = MediaIndex([media])
    found = {
        "file:///gone/Arrival.MOV": "arrival.mov",
        "C:\\edit\\arrival.mxf": "arrival.mov",
        "/gone/garden.[1001-1030].png": "garden.%04d.png",
        "file://localhost" + str(media / "scan" / "garden.%04d.png"): "garden.%04d.png",
        "file://" + str(media / "scan" / "garden.####.png"): "garden.%04d.png",
        (media / "hall.mov").as_uri().replace("hall", "h%61ll"): "hall.mov",
        "reel 7": None,
        "garden.1005.png": "garden.%04d.png",
        "/gone/garden.%04d.exr": "garden.%04d.png",
        "scan": "garden.%04d.png",
        str(media / "scan"): "garden.%04d.png",
        str(media / "scan" / "garden.1001.png"): "garden.%04d.png",
        "scan/garden.####.png": "garden.%04d.png",
    }
    for name, file in found.items():
        if file is None:
            with pytest.raises(MediaNotFoundError, match="--media"):
                index.find([name])
        else:
            assert index.find([name]).name == file, name
    for folder in ("one/reel", "two/reel"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(media / "hall.mov", tmp_path / folder)
    twice = MediaIndex([tmp_path])
    assert twice.find(["/mnt/two/reel/hall.mov"]) == tmp_path / "two" / "reel" / "hall.mov"
    with pytest.raises(MediaError, match="may be any of"):
        twice.find(["/mnt/reel/hall.mov"])


def test_a_sequence_is_counted_by_its_own_numbers(media: Path) -> None:
    clip = TimelineClip("garden", ("garden",), 1005, 10, Fraction(24))
    from_start = TimelineClip("garden", ("garden",), 90005, 10, Fraction(24), 90000)
    timeline = Timeline(Path("a.otio"), Fraction(24), (clip, from_start))
    found = conform(timeline, MediaIndex([media]))
    assert [(shot.first, shot.last) for shot in found.shots] == [(1005, 1014), (1006, 1015)]
