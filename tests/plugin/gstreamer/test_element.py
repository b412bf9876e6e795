"""The element in a real GStreamer: frames as ``tinct colorize`` writes them, whatever the player does."""

import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.media.image_file import read_image
from tinct.runtime.run.pipeline import StillAt

SINK = "appsink name=out sync=false max-buffers=1"


def element(shot, **properties: object) -> str:
    given = {"model": "fake", "backend": "fake", "working-size": 64, "stills": shot.stills[0], **properties}
    return "tinctcolorize name=colour " + " ".join(f"{name}={value}" for name, value in given.items())


def pictures(plate: Path) -> str:
    return f'multifilesrc location={plate} caps="image/png,framerate=(fraction)24/1" ! pngdec'


def movie(shot) -> str:
    return f"filesrc location={shot.movie} ! matroskademux ! avdec_ffv1"


def time_of(number: int) -> int:
    return number * 10**9 // 24


def test_a_pipeline_on_the_command_line_writes_what_colorize_writes(shot, gstreamer, tmp_path: Path) -> None:
    pipeline = f"{pictures(shot.plate)} ! {element(shot)} ! pngenc ! multifilesink location={tmp_path}/%04d.png"
    subprocess.run(["gst-launch-1.0", "-q", *shlex.split(pipeline)], env=gstreamer, check=True, timeout=90)
    want = shot.coloured()
    got = {int(path.stem): read_image(path)[1] for path in tmp_path.glob("*.png")}
    assert got.keys() == want.keys()
    for number, picture in want.items():
        np.testing.assert_array_equal(got[number], picture)


def test_sixteen_bits_come_out_as_colorize_writes_them(shot, play) -> None:
    played = play(
        f"{pictures(shot.deep)} ! {element(shot)} ! video/x-raw,format=RGBA64_LE ! {SINK}", [["play"], ["pull"]]
    )
    want = shot.coloured(plate=shot.deep)
    assert len(played.frames) == len(want)
    for number, picture in want.items():
        np.testing.assert_array_equal(played.frames[number][..., :3], picture)
    assert (played.frames[0][..., 3] == 65535).all()


@pytest.mark.parametrize(
    ("plate", "asked", "result", "order"),
    [
        ("RGB", "", "RGB", [0, 1, 2]),
        ("BGRx", "BGR", "BGR", [2, 1, 0]),
        ("RGBA", "", "RGBA", [0, 1, 2]),
        ("GRAY8", "RGBA", "RGBA", [0, 1, 2]),
        ("GRAY16_LE", "", "RGBA64_LE", [0, 1, 2]),
    ],
)
def test_every_format_carries_the_same_picture(
    shot, play, plate: str, asked: str, result: str, order: list[int]
) -> None:
    """Depth and alpha are the plate's unless others are asked for."""
    wanted = f"video/x-raw,format={asked} ! " if asked else ""
    source = shot.deep if "16" in plate else shot.plate
    played = play(
        f"{pictures(source)} ! videoconvert ! video/x-raw,format={plate} ! {element(shot)} ! {wanted}{SINK}",
        [["play"], ["pull", 2]],
    )
    assert played.facts[0]["format"] == result
    for number, picture in enumerate(played.frames):
        np.testing.assert_array_equal(picture[..., order], shot.coloured(plate=source)[number])
        for alpha in set(range(picture.shape[-1])) - set(order):
            assert (picture[..., alpha] == np.iinfo(picture.dtype).max).all()


def test_properties_are_readable_and_take_effect(shot, play) -> None:
    steps = [
        ["get", "stills"],
        ["get", "chroma"],
        ["get", "stills-at-once"],
        ["get", "first-frame"],
        ["play"],
        ["pull"],
    ]
    played = play(
        f"{pictures(shot.plate)} ! {element(shot, **{'chroma': 0.5, 'stills-at-once': 2})} ! {SINK}",
        steps,
    )
    assert played.said == [str(shot.stills[0]), 0.5, 2, 0]
    for number, picture in shot.coloured(chroma=0.5).items():
        np.testing.assert_array_equal(played.frames[number], picture)


def test_each_frame_is_told_on_the_bus_unless_that_is_switched_off(shot, play) -> None:
    played = play(f"{movie(shot)} ! {element(shot, **{'first-frame': 1001})} ! {SINK}", [["play"], ["pull"]])
    told = played.of_kind("tinctcolorize")
    assert [one["frame"] for one in told] == list(range(1001, 1013))
    assert [one["was-reset"] for one in told] == [True] + 11 * [False]
    assert not any(one["preview"] for one in told)
    assert all(0 < one["confidence"] <= 1 for one in told)
    quiet = play(f"{movie(shot)} ! {element(shot, **{'post-messages': 'false'})} ! {SINK}", [["play"], ["pull", 2]])
    assert not quiet.messages


def test_a_still_that_is_added_while_it_plays_is_in_force_from_its_frame(shot, play) -> None:
    both = f"{shot.stills[0]};{shot.stills[1]}@9=2.0"
    played = play(
        f"{pictures(shot.plate)} ! {element(shot)} ! {SINK}",
        [["play"], ["pull", 3], ["put", "stills", both], ["pull"], ["get", "stills"]],
    )
    want = shot.coloured(StillAt(shot.stills[0]), StillAt(shot.stills[1], 9, 2.0))
    assert played.said == [both]
    assert not any(played.previews)
    for number, picture in want.items():
        np.testing.assert_array_equal(played.frames[number], picture)


def test_stills_that_are_swapped_while_it_plays_take_effect_at_once_and_what_follows_is_a_preview(shot, play) -> None:
    """Frame n with the new still is that of a pass from frame 0 with it, and those frames have gone by."""
    played = play(
        f"{pictures(shot.plate)} ! {element(shot)} ! {SINK}",
        [["play"], ["pull", 3], ["pause"], ["put", "stills", str(shot.stills[1])], ["play"], ["pull"]],
    )
    since = played.previews.index(True)
    assert 3 <= since <= 6
    assert all(played.previews[since:])
    after = shot.coloured(StillAt(shot.stills[1]), frames=f"{since}-11")
    for number in shot.FRAMES:
        want = after[number] if number >= since else shot.coloured()[number]
        np.testing.assert_array_equal(played.frames[number], want)


def test_an_accurate_seek_is_exact_backwards_and_forwards(shot, play) -> None:
    steps = [["play"], ["pull", 2], ["seek", time_of(8)], ["pull", 2], ["seek", time_of(3)], ["pull", 3]]
    played = play(f"{movie(shot)} ! {element(shot)} ! {SINK}", [*steps, ["seek", 0], ["pull"]])
    assert played.numbers == [0, 1, 8, 9, 3, 4, 5, *shot.FRAMES]
    assert not any(played.previews)
    for number, picture in zip(played.numbers, played.frames, strict=True):
        np.testing.assert_array_equal(picture, shot.coloured()[number])
    running = [one["running"] for one in played.facts]
    for first in (0, 2, 4, 7):  # after each seek the clock begins anew with the frame that was asked for
        assert abs(running[first]) < 2_000_000


def test_where_a_pre_roll_would_be_too_long_previews_come_and_leave_no_trace(shot, play) -> None:
    colour = element(shot, **{"most-preroll": 2})
    steps = [["play"], ["pull", 2], ["pause"], ["seek", time_of(9)], ["play"], ["pull", 2], ["seek", 0], ["pull"]]
    played = play(f"{movie(shot)} ! {colour} ! {SINK}", steps)
    assert played.numbers == [0, 1, 9, 10, *shot.FRAMES]
    assert played.previews == [False] * 2 + [True] * 2 + [False] * 12
    alone = shot.coloured(frames="9-11")
    for number, picture, preview in zip(played.numbers, played.frames, played.previews, strict=True):
        np.testing.assert_array_equal(picture, (alone if preview else shot.coloured())[number])


def test_a_pause_changes_nothing(shot, play) -> None:
    steps = [["play"], ["pull", 3], ["pause"], ["rest", 0.2], ["play"], ["pull", 4], ["pause"], ["play"], ["pull"]]
    played = play(f"{movie(shot)} ! {element(shot)} ! {SINK}", steps)
    assert played.numbers == list(shot.FRAMES)
    np.testing.assert_array_equal(played.frames, list(shot.coloured().values()))


def test_a_worker_that_dies_in_mid_stream_is_not_noticed(shot, play) -> None:
    steps = [["play"], ["pull", 3], ["kill"], ["pull", 4], ["kill"], ["pull"]]
    played = play(f"{movie(shot)} ! {element(shot)} ! {SINK}", steps)
    assert not played.of_kind("error")
    assert not any(played.previews)
    np.testing.assert_array_equal(played.frames, list(shot.coloured().values()))


def test_what_cannot_be_used_is_an_error_on_the_bus(shot, play) -> None:
    for wrong, words in (
        ({"stills": "/nowhere/still.png"}, "/nowhere/still.png"),
        ({"model": "none-such"}, "none-such"),
    ):
        played = play(f"{pictures(shot.plate)} ! {element(shot, **wrong)} ! {SINK}", [["play"], ["pull"]])
        errors = played.of_kind("error")
        assert errors, played.messages
        assert words in errors[0]["text"]
        assert errors[0]["domain"] == "gst-resource-error-quark"
        assert not played.frames


def test_a_wrong_still_while_it_plays_is_a_warning_and_the_old_ones_stay(shot, play) -> None:
    steps = [["play"], ["pull", 2], ["put", "stills", "/nowhere/still.png"], ["pull"]]
    played = play(f"{movie(shot)} ! {element(shot)} ! {SINK}", steps)
    assert ["/nowhere/still.png" in one["text"] for one in played.of_kind("warning")] == [True]
    assert not played.of_kind("error")
    np.testing.assert_array_equal(played.frames, list(shot.coloured().values()))


def test_without_a_still_frames_stay_grey_and_a_warning_says_so(shot, play) -> None:
    played = play(f"{movie(shot)} ! {element(shot, stills='[]')} ! {SINK}", [["play"], ["pull", 2]])
    assert "no still" in played.of_kind("warning")[0]["text"]
    np.testing.assert_array_equal(played.frames[1], np.repeat(shot.codes(1, 8)[..., None], 3, axis=-1))


def test_the_shipped_model_colours_too(shot, play) -> None:
    colour = element(shot, model="lite", backend="onnxruntime")
    played = play(f"{pictures(shot.plate)} ! {colour} ! {SINK}", [["play"], ["pull", 2]])
    want = shot.coloured(model="lite", backend="onnxruntime", frames="0-1")
    for number, picture in want.items():
        np.testing.assert_array_equal(played.frames[number], picture)


def test_seeks_in_any_order_end_in_the_frames_of_a_straight_pass(shot, play) -> None:
    """The container rounds times to milliseconds, so a seek also gives the tail of the frame before."""
    order = [7, 2, 9, 1, 8, 3, 11, 5, 10, 4, 6]
    steps = [["play"], ["pull", 1]]
    for number in order:
        steps += [["seek", time_of(number)], ["pull", 1]]
    played = play(f"{movie(shot)} ! {element(shot)} ! {SINK}", [*steps, ["seek", 0], ["pull"]])
    assert played.numbers == [0, *order, *shot.FRAMES]
    for number, picture, preview in zip(played.numbers, played.frames, played.previews, strict=True):
        assert not preview
        np.testing.assert_array_equal(picture, shot.coloured()[number])
