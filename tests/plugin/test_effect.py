"""The effect on a worker with the fake backend: in whatever order a host asks, frames are those of a straight pass."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinct.plugin import effect as module
from tinct.plugin.client import Client, WorkerRefused
from tinct.plugin.effect import EffectInstance, PlateDescription, create_instance
from tinct.plugin.params import (
    HintPoint,
    ParameterError,
    StillInForce,
    format_hints,
    format_stills,
)
from tinct.runtime.hint_points import PointHint
from tinct.runtime.media import open_plate
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate

WIDTH, HEIGHT = 96, 64
FIRST, LAST = 1001, 1012
SHOT = range(FIRST, LAST + 1)


def luma(number: int) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    return (0.5 + 0.4 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)).astype(np.float32)


@pytest.fixture
def stills(tmp_path: Path) -> list[str]:
    grey = luma(FIRST) * 255
    paths = []
    for name, turn in (("one", 0), ("two", 80), ("three", 160)):
        still = np.stack([grey, 255 - grey * 0.8 - turn / 2, grey * 0.3 + turn], axis=-1)
        paths.append(str(tmp_path / f"{name}.png"))
        cv2.imwrite(paths[-1], still.astype(np.uint8))
    return paths


@pytest.fixture
def values(stills: list[str]) -> dict[str, object]:
    in_force = [StillInForce(stills[0]), StillInForce(stills[1], 1007, 2.0)]
    return {"stills": format_stills(in_force), "model": "fake", "backend": "fake", "workingSize": 64}


@pytest.fixture
def create(serve: Callable[..., Client], values: dict[str, object]) -> Callable[..., EffectInstance]:
    client: list[Client] = []

    def make(first: int | None = FIRST, transfer: str = "bt709", **changed: object) -> EffectInstance:
        if not client:
            client.append(serve())
        return create_instance(
            client[0], PlateDescription(WIDTH, HEIGHT, transfer=transfer, first=first), {**values, **changed}
        )

    return make


def frame(instance: EffectInstance, number: int, fetch: Callable[[int], object] = luma) -> tuple[bytes, bool]:
    got = instance.render(number, fetch)
    return bytes(got.arrays["rgb"]), got.preview


def only(number: int) -> Callable[[int], object]:
    """A host that has no other frame than the one that it renders."""
    return lambda wanted: luma(wanted) if wanted == number else None


def straight(instance: EffectInstance, frames: range = SHOT) -> dict[int, bytes]:
    instance.begin_sequence_render(frames[0], frames[-1], frames.step)
    got = {number: frame(instance, number, only(number)) for number in frames}
    instance.end_sequence_render()
    assert not any(preview for _, preview in got.values())
    return {number: pixels for number, (pixels, _) in got.items()}


def test_a_straight_pass_is_what_colorize_makes(create, values, stills: list[str], tmp_path: Path) -> None:
    want: dict[int, bytes] = {}
    for number in SHOT:
        cv2.imwrite(str(tmp_path / f"plate.{number}.png"), np.rint(luma(number) * 65535).astype(np.uint16))
    hint = HintPoint(1003, 20.0, 15.0, 0.0, 0.0, 1.0)
    colorize_plate(
        ColorizeRequest(
            input=tmp_path / "plate.####.png",
            references=(StillAt(stills[0]), StillAt(stills[1], 1007, 2.0)),
            output=tmp_path / "out.####.png",
            model="fake",
            backend="fake",
            working_size=64,
            chroma=1.3,
            hints=(PointHint(1003, 20.0, 15.0, (0.0, 0.0, 1.0)),),
        ),
        on_frame=lambda result, step: want.update({result.number: result.rgb.tobytes()}),
    )
    with open_plate(tmp_path / "plate.####.png") as plate:
        pictures = {one.number: one.luma.copy() for one in plate.frames()}
        transfer = plate.info.colour.transfer
    instance = create(transfer=transfer, chroma=1.3, hints=format_hints([hint]))
    for number in SHOT:
        assert bytes(instance.render(number, pictures.get).arrays["rgb"]) == want[number], number


ORDERS = st.lists(st.sampled_from(SHOT), min_size=1, max_size=16)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=ORDERS, alone=st.booleans())
def test_however_a_host_scrubs_the_final_pass_is_a_straight_one(order: list[int], alone: bool, scrubbed) -> None:
    want, instance = scrubbed
    for number in order:
        pixels, preview = frame(instance, number, only(number) if alone else luma)
        assert preview or pixels == want[number]
        assert alone or not preview  # a host that gives the frames in between gets no previews
    assert straight(instance) == want


@pytest.fixture
def scrubbed(create) -> tuple[dict[int, bytes], EffectInstance]:
    hint = format_hints([HintPoint(1003, 20.0, 15.0, 0.0, 0.0, 1.0)])
    return straight(create(hints=hint)), create(hints=hint)


def test_a_permutation_of_all_frames_is_right_in_every_one(create) -> None:
    want, instance = straight(create()), create()
    for number in np.random.default_rng(5).permutation(list(SHOT)).tolist():
        assert frame(instance, number) == (want[number], False)


def test_going_back_costs_less_than_the_whole(create, stills: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_FRAMES", 3)
    instance = create(stills=format_stills([StillInForce(stills[0])]))
    straight(instance)
    asked: list[int] = []
    instance.render(1006, lambda number: asked.append(number) or luma(number))
    assert sorted(set(asked)) == [1004, 1005, 1006]
    assert instance.get_frames_needed(1012) == range(1010, 1013)


def test_the_frames_needed_begin_where_the_stills_do(create) -> None:
    instance = create()
    assert instance.get_frames_needed(1005) == range(1001, 1006)
    assert instance.get_frames_needed(1009) == range(1007, 1010)
    hinted = create(hints=format_hints([HintPoint(1003, 20.0, 15.0, 0.0, 0.0, 1.0)]))
    assert hinted.get_frames_needed(1009) == range(1001, 1010)


def test_previews_go_on_from_each_other_and_leave_the_pass_alone(create) -> None:
    want, instance = straight(create()), create()
    assert frame(instance, 1001) == (want[1001], False)
    resets = [instance.render(number, only(number)).was_reset for number in (1004, 1005, 1006)]
    assert resets == [True, False, False]
    assert frame(instance, 1007, only(1007)) == (want[1007], False)  # other stills: nothing is taken from before
    assert frame(instance, 1002, only(1002)) == (want[1002], False)


def test_a_still_swapped_in_mid_shot_leaves_what_came_before(create, stills: list[str]) -> None:
    instance = create()
    before = straight(instance)
    swapped = format_stills([StillInForce(stills[0]), StillInForce(stills[2], 1007)])
    instance.set_values({"stills": swapped})
    after = straight(create(stills=swapped))
    assert {n for n in SHOT if before[n] != after[n]} == set(range(1007, LAST + 1))
    assert frame(instance, 1007, only(1007)) == (after[1007], False)
    assert frame(instance, 1006, luma) == (before[1006], False)
    assert straight(instance) == after


def test_a_still_swapped_while_playing_is_seen_in_the_next_frame(create, stills: list[str]) -> None:
    want = straight(create(stills=format_stills([StillInForce(stills[2])])))
    instance = create(stills=format_stills([StillInForce(stills[0])]))
    for number in range(1001, 1006):
        frame(instance, number, only(number))
    instance.set_values({"stills": format_stills([StillInForce(stills[2])])})
    assert frame(instance, 1006, only(1006))[1]  # the frames before were of another still and are not here
    assert frame(instance, 1006) == (want[1006], False)


def test_chroma_and_view_keep_the_state(create) -> None:
    want = straight(create(chroma=0.5))
    instance = create()
    for number in range(1001, 1005):
        frame(instance, number, only(number))
    instance.set_values({"chroma": 0.5, "view": "confidence"})
    shown = instance.render(1005, only(1005))
    assert list(shown.arrays) == ["confidence"]
    assert not shown.preview
    instance.set_values({"view": "result"})
    assert frame(instance, 1006, only(1006)) == (want[1006], False)


def test_a_refused_value_changes_nothing(create) -> None:
    want, instance = straight(create()), create()
    frame(instance, 1001)
    for wrong, error in (
        ({"chroma": -1}, ParameterError),
        ({"stills": format_stills([StillInForce("/nowhere/still.png")])}, WorkerRefused),
        ({"hints": format_hints([HintPoint(1001, 500, 5, 0, 0, 1)])}, WorkerRefused),
    ):
        with pytest.raises(error):
            instance.set_values(wrong)
    assert frame(instance, 1002, only(1002)) == (want[1002], False)


def test_without_a_still_in_force_a_frame_is_the_plates_own(create, stills: list[str]) -> None:
    instance = create(stills=format_stills([StillInForce(stills[0], 1004)]))
    assert [instance.is_identity(number) for number in (1003, 1004)] == [True, False]
    assert create(stills="[]").is_identity(1001)


def test_the_first_frame_is_learned_where_the_host_does_not_say(create) -> None:
    want, instance = straight(create()), create(first=None)
    assert not frame(instance, 1005)[1]
    assert [frame(instance, number) for number in SHOT] == [(want[number], False) for number in SHOT]


def test_a_pass_over_every_second_frame_is_a_shot_of_its_own(create) -> None:
    instance = create()
    want = straight(create())
    halves = straight(instance, range(FIRST, LAST, 2))
    assert halves[1003] != want[1003]
    assert straight(instance, range(FIRST, LAST, 2)) == halves
    assert straight(instance) == want


def test_purging_changes_no_result(create) -> None:
    want, instance = straight(create()), create()
    for number in SHOT:
        instance.purge_caches()
        assert frame(instance, number) == (want[number], False)


def test_few_checkpoints_are_kept_of_a_long_shot(create, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_FRAMES", 1)
    monkeypatch.setattr(module, "MOST_CHECKPOINTS", 4)
    want, instance = straight(create()), create()
    straight(instance)
    assert len(instance._kept) <= 4
    assert frame(instance, 1009) == (want[1009], False)


def test_a_host_without_the_picture_hears_of_it(create) -> None:
    with pytest.raises(ValueError, match="no picture of frame 1001"):
        create().render(1001, lambda number: None)
