"""Playing: frames ahead, in order, at the plate's rate or as they come."""

import dataclasses
from fractions import Fraction
from pathlib import Path

import pytest

from tinct.ui.models import playback as playback_module
from tinct.ui.models.playback import Playback

FIRST, LAST = 1001, 1007


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def playback(bench, clock: Clock) -> Playback:
    bench.settle()
    panel = bench.panel
    return Playback(panel.viewer, panel.shots, panel.frames, lambda: Fraction(10), clock)


def frames_seen(bench) -> list[int]:
    """Frames as they are shown from now on, the right ones alone."""
    seen: list[int] = []

    def look() -> None:
        viewer = bench.panel.viewer
        if viewer.is_current and (not seen or seen[-1] != viewer.frame):
            seen.append(viewer.frame)

    bench.panel.viewer.changed.connect(look)
    return seen


def made_ahead(bench, *frames: int) -> bool:
    viewer = bench.panel.viewer
    return all(bench.panel.frames.has(viewer.variant, frame, viewer.views) for frame in frames)


def test_frames_ahead_are_made_while_one_is_shown(bench, playback: Playback) -> None:
    playback.play()
    bench.until(lambda: made_ahead(bench, *range(FIRST, LAST + 1)))
    assert bench.panel.viewer.frame == FIRST  # the clock stands


def test_each_frame_is_shown_in_order_and_none_before_its_time(bench, playback: Playback, clock: Clock) -> None:
    playback.play()
    bench.until(lambda: made_ahead(bench, *range(FIRST, LAST + 1)))
    seen = frames_seen(bench)
    for _ in range(40):
        clock.seconds += 0.025
        playback.tick()
    assert seen == [FIRST + number % 7 for number in range(1, 11)]  # a second at ten a second, over and over
    assert playback.speed == pytest.approx(10, rel=0.05)
    assert playback.words == "playing at 10 fps"


def test_where_the_worker_is_slower_frames_are_shown_as_they_come(bench, playback: Playback, clock: Clock) -> None:
    seen = frames_seen(bench)
    made: list[int] = []
    ask = bench.panel.frames.ask_ahead

    def slowly(variant, numbers, views, done, failed) -> None:  # 0.5 s for each frame
        def come(one) -> None:
            clock.seconds += 0.5
            made.append(one.number)
            done(one)

        ask(variant, numbers, views, come, failed)

    bench.panel.frames.ask_ahead = slowly
    playback.play()
    bench.until(lambda: len(made) == 6)
    assert seen == made == list(range(FIRST + 1, LAST + 1))
    assert playback.speed == pytest.approx(2, rel=0.05)
    assert playback.words == "playing at 2 fps, each frame as it comes"


def test_no_more_than_so_many_frames_are_made_ahead(
    bench, playback: Playback, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playback_module, "AHEAD", 3)
    playback.play()
    bench.until(lambda: made_ahead(bench, FIRST + 1, FIRST + 2, FIRST + 3) and not bench.panel.frames.is_busy)
    assert not made_ahead(bench, FIRST + 4)
    clock.seconds += 0.1
    playback.tick()
    playback.tick()
    bench.until(lambda: made_ahead(bench, FIRST + 4))


def test_a_jump_goes_before_what_is_made_ahead(bench, playback: Playback) -> None:
    playback.play()
    order: list[int] = []
    keep = bench.panel.frames._kept.put
    bench.panel.frames._kept.put = lambda key, value, size: (order.append(value.number), keep(key, value, size))
    bench.panel.viewer.go_to(LAST - 1)
    assert not bench.panel.viewer.is_current
    bench.settle()
    assert LAST - 1 in order
    assert not set(order[order.index(LAST - 1) + 1 :]) & {FIRST + 2, FIRST + 3}
    bench.until(lambda: made_ahead(bench, LAST))
    assert playback.is_playing


def test_playing_ends_with_the_run_ahead(bench, playback: Playback) -> None:
    playback.play()
    playback.stop()
    bench.until(lambda: not bench.panel.frames.is_busy)
    assert not made_ahead(bench, LAST)
    bench.panel.viewer.go_to(LAST)
    bench.settle()


def test_playing_takes_what_is_looked_at_and_the_rest_follows_where_it_stops(
    bench, playback: Playback, clock: Clock
) -> None:
    viewer = bench.panel.viewer
    playback.play()
    bench.until(lambda: made_ahead(bench, FIRST + 1, FIRST + 2))
    clock.seconds += 0.11
    playback.tick()
    assert (viewer.frame, viewer.mark, list(viewer.seen.pictures)) == (FIRST + 1, "", ["view"])
    shown = viewer.shown().picture.data
    playback.stop()
    assert viewer.is_current
    assert viewer.shown().picture.data == shown  # it stays meanwhile
    bench.until(lambda: len(viewer.seen.pictures) == 4)
    assert viewer.shown().picture.data == shown


def test_another_way_of_looking_is_played_on(bench, playback: Playback, clock: Clock) -> None:
    viewer = bench.panel.viewer
    playback.play()
    bench.until(lambda: made_ahead(bench, *range(FIRST + 1, LAST + 1)))
    clock.seconds += 0.11
    playback.tick()
    viewer.look("confidence")
    assert viewer.mark == "rendering"
    assert viewer.shown().picture is None
    bench.until(lambda: viewer.shown().picture is not None and made_ahead(bench, FIRST + 2, FIRST + 3))
    clock.seconds += 0.11
    playback.tick()
    assert (viewer.frame, viewer.shown().picture.channels) == (FIRST + 2, 1)
    playback.stop()
    bench.settle()


def test_a_loop_has_a_first_and_a_last_frame(bench, playback: Playback, clock: Clock) -> None:
    viewer = bench.panel.viewer
    viewer.go_to(FIRST + 4)
    playback.loop_to_here()
    viewer.go_to(FIRST + 2)
    playback.loop_from_here()
    assert (playback.loop, playback.is_part) == ((FIRST + 2, FIRST + 4), True)
    viewer.go_to(FIRST)
    bench.settle()
    playback.play()
    assert viewer.frame == FIRST + 2
    bench.until(lambda: made_ahead(bench, FIRST + 2, FIRST + 3, FIRST + 4) and viewer.is_current)
    seen = frames_seen(bench)
    for _ in range(6):
        clock.seconds += 0.1
        playback.tick()
    assert set(seen) == {FIRST + 2, FIRST + 3, FIRST + 4}
    playback.loop_whole()
    assert not playback.is_part
    playback.stop()


def test_an_edit_while_it_plays_is_seen_in_the_frames_that_follow(
    bench, playback: Playback, clock: Clock, stills
) -> None:
    playback.play()
    bench.until(lambda: made_ahead(bench, *range(FIRST, LAST + 1)))
    bench.panel.stills.replace(stills[2])
    assert not made_ahead(bench, FIRST + 3)
    bench.until(lambda: made_ahead(bench, FIRST + 3))
    assert playback.is_playing
    assert bench.panel.viewer.is_current


def test_a_plate_that_cannot_be_read_stops_playing_and_is_told(
    bench, playback: Playback, plate: str, clock: Clock
) -> None:
    Path(plate % (FIRST + 3)).unlink()
    playback.play()
    bench.until(lambda: not playback.is_playing)
    assert str(FIRST + 3) in bench.panel.messages.latest.text


def test_a_shot_without_stills_is_played_too(bench, playback: Playback, clock: Clock) -> None:
    bench.panel.shots.choose(["b"])
    bench.settle()
    playback.play()
    bench.until(lambda: made_ahead(bench, 1008, 1009, 1010, 1011, 1012))
    clock.seconds += 1
    playback.tick()
    assert bench.panel.viewer.is_current


def test_with_other_stills_beside_it_each_frame_waits_for_both(bench, playback: Playback, clock: Clock, stills) -> None:
    panel = bench.panel
    panel.viewer.keep_other_stills()
    panel.stills.replace(stills[2])
    bench.settle()
    panel.viewer.compare("side by side", "other stills")
    bench.until(lambda: panel.viewer.shown().against is not None)
    playback.play()
    for number in range(1, 4):
        clock.seconds += 1
        playback.tick()
        assert panel.viewer.frame == FIRST + number
        playback.tick()
        bench.until(lambda: panel.viewer.is_current and panel.viewer.shown().against is not None)
    playback.stop()
    bench.settle()


def test_a_pixel_of_a_frame_that_was_kept_is_that_frame_s(bench) -> None:
    bench.settle()
    viewer, told = bench.panel.viewer, []
    viewer.pixel.connect(told.append)
    for frame in (FIRST, FIRST + 4, FIRST):
        viewer.go_to(frame)
        bench.settle()
        viewer.read_pixel(30, 20)
        count = len(told)
        bench.until(lambda count=count: len(told) > count)
    first, other, again = (one.facts for one in told)
    assert first == again
    assert first["plate"] != other["plate"]


def test_the_rate_is_the_project_s(bench) -> None:
    panel = bench.panel
    bench.settle()
    panel.document.edit("", dataclasses.replace(panel.document.project, rate="25"))
    panel.playback.play()
    assert panel.playback.words == "playing"
    assert panel.rate == 25
    panel.playback.stop()
