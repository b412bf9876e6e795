"""Model bundles: a folder with ``manifest.json`` and the graphs it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = 1
MANIFEST_NAME = "manifest.json"

REFERENCE_INPUTS = ("still",)
FRAME_INPUTS = ("luminance", "warped_ab", "warped_validity", "previous_ab", "previous_luminance", "hints", "bank_bias")
FRAME_OUTPUTS = ("ab", "confidence")


@dataclass(frozen=True)
class ColourScale:
    """How Lab (D65) becomes network input: ``(L - l_mean) / l_scale`` and ``ab / ab_scale``."""

    l_mean: float
    l_scale: float
    ab_scale: float


@dataclass(frozen=True)
class GraphSpec:
    """One ONNX graph: its file in the bundle and the names of its inputs and outputs, in order."""

    file: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself.

    The tensors, all float32, batch 1, with H and W multiples of ``size_multiple``:

    * reference graph, in: ``still`` (1, 3, H, W) scaled Lab; out: the ``bank`` tensors, each (1, N, C), one row a token.
    * frame graph, in (those of `FRAME_INPUTS` that ``frame_graph.inputs`` names, then every bank tensor with the tokens
      of all stills in force joined along axis 1):
      ``luminance`` (1, 1, H, W) scaled; ``warped_ab`` (1, 2, H, W) the previous result moved by the motion source, scaled;
      ``warped_validity`` (1, 1, H, W) 0..1, 0 everywhere when there is no previous frame; ``previous_ab`` and
      ``previous_luminance`` the same not moved (models with motion in the graph); ``hints`` (1, 3, H, W) a, b scaled and
      mask 0/1; ``bank_bias`` (1, N) natural logarithm of each token's still weight.
    * frame graph, out: ``ab`` (1, 2, H, W) scaled, ``confidence`` (1, 1, H, W) 0..1.
    """

    name: str
    version: str
    variant: str
    colour: ColourScale
    reference_graph: GraphSpec
    frame_graph: GraphSpec
    bank: tuple[str, ...]
    files: Mapping[str, str]
    """sha256 of every file of the bundle but the manifest, by name."""
    motion: str = "dis"
    """Motion source that fills ``warped_*``: a name in ``runtime/motion``, or ``"none"``."""
    working_size: int = 288
    """Default short side of the working size in pixels."""
    size_multiple: int = 32
    parameters: int = 0
    """Trainable and fixed weights of both graphs together, counted at export."""
    frame_flops: int = 0
    """Floating-point operations (2 x multiply-accumulate) of the frame graph at 224x384 with one still, counted at export."""
    licence: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    quality: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA


@dataclass(frozen=True)
class Bundle:
    """A verified bundle on disk."""

    folder: Path
    manifest: Manifest

    def path(self, graph: GraphSpec) -> Path:
        """Path of the graph's file."""
        return self.folder / graph.file
