"""The composition graphs: as the processor's path in the runtime."""

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from tinct.export.composition_graph import CompositionGraph, composition_graph
from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import luma_to_lightness
from tinct.runtime.picture.compose import compose
from tinct.runtime.picture.composition import KINDS, constants, graph_path, kind_of, tensors_of
from tinct.runtime.picture.upsample import upsample_chroma

VIDEO = ColourTags(matrix="bt709", transfer="bt709", full_range=True)
LINEAR = ColourTags(matrix="bt709", transfer="linear", full_range=True)
WIDE = ColourTags(matrix="bt2020", transfer="srgb", full_range=True)
ACESCG = ((0.6624542, 0.1340042, 0.1561877), (0.2722287, 0.6740818, 0.0536895), (-0.0055746, 0.0040607, 1.0103391))
SCENE = ColourTags(transfer="linear", space=LinearSpace("scene", ACESCG, (0.2722287, 0.6740818, 0.0536895), scene=True))


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


def both_paths(luma, ab, tags, *, limit, chroma):
    """What the processor makes, and the graph's inputs."""
    light = luma_to_lightness(luma, tags)
    small = cv2.resize(light, ab.shape[1::-1], interpolation=cv2.INTER_AREA)
    full = upsample_chroma(ab, small, light)
    rgb = compose(luma, full, tags, chroma=chroma, limit=limit, lightness=light)
    return rgb, tensors_of(luma, ab, small, light, chroma) | constants(tags, limit)


def in_torch(tags, inputs, *, limit):
    with torch.no_grad():
        graph = CompositionGraph(kind_of(tags, limit=limit))
        return graph(**{name: torch.from_numpy(array.copy()) for name, array in inputs.items()})[0].numpy()


@pytest.mark.parametrize(
    ("tags", "limit"),
    [*((tags, limit) for tags in (VIDEO, LINEAR, WIDE) for limit in (True, False)), (SCENE, False)],
)
@pytest.mark.parametrize("strength", [25.0, 90.0])
def test_network_in_torch_is_the_processors_path(tags, limit, strength):
    luma, ab = material(90, 150, (36, 60), top=1.0 if limit else 3.0, strength=strength)
    expected, inputs = both_paths(luma, ab, tags, limit=limit, chroma=1.2)
    difference = np.abs(in_torch(tags, inputs, limit=limit) - expected)
    assert difference.max() < 1e-3
    assert difference.mean() < 1e-5


@pytest.mark.parametrize("tags", [VIDEO, LINEAR], ids=["video", "linear"])
def test_luminance_is_the_plates(tags):
    luma, ab = material(90, 150, (36, 60), strength=120.0)
    _, inputs = both_paths(luma, ab, tags, limit=True, chroma=1.0)
    rgb = in_torch(tags, inputs, limit=True)
    assert np.abs(rgb @ np.float32(tags.luma_weights) - luma).max() < 1e-5
    assert rgb.min() >= 0
    assert rgb.max() <= 1


def test_no_chroma_leaves_the_plate_as_it_is():
    luma, ab = material(60, 100, (24, 40))
    _, inputs = both_paths(luma, 0 * ab, VIDEO, limit=True, chroma=1.0)
    rgb = in_torch(VIDEO, inputs, limit=True)
    np.testing.assert_allclose(rgb, np.repeat(luma[..., None], 3, -1), atol=1e-6)  # exact but for the last bit


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("plate", "small"), [((60, 100), (24, 40)), ((135, 97), (45, 33))])
def test_the_graphs_that_ship_are_the_processors_path_at_any_size(kind, plate, small):
    tags, limit = {
        "encoded": (VIDEO, False),
        "encoded_limited": (WIDE, True),
        "linear": (LINEAR, False),
        "linear_limited": (LINEAR, True),
        "scene": (SCENE, False),
    }[kind]
    assert kind_of(tags, limit=limit) == kind
    session = onnxruntime.InferenceSession(graph_path(kind), providers=["CPUExecutionProvider"])
    luma, ab = material(*plate, small, strength=60.0, seed=2, top=1.0 if limit else 3.0)
    expected, inputs = both_paths(luma, ab, tags, limit=limit, chroma=1.0)
    (rgb,) = session.run(["rgb"], inputs)
    difference = np.abs(rgb[0] - expected)
    assert difference.max() < 1e-3
    assert difference.mean() < 1e-5


def test_a_graph_made_now_is_the_one_that_ships():
    luma, ab = material(60, 100, (24, 40), strength=60.0)
    _, inputs = both_paths(luma, ab, VIDEO, limit=True, chroma=1.0)
    made = composition_graph("encoded_limited").SerializeToString()
    results = [
        onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"]).run(["rgb"], inputs)[0]
        for graph in (made, graph_path("encoded_limited"))
    ]
    np.testing.assert_allclose(*results, atol=1e-6)
