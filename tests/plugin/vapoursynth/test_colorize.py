"""The filter in a real VapourSynth of two threads: frames as ``tinct colorize`` writes them, in whatever order."""

import random
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.media.image_file import write_image
from tinct.runtime.run.pipeline import StillAt


def test_a_pass_gives_what_colorize_writes(shot, run) -> None:
    reel = run("straight")
    reel.assert_frames(shot.coloured())
    assert reel.facts["numbers"] == list(shot.FRAMES)
    assert not any(reel.facts["previews"])
    assert reel.facts["format"] == "RGB24"
    assert all(0 < confidence <= 1 for confidence in reel.facts["confidence"])


@pytest.mark.parametrize("seed", range(3))
def test_frames_out_of_order_are_the_same_and_so_is_the_pass_after_them(shot, run, seed: int) -> None:
    order = list(shot.FRAMES)
    random.Random(seed).shuffle(order)
    reel = run(order, "straight")
    reel.assert_frames(shot.coloured())
    assert reel.facts["numbers"] == [*order, *shot.FRAMES]
    assert not any(reel.facts["previews"])


def test_a_frame_beyond_reach_is_a_preview_and_leaves_no_trace(shot, run) -> None:
    reel = run([0, 1], [9], "straight", reach=3)
    assert reel.facts["numbers"] == [0, 1, 9, *shot.FRAMES]
    assert reel.facts["previews"] == [0, 0, 1] + 12 * [0]
    np.testing.assert_array_equal(reel.frames[2], shot.coloured(frames="9")[9])
    reel._replace(frames=reel.frames[3:], facts={**reel.facts, "numbers": reel.facts["numbers"][3:]}).assert_frames(
        shot.coloured()
    )


def test_a_long_clip_asked_for_at_random_by_many_at_once_comes_to_an_end(shot, run) -> None:
    """Requests wait for the source's frames while they hold a thread: with two threads nothing may wait for ever."""
    plate = np.stack([shot.codes(number % 12, 8) for number in range(60)])
    order = list(range(60))
    random.Random(5).shuffle(order)
    reel = run(order[:30], "straight", plate=plate)
    assert not reel.facts["error"]
    first = dict(zip(reel.facts["numbers"][:30], reel.frames[:30], strict=True))
    for number, frame in zip(reel.facts["numbers"][30:], reel.frames[30:], strict=True):
        if number in first:
            np.testing.assert_array_equal(frame, first[number])
    assert reel.facts["numbers"][30:] == list(range(60))


def test_sixteen_bits_come_out_as_colorize_writes_them(shot, run) -> None:
    plate = np.stack([shot.codes(number, 16) for number in shot.FRAMES])
    reel = run(plate=plate, form="GRAY16")
    reel.assert_frames(shot.coloured(plate=shot.deep))
    assert reel.facts["format"] == "RGB48"


def test_an_rgb_plate_loses_its_own_colour(shot, run) -> None:
    plate = np.stack([np.repeat(shot.codes(number, 8)[..., None], 3, axis=-1) for number in shot.FRAMES])
    run(plate=plate, form="RGB24", full=None).assert_frames(shot.coloured())


def test_floats_come_out_as_colorize_writes_them_in_a_float_file(shot, run, tmp_path: Path) -> None:
    plate = np.stack([shot.luma(number) * 1.4 for number in shot.FRAMES])  # values above 1 are kept
    for number, picture in enumerate(plate):
        write_image(tmp_path / f"float.{number:04d}.tif", picture[..., None], channels=("Y",), attributes={})
    reel = run(plate=plate, form="GRAYS", transfer="linear")
    reel.assert_frames(shot.coloured(plate=tmp_path / "float.%04d.tif"))
    assert reel.facts["format"] == "RGBS"
    assert reel.frames.max() > 1.2


@pytest.mark.parametrize("full", [False, None])
def test_grey_is_of_limited_range_unless_its_frames_say_otherwise(shot, run, full: bool | None) -> None:
    plate = np.stack([np.rint(16 + 219 * (number / 11) * np.ones((64, 96))).astype(np.uint8) for number in range(12)])
    reel = run(plate=plate, full=full, chroma=0.0)
    want = np.rint((plate.astype(np.float32) - 16) / 219 * 255)
    np.testing.assert_array_equal(reel.frames, np.repeat(want[..., None], 3, axis=-1))


def test_stills_have_frames_and_weights_and_the_clip_a_first_frame(shot, run) -> None:
    one, two = map(str, shot.stills)
    plate = np.stack([shot.codes(number, 8) for number in range(4, 12)])
    reel = run(plate=plate, stills=[one, [two, 8, 2.0]], first_frame=4)
    want = shot.coloured(StillAt(shot.stills[0]), StillAt(shot.stills[1], 8, 2.0), frames="4-11")
    reel.assert_frames({number - 4: picture for number, picture in want.items()})


def test_a_mask_limits_the_colour(shot, run) -> None:
    mask = np.zeros((12, 64, 96), np.uint8)
    mask[:, :, 48:] = 255
    reel = run(mask=mask)
    want = {number: picture.copy() for number, picture in shot.coloured().items()}
    for number, picture in want.items():
        picture[:, :48] = shot.codes(number, 8)[:, :48, None]
    reel.assert_frames(want)


def test_a_worker_that_dies_is_not_noticed(shot, run) -> None:
    reel = run([0, 1, 2, 3], "kill", [4, 5, 6, 7], "kill", "straight")
    reel.assert_frames(shot.coloured())
    assert not any(reel.facts["previews"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"stills": "/nowhere/still.png"}, "/nowhere/still.png"),
        ({"chroma": 9.0}, "chroma is 9"),
        ({"working_sise": 64}, "no parameter 'working_sise'"),
        ({"form": "YUV444P8", "plate": np.zeros((2, 64, 96, 3), np.uint8)}, "not YUV444P8"),
        ({"mask": np.zeros((12, 32, 96), np.uint8)}, "mask must be"),
    ],
    ids=["still", "range", "name", "format", "mask"],
)
def test_what_cannot_be_used_is_said_when_the_script_is_read(run, wrong: dict[str, object], words: str) -> None:
    reel = run(**wrong)
    assert words in reel.facts["error"]
    assert not len(reel.frames)


def test_the_shipped_model_colours_too(shot, run) -> None:
    reel = run([1, 0], model="lite", backend="onnxruntime")
    reel.assert_frames(shot.coloured(model="lite", backend="onnxruntime", frames="0-1"))
