"""The main job on the fake backend: what goes in, what comes out, and what happens when something fails."""

import threading
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.errors import (
    BackendError,
    CancelledError,
    FrameRangeError,
    MediaError,
    MediaNotFoundError,
    OutputError,
    OutputExistsError,
    UnknownNameError,
    UsageError,
)
from tinct.runtime.media import ColourTags, PlateFrame, PlateInfo, PlateReader, ResultFrame, ResultWriter
from tinct.runtime.media.base import Piece
from tinct.runtime.motion.dis import DisMotion
from tinct.runtime.run import pipeline
from tinct.runtime.run.pipeline import ColorizeRequest, Progress, StillAt, colorize_plate
from tinct.runtime.run.shot_plan import ShotPlan

HEIGHT, WIDTH = 72, 128


class MadePlate(PlateReader):
    """A plate that is made frame by frame: nothing of it is kept."""

    NAME = "made"

    def __init__(
        self, frames: Sequence[int], *, fail_at: int | None = None, side: int = HEIGHT, **changes: object
    ) -> None:
        info = PlateInfo(Path("made.mov"), side * WIDTH // HEIGHT, side, tuple(frames), 10)
        self.info = replace(info, **changes)
        self.fail_at = fail_at
        self.closed = False

    def frames(self) -> Iterator[PlateFrame]:
        for number in self.info.frames:
            yield self.read(number)

    def read(self, number: int) -> PlateFrame:
        if number == self.fail_at:
            raise MediaError(f"frame {number} cannot be decoded")
        y, x = np.mgrid[: self.info.height, : self.info.width].astype(np.float32)
        luma = 0.5 + 0.4 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)
        return PlateFrame(number, luma.astype(np.float32), metadata={"scene": number})

    def close(self) -> None:
        self.closed = True


class KeptResult(ResultWriter):
    """Keeps the results, or only looks at them; can fail."""

    NAME = "kept"

    def __init__(self, *, keep: bool = True, fail_at: int | None = None) -> None:
        self.keep, self.fail_at = keep, fail_at
        self.frames: list[ResultFrame] = []
        self.written = 0
        self.committed = self.discarded = False

    def write(self, frame: ResultFrame) -> None:
        if frame.number == self.fail_at:
            raise OutputError("the disk is full")
        self.written += 1
        if self.keep:
            self.frames.append(frame)

    def settle(self) -> tuple[Piece, ...]:
        return ()

    def finish(self) -> dict[str, Path]:
        self.committed = True
        return {}

    def commit(self) -> None:
        self.committed = True

    def discard(self) -> None:
        self.discarded = True


@pytest.fixture
def still(tmp_path: Path) -> Path:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    bgr = np.stack([60 + x, 40 + y, 220 - x - y // 2], axis=-1)
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), np.clip(bgr, 0, 255).astype(np.uint8))
    return path


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, still: Path, tmp_path: Path):
    """Run the pipeline on made plates; returns the writer and the report."""
    monkeypatch.chdir(tmp_path)

    def run(plate: PlateReader, writer: KeptResult | None = None, **options: object):
        writer = writer or KeptResult()
        monkeypatch.setattr(pipeline, "open_plate", lambda path, frames=None: plate)
        monkeypatch.setattr(pipeline, "open_writer", lambda path, info, **options: writer)
        calls = {name: options.pop(name) for name in ("progress", "cancelled", "on_frame") if name in options}
        fields = {"references": (StillAt(still),), "model": "fake", "backend": "fake", "working_size": 64, **options}
        return writer, colorize_plate(ColorizeRequest(input="made.mov", output="out.mov", **fields), **calls)

    return run


def luma_of(frame: ResultFrame) -> np.ndarray:
    return frame.rgb.astype(np.float64) @ np.array(ColourTags().luma_weights)


def test_every_frame_is_coloured_in_order_with_the_plates_luma(job) -> None:
    plate = MadePlate(range(1001, 1013))
    writer, report = job(plate)
    assert [frame.number for frame in writer.frames] == list(range(1001, 1013))
    for frame in writer.frames:
        np.testing.assert_allclose(luma_of(frame), plate.read(frame.number).luma, atol=1e-6)
        assert np.ptp(frame.rgb, axis=-1).max() > 0.05
        assert frame.metadata == {"scene": frame.number}
    assert (report.frames, report.backend, report.model, report.warnings) == (12, "fake", "fake", ())
    assert report.output == Path("out.mov")
    assert 0 < report.confidence <= 1
    assert list(report.busy) == ["decode", "prepare", "infer", "compose", "encode"]
    assert writer.committed
    assert plate.closed


def test_motion_is_searched_while_frames_are_prepared(job, monkeypatch: pytest.MonkeyPatch) -> None:
    searched, search = [], DisMotion.estimate

    def noted(self, previous, current):
        searched.append(threading.current_thread().name)
        return search(self, previous, current)

    monkeypatch.setattr(DisMotion, "estimate", noted)
    job(MadePlate(range(10, 22)), shots=ShotPlan(resets=(14, 18), grey=((14, 17),)))
    assert searched.count("tinct-prepare") == 2 * 3, "none over a cut, none in the grey shot"
    assert set(searched) == {"tinct-prepare", "tinct-infer"}, "stills are searched when their turn comes"


def test_progress_and_results_arrive_in_order_on_the_calling_thread(job) -> None:
    seen: list[tuple[str, int]] = []

    def progress(step: Progress) -> None:
        assert threading.current_thread() is threading.main_thread()
        assert step.total == 4
        assert step.fps > 0
        seen.append(("progress", step.frame))

    def on_frame(result: ResultFrame, step) -> None:
        assert step.number == result.number
        assert step.confidence.shape == step.ab.shape[:2]
        seen.append(("frame", result.number))

    job(MadePlate(range(4)), progress=progress, on_frame=on_frame)
    assert seen == [(kind, number) for number in range(4) for kind in ("frame", "progress")]


def test_frames_before_the_first_still_stay_grey_and_are_named(job, still: Path) -> None:
    writer, report = job(MadePlate(range(10, 16)), references=(StillAt(still, 13),))
    grey = [bool((np.ptp(frame.rgb, axis=-1) == 0).all()) for frame in writer.frames]
    assert grey == [True, True, True, False, False, False]
    assert report.warnings == ("frames 10 to 12 lie before the first still and stay grey",)


def test_a_still_that_no_frame_uses_is_named(job, still: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(still.read_bytes())
    _, report = job(MadePlate(range(10, 14)), references=(StillAt(other), StillAt(still, 10)))
    assert len(report.warnings) == 1
    assert "other.png is in force at none" in report.warnings[0]


def test_a_second_still_changes_nothing_before_its_frame(job, still: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), np.ascontiguousarray(cv2.imread(str(still))[..., ::-1]))
    one, _ = job(MadePlate(range(8)))
    two, _ = job(MadePlate(range(8)), references=(StillAt(still), StillAt(other, 5)))
    same = [bool((a.rgb == b.rgb).all()) for a, b in zip(one.frames, two.frames, strict=True)]
    assert same == [True] * 5 + [False] * 3


def test_stills_too_many_to_hold_are_read_again_and_colour_alike(job, still: Path, monkeypatch) -> None:
    others = []
    for turn in range(1, 7):
        others.append(still.with_name(f"still_{turn}.png"))
        cv2.imwrite(str(others[-1]), np.roll(cv2.imread(str(still)), 18 * turn, axis=1))
    references = tuple(StillAt(path, weight=1 + turn) for turn, path in enumerate((still, *others)))
    held, _ = job(MadePlate(range(14)), references=references)
    monkeypatch.setattr(pipeline, "STILL_BYTES", 0)
    read_again, _ = job(MadePlate(range(14)), references=references, overwrite=True)
    every, _ = job(MadePlate(range(14)), references=references, overwrite=True, stills_at_once=7)
    for one, two in zip(held.frames, read_again.frames, strict=True):
        np.testing.assert_array_equal(one.rgb, two.rgb)
    assert not np.array_equal(held.frames[0].rgb, every.frames[0].rgb)


def test_leaving_out_every_second_frame_keeps_the_colour_going(job) -> None:
    resets: list[bool] = []
    job(MadePlate(range(0, 12, 2)), on_frame=lambda result, step: resets.append(step.was_reset))
    assert resets == [True] + [False] * 5


def test_a_gap_in_the_frames_starts_afresh(job) -> None:
    resets: list[bool] = []
    plate = MadePlate((1, 2, 3, 20, 21))
    job(plate, on_frame=lambda result, step: resets.append(step.was_reset))
    assert resets == [True, False, False, True, False]


def test_chroma_zero_is_the_plate_bit_for_bit(job) -> None:
    plate = MadePlate(range(2))
    writer, _ = job(plate, chroma=0.0)
    for frame in writer.frames:
        for channel in np.moveaxis(frame.rgb, 2, 0):
            np.testing.assert_array_equal(channel, plate.read(frame.number).luma)


class OddPlate(MadePlate):
    def read(self, number: int) -> PlateFrame:
        frame = super().read(number)
        if number in (2, 3):
            frame.luma[5, 6:9] = (np.nan, np.inf, -np.inf)
        return replace(frame, was_colour=number >= 1)


def test_odd_pixels_are_kept_and_counted_and_a_colour_plate_is_named(job) -> None:
    writer, report = job(OddPlate(range(5), is_float=True, bit_depth=16, colour=ColourTags(transfer="linear")))
    assert np.isnan(writer.frames[2].rgb[5, 6]).all()
    assert (writer.frames[2].rgb[5, 7] == np.inf).all()
    assert np.isfinite(writer.frames[4].rgb).all()
    odd, colour = report.warnings
    assert "has 6 pixels that are not finite (NaN or infinity) in 2 frames, first in frame 2" in odd
    assert "is in colour (from frame 1 on)" in colour


def test_values_above_one_survive_only_where_the_format_holds_them() -> None:
    plate = PlateInfo(Path("plate.%04d.exr"), 8, 8, (1,), 16, is_float=True)
    assert pipeline.keeps_values_above_one(plate, Path("out.%04d.exr"))
    assert pipeline.keeps_values_above_one(plate, Path("folder"))
    assert not pipeline.keeps_values_above_one(plate, Path("out.mov"))
    assert not pipeline.keeps_values_above_one(replace(plate, is_float=False), Path("out.%04d.exr"))


def threads_left() -> list[str]:
    # The row workers are a pool that stays; all others must have ended.
    mine = [thread.name for thread in threading.enumerate() if thread.name.startswith("tinct-")]
    return [name for name in mine if not name.startswith("tinct-rows")]


def test_a_frame_that_cannot_be_decoded_ends_the_run_and_nothing_is_kept(job) -> None:
    writer, plate = KeptResult(), MadePlate(range(50), fail_at=7)
    with pytest.raises(MediaError, match="frame 7"):
        job(plate, writer)
    assert writer.written == 7
    assert writer.discarded
    assert not writer.committed
    assert plate.closed
    assert threads_left() == []


def test_a_full_disk_ends_the_run(job) -> None:
    writer, plate = KeptResult(fail_at=3), MadePlate(range(10_000))
    with pytest.raises(OutputError, match="disk is full"):
        job(plate, writer)
    assert writer.discarded
    assert not writer.committed
    assert plate.closed
    assert threads_left() == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError])
def test_an_interrupt_in_the_callers_code_ends_the_run(job, stop: type[BaseException]) -> None:
    def progress(step: Progress) -> None:
        if step.done == 3:
            raise stop

    writer = KeptResult()
    with pytest.raises(stop):
        job(MadePlate(range(10_000)), writer, progress=progress)
    assert writer.discarded
    assert not writer.committed
    assert threads_left() == []


def test_cancelling_ends_the_run(job) -> None:
    writer = KeptResult()
    with pytest.raises(CancelledError, match=r"out\.mov"):
        job(MadePlate(range(10_000)), writer, cancelled=lambda: writer.written >= 4)
    assert writer.written == 4
    assert writer.discarded
    assert not writer.committed


def test_a_network_that_gives_not_a_number_is_an_error_that_names_the_frame(job, monkeypatch) -> None:
    from tinct.runtime.backends.fake import FakeBackend

    plain = FakeBackend.colorize_frame

    def broken(self: FakeBackend, inputs):
        outputs = dict(plain(self, inputs))
        outputs["ab"][0, 0, 3, 3] = np.nan
        return outputs

    monkeypatch.setattr(FakeBackend, "colorize_frame", broken)
    with pytest.raises(BackendError, match="frame 5"):
        job(MadePlate(range(5, 9)))


def test_memory_does_not_grow_with_the_plate(job) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            job(MadePlate(range(count)), KeptResult(keep=False))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(5)  # what is made once
    # Eight times the frames, checkpoints in both; keeping one byte a pixel of them would be 3.6 MB.
    assert peak(500) - peak(60) < 2_000_000  # how many frames are under way at once depends on the machine


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model": "nosuch"}, UnknownNameError, "nosuch"),
        ({"backend": "nosuch"}, UnknownNameError, "no backend named 'nosuch': the backends are auto"),
        ({"codec": "nosuch"}, UnknownNameError, "no codec named 'nosuch'"),
        ({"chroma": -1.0}, UsageError, "chroma is -1.0"),
        ({"chroma": float("nan")}, UsageError, "chroma is nan"),
        ({"references": ()}, UsageError, "no reference still"),
        ({"input": "missing.mov"}, MediaNotFoundError, "missing.mov"),
        ({"frames": "7-9"}, FrameRangeError, "7-9"),
        ({"working_size": 1}, UsageError, "working size 1"),
        ({"stills_at_once": 0}, UsageError, "stills at once is 0"),
    ],
)
def test_a_request_that_cannot_work_is_refused_before_anything_is_written(
    sequence: Path, still: Path, tmp_path: Path, change: dict, error: type[Exception], message: str
) -> None:
    request = ColorizeRequest(
        input=sequence, references=(StillAt(still),), output=tmp_path / "out.mkv", model="fake", backend="fake"
    )
    with pytest.raises(error, match=message):
        colorize_plate(replace(request, **change))
    assert not list(tmp_path.glob("*out*"))
    assert not list(tmp_path.glob(".tinct*"))


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    """An 8-bit PNG sequence of frames 101 to 106 in a folder."""
    folder = tmp_path / "plate"
    folder.mkdir()
    for number in range(101, 107):
        cv2.imwrite(str(folder / f"p.{number:04}.png"), (MadePlate(range(1)).read(number).luma * 255).astype(np.uint8))
    return folder / "p.%04d.png"


def request_for(sequence: Path, still: StillAt, output: Path, **changes: object) -> ColorizeRequest:
    request = ColorizeRequest(sequence, (still,), output, model="fake", backend="fake", working_size=64)
    return replace(request, **changes)


@pytest.mark.parametrize("frame", [100, 107, -3])
def test_a_still_outside_the_plate_is_refused_with_the_plates_range(
    sequence: Path, still: Path, tmp_path: Path, frame: int
) -> None:
    with pytest.raises(FrameRangeError, match=r"still\.png@-?\d+ is .* has frames 101 to 106"):
        colorize_plate(request_for(sequence, StillAt(still, frame), tmp_path / "out.mkv", frames="102-104"))


def test_a_still_from_before_the_frames_asked_for_is_in_force_in_them(
    sequence: Path, still: Path, tmp_path: Path
) -> None:
    report = colorize_plate(request_for(sequence, StillAt(still, 101), tmp_path / "out.mkv", frames="103-104"))
    assert (report.frames, report.warnings) == (2, ())
    assert report.confidence > 0


def test_a_still_for_later_frames_than_asked_for_is_named_in_a_warning(
    sequence: Path, still: Path, tmp_path: Path
) -> None:
    report = colorize_plate(request_for(sequence, StillAt(still, 106), tmp_path / "out.mkv", frames="103-104"))
    unused, grey = report.warnings
    assert "in force at none of the frames 103 to 104" in unused
    assert grey == "frames 103 to 104 lie before the first still and stay grey"


def test_errors_of_input_come_before_those_of_stills_and_of_output(sequence: Path, still: Path, tmp_path: Path) -> None:
    taken = tmp_path / "out.mkv"
    taken.write_bytes(b"mine")
    bad = request_for(sequence, StillAt(tmp_path / "no.png"), taken)
    with pytest.raises(UnknownNameError):
        colorize_plate(replace(bad, input="missing.mov", codec="nosuch"))
    with pytest.raises(MediaNotFoundError, match=r"missing\.mov"):
        colorize_plate(replace(bad, input="missing.mov"))
    with pytest.raises(MediaNotFoundError, match=r"no\.png"):
        colorize_plate(bad)
    with pytest.raises(OutputExistsError, match=r"out\.mkv"):
        colorize_plate(replace(bad, references=(StillAt(still),)))
    assert taken.read_bytes() == b"mine"
