"""Protocol P from end to end on a small film."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from tinct.training.colour import lab_to_srgb
from tinct.training.evaluation.clip import Clip, ClipError
from tinct.training.evaluation.methods.flow import FlowChain
from tinct.training.evaluation.methods.grey import Grey
from tinct.training.evaluation.methods.static_copy import StaticCopy
from tinct.training.evaluation.protocol import evaluate
from tinct.training.evaluation.table import TRUTH


def pan(name: str = "pan", frames: int = 12) -> Clip:
    photo = data.astronaut()
    return Clip(name, np.stack([photo[30:94, 130 + 2 * i : 226 + 2 * i] for i in range(frames)]))


class Oracle:
    """Knows the true colours, for what a perfect method scores."""

    name = "oracle"

    def __init__(self, clip: Clip) -> None:
        self.clip = clip

    def colorize(self, lightness: Iterable[np.ndarray], reference_lab: np.ndarray) -> Iterator[np.ndarray]:
        for i, _ in enumerate(lightness):
            yield self.clip.lab(i)[..., 1:]


class Wrong:
    """Answers with whatever it was made with, for faults of a method."""

    name = "wrong"

    def __init__(self, results: list[np.ndarray]) -> None:
        self.results = results

    def colorize(self, lightness: Iterable[np.ndarray], reference_lab: np.ndarray) -> Iterator[np.ndarray]:
        yield from self.results


@pytest.fixture(scope="module")
def table():
    clip = pan()
    return evaluate([Grey(), StaticCopy(), FlowChain(), Oracle(clip)], [clip])


def test_psnr_is_that_of_the_recombined_frames_without_the_first(table):
    clip = pan()
    ab = clip.lab(0)[..., 1:]
    expected = [
        peak_signal_noise_ratio(
            clip.rgb(i), lab_to_srgb(np.concatenate([clip.lab(i)[..., :1], ab], axis=-1)), data_range=1.0
        )
        for i in range(1, len(clip))
    ]
    assert table.mean("static_copy", "psnr") == pytest.approx(np.mean(expected), abs=1e-4)
    assert table.mean("static_copy", "psnr_at_10") == pytest.approx(expected[9], abs=1e-4)
    assert table.mean("static_copy", "psnr_at_30") is None


def test_a_perfect_method_scores_as_the_truth_does(table):
    assert table.mean("oracle", "psnr") > 55.0
    assert table.mean("oracle", "ssim") == pytest.approx(1.0, abs=1e-3)
    assert table.mean("oracle", "lpips") == pytest.approx(0.0, abs=1e-3)
    assert table.mean("oracle", "ab_error") == 0.0
    for key in ("warp_error", "cdc", "colourfulness"):
        assert table.mean("oracle", key) == pytest.approx(table.mean(TRUTH, key), rel=0.02)


def test_grey_scores_nothing_in_colour_and_in_motion(table):
    assert table.mean("grey", "colourfulness") == pytest.approx(0.0, abs=0.05)
    assert table.mean("grey", "warp_error") == 0.0


def test_methods_stand_in_the_order_that_a_person_would_give_them(table):
    for key in ("psnr", "lpips", "ab_error"):
        ranked = [table.mean(name, key) for name in ("static_copy", "flow", "oracle")]
        assert ranked == sorted(ranked, reverse=key != "psnr")


def test_the_reference_frame_is_reported_beside_the_means(table):
    assert table.mean("flow", "psnr_reference") > 55.0
    assert table.mean("grey", "psnr_reference") < 30.0


def test_the_time_per_frame_is_measured(table):
    assert 0.0 < table.mean("flow", "ms_per_frame") < 1000.0
    assert table.mean(TRUTH, "ms_per_frame") is None


def test_a_network_has_its_cost_in_the_table():
    class Network(Grey):
        name = "network"
        cost: ClassVar = {"gflop": 6.9, "parameters": 2.8}

    table = evaluate([Grey(), Network()], [pan()], metrics=["psnr"])
    assert (table.mean("network", "gflop"), table.mean("network", "parameters")) == (6.9, 2.8)
    assert table.mean("grey", "gflop") is None
    assert "GFLOP" in table.markdown()


def test_methods_see_lightness_only():
    seen = []

    class Spy(Grey):
        name = "spy"

        def colorize(self, lightness, reference_lab):
            seen.append(reference_lab)
            for frame in lightness:
                seen.append(frame)
                yield np.zeros((*frame.shape, 2), np.float32)

    clip = pan(frames=3)
    evaluate([Spy()], [clip], metrics=("psnr",))
    np.testing.assert_array_equal(seen[0], clip.lab(0))
    assert [frame.ndim for frame in seen[1:]] == [2, 2, 2]


def test_another_still_as_reference_is_fitted_and_the_first_frame_counts(tmp_path):
    clip = pan(frames=4)
    still = tmp_path / "still.png"
    cv2.imwrite(str(still), np.full((30, 200, 3), (30, 60, 200), np.uint8))
    table = evaluate([StaticCopy()], [clip], reference=still, metrics=("psnr", "colourfulness"))
    assert table.mean("static_copy", "psnr_reference") is None
    assert table.conditions["reference"] == "still still.png"
    with pytest.raises(ClipError, match=r"missing\.png"):
        evaluate([StaticCopy()], [clip], reference=tmp_path / "missing.png", metrics=("psnr",))


def test_lpips_may_be_sampled_and_the_table_says_so():
    clip = pan(frames=5)
    table = evaluate([Grey()], [clip], metrics=("lpips",), lpips_every=3)
    assert "1 frame in 3" in table.conditions["LPIPS"]
    assert table.mean("grey", "lpips") > 0.0
    assert table.mean("grey", "psnr") is None


def test_clips_may_be_paths_and_progress_names_them(tmp_path):
    clip = pan(frames=3)
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        for i, frame in enumerate(clip.codes):
            cv2.imwrite(str(folder / f"{i}.png"), frame[..., ::-1])
    seen = []
    table = evaluate([Grey()], [tmp_path / "one", tmp_path / "two"], metrics=("psnr",), progress=seen.append)
    assert table.clips == ("one", "two")
    expected = [(name, index, frame) for index, name in enumerate(("one", "two")) for frame in range(3)]
    assert [(p.clip, p.clip_index, p.frame) for p in seen] == expected
    assert {(p.clips, p.frames) for p in seen} == {(2, 3)}


def test_a_contact_sheet_per_clip_is_written(tmp_path):
    evaluate([Grey(), StaticCopy()], [pan("a", 4), pan("b", 4)], metrics=("psnr",), sheets=tmp_path / "sheets")
    sheets = {path.name: cv2.imread(str(path)) for path in sorted(Path(tmp_path / "sheets").iterdir())}
    assert list(sheets) == ["a.png", "b.png"]
    assert all(sheet.shape[1] <= 1600 and sheet.std() > 10.0 for sheet in sheets.values())


def test_results_survive_as_json(table):
    document = json.loads(table.to_json())
    assert document["means"]["flow"]["psnr"] == pytest.approx(table.mean("flow", "psnr"))
    assert {score["method"] for score in document["scores"]} == {"grey", "static_copy", "flow", "oracle", TRUTH}


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([np.zeros((64, 96, 2), np.float32)], "stopped before frame 1"),
        ([np.zeros((8, 12, 2), np.float32)], r"\(8, 12, 2\)"),
    ],
)
def test_a_faulty_method_is_named(results, message):
    with pytest.raises(ValueError, match=f"'wrong'.*{message}"):
        evaluate([Wrong(results)], [pan(frames=3)], metrics=("psnr",))


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="no metric named fid"):
        evaluate([Grey()], [pan()], metrics=("psnr", "fid"))
    with pytest.raises(ValueError, match="must differ"):
        evaluate([Grey(), Grey()], [pan()], metrics=("psnr",))
    with pytest.raises(ValueError, match="at least 1"):
        evaluate([Grey()], [pan()], lpips_every=0)
    with pytest.raises(ClipError, match="two clips are named pan"):
        evaluate([Grey()], [pan(frames=2), pan(frames=2)], metrics=("psnr",))
