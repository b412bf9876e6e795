"""The composition graph: as the NumPy path in the runtime."""

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from tinct.export.composition_graph import CompositionGraph, composition_graph
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.upsample import edge_variance_of, upsample_chroma

VIDEO = ColourTags(matrix="bt709", transfer="bt709", full_range=True)
LINEAR = ColourTags(matrix="bt709", transfer="linear", full_range=True)
WIDE = ColourTags(matrix="bt2020", transfer="srgb", full_range=True)


def material(height, width, small, *, top=1.0, strength=40.0, seed=0):
    """A plate with flat parts, edges and grain, and chroma of that size in Lab units, some of it neutral."""
    random = np.random.default_rng(seed)
    luma = cv2.GaussianBlur(random.random((height, width)).astype(np.float32), (0, 0), 4)
    luma = cv2.normalize(luma, None, 0, top, cv2.NORM_MINMAX)
    luma[: height // 4] = np.round(luma[: height // 4], 1)
    ab = cv2.GaussianBlur(random.uniform(-1, 1, (*small, 2)).astype(np.float32), (0, 0), 2)
    ab *= strength / np.abs(ab).max()
    ab[:, : small[1] // 6] = 0
    return np.clip(luma, 0, top).astype(np.float32), ab


def numpy_path(luma, ab, tags, *, limit, chroma):
    light = luma_to_lightness(luma, tags)
    small = cv2.resize(light, ab.shape[1::-1], interpolation=cv2.INTER_AREA)
    full = upsample_chroma(ab, small, light)
    rgb = compose(luma, full, tags, chroma=chroma, limit=limit, lightness=light)
    return rgb, small, edge_variance_of(light)


def tensors(luma, ab, small, edge_variance, chroma):
    factor = max(luma.shape[0] / ab.shape[0], luma.shape[1] / ab.shape[1])
    planes = {"luma": luma[None, None], "ab": ab.transpose(2, 0, 1)[None], "lightness": small[None, None]}
    scalars = {"enlargement": np.float32([factor]), "chroma": np.float32([chroma])}
    scalars["edge_variance"] = np.float32([edge_variance])
    return {name: np.ascontiguousarray(array, np.float32) for name, array in {**planes, **scalars}.items()}


def in_torch(tags, inputs, *, limit):
    with torch.no_grad():
        rgb = CompositionGraph(tags, limit=limit)(**{name: torch.from_numpy(array) for name, array in inputs.items()})
    return rgb[0].numpy().transpose(1, 2, 0)


@pytest.mark.parametrize("tags", [VIDEO, LINEAR, WIDE], ids=["video", "linear", "wide"])
@pytest.mark.parametrize("limit", [True, False])
@pytest.mark.parametrize("strength", [25.0, 90.0])
def test_network_in_torch_is_the_numpy_path(tags, limit, strength):
    luma, ab = material(90, 150, (36, 60), top=1.0 if limit else 3.0, strength=strength)
    expected, *known = numpy_path(luma, ab, tags, limit=limit, chroma=1.2)
    found = in_torch(tags, tensors(luma, ab, *known, 1.2), limit=limit)
    difference = np.abs(found - expected)
    assert difference.max() < 4e-3  # beyond the gamut OpenCV rounds hue to a few tenths of a degree
    assert difference.mean() < 1e-4


@pytest.mark.parametrize("tags", [VIDEO, LINEAR], ids=["video", "linear"])
def test_luminance_is_the_plates(tags):
    luma, ab = material(90, 150, (36, 60), strength=120.0)
    _, *known = numpy_path(luma, ab, tags, limit=True, chroma=1.0)
    rgb = in_torch(tags, tensors(luma, ab, *known, 1.0), limit=True)
    assert np.abs(rgb @ np.float32(tags.luma_weights) - luma).max() < 1e-5
    assert rgb.min() >= 0
    assert rgb.max() <= 1


def test_no_chroma_leaves_the_plate_as_it_is():
    luma, ab = material(60, 100, (24, 40))
    _, *known = numpy_path(luma, ab, VIDEO, limit=True, chroma=0.0)
    rgb = in_torch(VIDEO, tensors(luma, 0 * ab, *known, 1.0), limit=True)
    np.testing.assert_allclose(rgb, np.repeat(luma[..., None], 3, -1), atol=1e-6)  # exact but for the last bit


@pytest.fixture(scope="module")
def exported():
    return composition_graph(VIDEO).SerializeToString(deterministic=True)


@pytest.mark.parametrize(("plate", "small"), [((60, 100), (24, 40)), ((135, 97), (45, 33))])
def test_the_exported_graph_is_the_numpy_path_at_any_size(exported, plate, small):
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    luma, ab = material(*plate, small, strength=60.0, seed=2)
    expected, *known = numpy_path(luma, ab, VIDEO, limit=True, chroma=1.0)
    (rgb,) = session.run(["rgb"], tensors(luma, ab, *known, 1.0))
    difference = np.abs(rgb[0].transpose(1, 2, 0) - expected)
    assert difference.max() < 4e-3
    assert difference.mean() < 1e-4


def test_tensorrt_rtx_compiles_it(exported):
    pytest.importorskip("tensorrt_rtx", reason="tensorrt_rtx is not installed: no engine can be compiled")
    from tinct.export.engine_compiler import Compiler

    def images(channels, *sizes):
        return tuple((1, channels, *size) for size in sizes)

    working, plates = ((216, 384), (288, 512), (288, 768)), ((540, 960), (1080, 1920), (2160, 4096))
    profile = {"luma": images(1, *plates), "ab": images(2, *working), "lightness": images(1, *working)}
    compiler = Compiler("tensorrt_rtx", ["sm89"])
    assert len(compiler.compile("compose.onnx", exported, [profile])) > 10_000
    assert compiler.complaints == []
