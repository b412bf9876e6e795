"""Recurrent all-pairs field transforms, by torchvision (Teed and Deng, "RAFT", ECCV 2020): the flow of seed 000."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinct.training.flow.base import FlowError, FlowSource, Image

HUB: Literal["hub"] = "hub"
RANDOM: Literal["random"] = "random"
LEAST_SIDE = 128
"""Four levels of correlation at 1/8 need 16 cells a side; smaller pictures are extended."""
STRIDE = 8


@dataclass(frozen=True)
class RaftConfig:
    """``weights``: a state dict of torchvision's in a file; or "hub", its default for this size, fetched from where
    torchvision keeps it; or "random", drawn with seed 0, for tests. ``updates``: iterations of the recurrent unit."""

    size: Literal["small", "large"] = "large"
    weights: Path | Literal["hub", "random"] = HUB
    updates: int = 12
    device: str = "cpu"


class RaftFlow(FlowSource):
    """RAFT on luminance given as grey."""

    NAME: ClassVar[str] = "raft"
    ONE_CORE: ClassVar[bool] = False

    def __init__(self, config: RaftConfig | None = None) -> None:
        """Build the network and load its weights.

        Raises:
            FlowError: torchvision or the weights cannot be had.
        """
        self.config = config or RaftConfig()
        self._model = _network(self.config).eval().to(self.config.device)
        for parameter in self._model.parameters():
            parameter.requires_grad_(False)

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name, value in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(value.cpu().numpy()))
        return f"raft {self.config.size}, {self.config.updates} updates, weights {digest.hexdigest()[:16]}"

    @torch.inference_mode()
    def _estimate(self, source: Image, target: Image) -> Image:
        height, width = source.shape[1:]
        flow = self._model(self._input(source), self._input(target), num_flow_updates=self.config.updates)[-1]
        return flow[..., :height, :width].permute(0, 2, 3, 1).float().cpu().numpy()

    def _input(self, lightness: Image) -> Tensor:
        """(N, H, W) L* 0..100 to (N, 3, H', W') in -1..1, extended at the right and the bottom."""
        height, width = lightness.shape[1:]
        below, right = (max(LEAST_SIDE, -(-extent // STRIDE) * STRIDE) - extent for extent in (height, width))
        grey = torch.from_numpy(lightness).to(self.config.device)[:, None] / 50 - 1
        return F.pad(grey, (0, right, 0, below), mode="replicate").expand(-1, 3, -1, -1)


def _network(config: RaftConfig) -> nn.Module:
    optical_flow = _torchvision_optical_flow()
    build = getattr(optical_flow, f"raft_{config.size}", None)
    if build is None:
        raise FlowError(f"RAFT comes small or large, not {config.size!r}")
    if config.weights == HUB:
        return _fetched(build, getattr(optical_flow, f"Raft_{config.size.capitalize()}_Weights").DEFAULT)
    if config.weights == RANDOM:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return build(weights=None)
    model = build(weights=None)
    _load(model, Path(config.weights), config.size)
    return model


def _fetched(build: Any, weights: Any) -> nn.Module:
    try:
        return build(weights=weights, progress=False)
    except (OSError, RuntimeError) as error:
        raise FlowError(
            f"RAFT's weights could not be fetched from {weights.url} ({error}); fetch them elsewhere and name the file"
        ) from error


def _load(model: nn.Module, path: Path, size: str) -> None:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise FlowError(f"there is no file of RAFT weights {path}") from error
    except Exception as error:  # what comes of reading other bytes as a pickle is not bounded
        raise FlowError(f"{path} cannot be read as weights of PyTorch") from error
    try:
        model.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise FlowError(
            f"{path} does not hold weights of torchvision's raft_{size}; is it of the other size?"
        ) from error


def _torchvision_optical_flow() -> Any:
    from tinct.training.model.features.torchvision_shim import import_torchvision

    try:
        import_torchvision()
    except ModuleNotFoundError as error:
        raise FlowError('RAFT needs torchvision: pip install "tinct[raft]"') from error
    from torchvision.models import optical_flow

    return optical_flow
