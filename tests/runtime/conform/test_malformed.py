"""Damaged timelines are read or refused in words, never otherwise."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinct.runtime.conform.timeline_file import read_timeline
from tinct.runtime.errors import ProjectError

TIME = st.sampled_from(["00:00:00:00", "01:00:01:12", "23:59:59;23", "01:00:00:24", "9:9:9:9", "99:99:99:99", ""])
WORD = st.sampled_from(
    ["001", "002", "A001", "BL", "V", "A", "C", "D", "W001", "K", "008", "M2", "-024.0", "000.0", "*"]
)
NOTE = st.sampled_from(
    ["* FROM CLIP NAME: a.mov", "* TO CLIP NAME:", "* TINCT RATE: 0", "FCM: DROP FRAME", "M2 A001 1e9"]
)
EVENT = st.builds(lambda *parts: "  ".join(parts), WORD, WORD, WORD, WORD, TIME, TIME, TIME, TIME)
LINES = st.lists(EVENT | NOTE | st.text(max_size=30), max_size=8)

XML = """<fcpxml><resources><format id="r1" frameDuration="1/24s"/>
<asset id="r2" start="0s" duration="9s" hasVideo="1" format="r1" src="a.mov"/></resources>
<project><sequence format="r1"><spine>
<asset-clip ref="r2" offset="0s" start="1s" duration="2s"><timeMap><timept time="0s" value="0s"/>
<timept time="4s" value="2s"/></timeMap></asset-clip><transition offset="1s" duration="2s"/>
<clip offset="2s" duration="1s"><video ref="r2" offset="0s"/></clip>
</spine></sequence></project></fcpxml>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("timelines")


@given(lines=LINES)
def test_edl(folder: Path, lines: list[str]) -> None:
    (folder / "reel.edl").write_text("\n".join(lines), "utf-8", "replace")
    with contextlib.suppress(ProjectError):
        clips = read_timeline(folder / "reel.edl").clips
        assert all(clip.frames > 0 for clip in clips)


@given(at=st.integers(0, len(XML)), gone=st.integers(0, 12), noise=st.text(alphabet='0/s"<>x ', max_size=4))
def test_fcpxml(folder: Path, at: int, gone: int, noise: str) -> None:
    (folder / "film.fcpxml").write_text(XML[:at] + noise + XML[at + gone :], "utf-8")
    with contextlib.suppress(ProjectError):
        clips = read_timeline(folder / "film.fcpxml").clips
        assert all(clip.frames > 0 for clip in clips)


@given(at=st.integers(0, 1200), gone=st.integers(0, 12), noise=st.text(alphabet='0-/s"<>x ,{}[', max_size=4))
def test_otio(folder: Path, at: int, gone: int, noise: str) -> None:
    otio = pytest.importorskip("opentimelineio")

    def span(first: int, frames: int) -> object:
        return otio.opentime.TimeRange(otio.opentime.RationalTime(first, 24), otio.opentime.RationalTime(frames, 24))

    clip = otio.schema.Clip("a", otio.schema.ExternalReference("a.mov", span(0, 99)), span(3, 9))
    clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
    timeline = otio.schema.Timeline("film")
    timeline.tracks.append(otio.schema.Track("V", children=[clip], kind=otio.schema.TrackKind.Video))
    text = otio.adapters.write_to_string(timeline, "otio_json", indent=0)
    (folder / "film.otio").write_text(text[:at] + noise + text[at + gone :], "utf-8")
    with contextlib.suppress(ProjectError):
        assert all(clip.frames > 0 for clip in read_timeline(folder / "film.otio").clips)
