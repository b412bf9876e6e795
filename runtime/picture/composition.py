"""Composition as a graph, for devices that can run one: which of the graphs a plate takes, and what it is given.

The graphs (``graphs/*.onnx``) do what `upsample_chroma` and `compose` do, for any plate larger than the working size
whose luma is finite; ``tinct.export.composition_graph`` makes them.
"""

from functools import cache
from pathlib import Path

import numpy as np

from tinct.runtime.bundle import GraphSpec
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import check_transfer, chroma_mixing, primaries_of
from tinct.runtime.picture.gamut import gamut_of
from tinct.runtime.picture.transfer import Image
from tinct.runtime.picture.upsample import edge_variance_of

KINDS = ("encoded", "encoded_limited", "linear", "linear_limited", "scene")
"""How a plate's values are encoded, and whether no channel may pass 1; a scene has no such limit."""
INPUTS = ("luma", "ab", "lightness", "enlargement", "edge_variance", "chroma", "table", "mixing", "weights")
OUTPUTS = ("rgb",)
TABLE = (201, 361)
"""Rows and columns of the gamut's table."""


def kind_of(tags: ColourTags, *, limit: bool) -> str:
    """The kind, of `KINDS`, of a plate with those tags; ``limit`` as in `compose`.

    Raises:
        ValueError: the transfer is unknown.
    """
    check_transfer(tags)
    if tags.space is not None and tags.space.scene:
        return "scene"
    return ("linear" if tags.transfer == "linear" else "encoded") + ("_limited" if limit else "")


def graph_path(kind: str) -> Path:
    """The graph of a ``kind``."""
    return Path(__file__).with_name("graphs") / f"{kind}.onnx"


def graph_spec(kind: str) -> GraphSpec:
    """Its file's name, inputs and outputs."""
    return GraphSpec(graph_path(kind).name, INPUTS, OUTPUTS)


@cache
def constants(tags: ColourTags, limit: bool) -> dict[str, Image]:
    """The inputs that are the same for all frames of a plate, read-only.

    ``table`` (1, 2, 201, 361), `largest_chroma`, with its one plane twice where there is no upper end; ``mixing``
    (2, 3), what R, G, B get of X and of Z; ``weights`` (2,), luma weights of red and blue.
    """
    planes = gamut_of(tags, limit=limit).table.reshape(-1, *TABLE)
    made = {
        "table": np.array(np.broadcast_to(planes, (2, *TABLE))[None], np.float32),
        "mixing": np.array(chroma_mixing(primaries_of(tags)).T, np.float32, order="C"),
        "weights": np.array(tags.luma_weights[::2], np.float32),
    }
    for array in made.values():
        array.setflags(write=False)
    return made


def tensors_of(luma: Image, ab: Image, lightness: Image, lightness_full: Image, chroma: float) -> dict[str, Image]:
    """The inputs that change with each frame.

    Args:
        luma: (H, W) float32, encoded as in the file, finite.
        ab: (h, w, 2) float32 Lab units, at working size.
        lightness: (h, w) float32 L*, the plate's reduced by area averaging.
        lightness_full: (H, W) float32 L* of the plate.
        chroma: factor on ``ab``.
    """
    factor = max(luma.shape[0] / ab.shape[0], luma.shape[1] / ab.shape[1])
    scalars = {"enlargement": factor, "edge_variance": edge_variance_of(lightness_full), "chroma": chroma}
    return {
        "luma": np.ascontiguousarray(luma[None, None]),
        "ab": np.ascontiguousarray(ab.transpose(2, 0, 1)[None]),
        "lightness": np.ascontiguousarray(lightness[None, None]),
        **{name: np.array([value], np.float32) for name, value in scalars.items()},
    }
