"""Composition on a backend's device: here the processor, over which ONNX Runtime's bound graphs run too."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.backends.base import Backend
from tinct.runtime.backends.device_composition import DeviceComposition
from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.onnxruntime_cuda import OnnxRuntimeHostBackend
from tinct.runtime.bundle import load_bundle
from tinct.runtime.composer import Composer
from tinct.runtime.media import ColourTags, PlateFrame, PlateInfo, ResultFrame
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.upsample import upsample_chroma
from tinct.runtime.run.plate_run import PlateRun
from tinct.runtime.run.request import ColorizeRequest, StillAt
from tinct.runtime.session import ColorizationSession, Reference, StepResult
from tinct.runtime.warm import Warm

TINY = load_bundle(Path(__file__).parents[2] / "goldens" / "tiny_bundle")
HEIGHT, WIDTH = 144, 256


def plate(number: int, *, odd: bool = False) -> PlateFrame:
    random = np.random.default_rng(3)
    luma = cv2.GaussianBlur(random.random((HEIGHT, WIDTH + 20), dtype=np.float32), (0, 0), 3)
    luma = cv2.normalize(luma, None, 0.05, 0.95, cv2.NORM_MINMAX)[:, 2 * number : 2 * number + WIDTH].copy()
    if odd:
        luma[5, 6] = np.nan
    return PlateFrame(number, luma)


def coloured(backend: Backend, frames: list[PlateFrame], **changes: object) -> list[ResultFrame]:
    request = ColorizeRequest(input="plate.mov", output="result.mov", references=(StillAt(Path("still.png")),))
    info = PlateInfo(Path("plate.mov"), WIDTH, HEIGHT, tuple(frame.number for frame in frames), 10)
    session = ColorizationSession(backend, working_size=64)
    still = np.random.default_rng(1).random((64, 96, 3), dtype=np.float32)
    session.set_references([Reference(cv2.GaussianBlur(still, (0, 0), 8))])
    run = PlateRun(replace(request, **changes), info, session, backend, None, Warm())
    return [run.compose(run.infer(run.prepare(frame)))[0] for frame in frames]


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many frames each of the device's compositions has made."""
    counts: list[int] = []
    original = DeviceComposition.rgb

    def counted(self: DeviceComposition, *arguments: object, **named: object) -> np.ndarray:
        counts.append(1)
        return original(self, *arguments, **named)

    monkeypatch.setattr(DeviceComposition, "rgb", counted)
    return counts


def test_a_run_composes_on_the_device_what_it_composes_on_the_processor(composed: list[int]) -> None:
    frames = [plate(number) for number in range(3)]
    found = coloured(OnnxRuntimeHostBackend(TINY, threads=1), frames, chroma=1.3)
    assert len(composed) == 3
    wanted = coloured(OnnxRuntimeBackend(TINY, threads=1), frames, chroma=1.3)
    assert len(composed) == 3
    for frame, one, other in zip(frames, found, wanted, strict=True):
        assert np.abs(one.rgb - frame.luma[..., None]).max() > 0.01
        np.testing.assert_allclose(one.rgb, other.rgb, atol=1e-3)
        np.testing.assert_allclose(one.rgb @ np.float32(ColourTags().luma_weights), frame.luma, atol=1e-5)


def test_pixels_that_are_not_finite_are_composed_on_the_processor(composed: list[int]) -> None:
    frames = [plate(0), plate(1, odd=True), plate(2)]
    found = coloured(OnnxRuntimeHostBackend(TINY, threads=1), frames)
    assert len(composed) == 2
    assert np.isnan(found[1].rgb[5, 6]).all()
    assert np.isfinite(found[2].rgb).all()


def test_passes_are_made_on_the_processor(composed: list[int]) -> None:
    found = coloured(OnnxRuntimeHostBackend(TINY, threads=1), [plate(0)], passes=("ab",))
    assert not composed
    assert found[0].passes["ab"].values.shape == (HEIGHT, WIDTH, 2)


@pytest.mark.parametrize("shape", [(64, 97), (40, 60)])
def test_plates_no_larger_than_the_working_size_are_composed_on_the_processor(shape: tuple[int, int]) -> None:
    composer = Composer(OnnxRuntimeHostBackend(TINY, threads=1), ColourTags(), shape, limit=True)
    luma, ab = np.full(shape, 0.5, np.float32), np.full((64, 96, 2), 20, np.float32)
    light = luma_to_lightness(luma, ColourTags())
    small = np.full((64, 96), light[0, 0], np.float32)
    step = StepResult(0, ab, np.ones((64, 96), np.float32), small, True)
    wanted = compose(luma, upsample_chroma(ab, small, light), ColourTags())
    np.testing.assert_array_equal(composer.rgb(luma, light, step, chroma=1.0), wanted)


def test_constants_cross_the_bus_once() -> None:
    backend = OnnxRuntimeHostBackend(TINY, threads=1)
    composition = backend.composition(ColourTags(), (HEIGHT, WIDTH), limit=True)
    assert isinstance(composition, DeviceComposition)
    luma, random = plate(0).luma, np.random.default_rng(0)
    light = luma_to_lightness(luma, ColourTags())
    small = cv2.resize(light, (64, 36), interpolation=cv2.INTER_AREA)
    sent = []
    for _ in range(3):
        ab = cv2.GaussianBlur(random.normal(0, 60, (36, 64, 2)).astype(np.float32), (0, 0), 3)
        rgb = composition.rgb(luma, ab, small, light, chroma=1.0)
        wanted = compose(luma, upsample_chroma(ab, small, light), ColourTags(), lightness=light)
        np.testing.assert_allclose(rgb, wanted, atol=1e-3)
        sent.append(composition._graph.inputs.uploaded_bytes)
    frame = 4 * (luma.size + 3 * small.size + 3)
    assert sent[2] - sent[1] == sent[1] - sent[0] == frame
    assert sent[0] > frame + 4 * 2 * 201 * 361
