"""The shot after the current one is made ready while the viewer rests."""

import dataclasses

from tinct.runtime.project import ProjectStill
from tinct.ui.models.frames import Variant


def give_still(bench, path: str) -> Variant:
    panel = bench.panel
    panel.document.edit_shots("", ["b"], lambda shot: dataclasses.replace(shot, stills=(ProjectStill(path),)))
    bench.settle()
    return Variant.of(panel.document.project, panel.document.shot("b"))


def test_the_next_shot_opens_with_its_frame_at_once(bench, stills) -> None:
    bench.settle()
    panel = bench.panel
    variant = give_still(bench, stills[1])
    for _ in range(2):
        bench.until(lambda: not panel.frames.is_busy)
        panel.next_shot.look()
    bench.until(lambda: panel.frames.has(variant, 1008))
    before = panel.viewer.seen
    assert before.number == 1001
    panel.shots.step(1)
    assert panel.viewer.is_current
    assert panel.viewer.seen.confidence is not None
    panel.viewer.go_to(1009)
    bench.settle()
    assert panel.viewer.seen.number == 1009


def test_what_the_viewer_asks_for_goes_before_the_next_shot(bench, stills) -> None:
    bench.settle()
    panel = bench.panel
    variant = give_still(bench, stills[1])
    bench.until(lambda: not panel.frames.is_busy)
    panel.next_shot.look()
    assert not panel.frames.is_busy  # it has been looked at once
    panel.viewer.go_to(1003)
    bench.settle()
    bench.until(lambda: not panel.frames.is_busy)
    panel.next_shot.look()
    assert not panel.frames.has(variant, 1008)
    panel.shots.choose(["b"])
    panel.next_shot.look()  # the last shot has none after it
    bench.settle()


def test_a_next_shot_that_cannot_be_made_ready_is_tried_once_and_not_told(bench, tmp_path) -> None:
    bench.settle()
    panel = bench.panel
    give_still(bench, str(tmp_path / "gone.png"))
    asked = []
    ask = panel.frames.ask_ahead
    panel.frames.ask_ahead = lambda *wanted: (asked.append(wanted[1]), ask(*wanted))
    for _ in range(5):
        bench.until(lambda: not panel.frames.is_busy)
        panel.next_shot.look()
    assert asked == [[1008]]
    bench.until(lambda: not panel.frames.is_busy)
    assert panel.messages.latest is None
