"""Weights on disk: a trained network with the configuration that rebuilds it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import torch

from tinct.training.model.features.trunk_weights import RANDOM
from tinct.training.model.motion.network import MotionConfig, MotionNet
from tinct.training.model.registry import PRESETS, Config, Network, create_network

SCHEMA = 1


class WeightsError(ValueError):
    """A file does not hold weights of a network that this version knows."""


def pack(model: Network | MotionNet) -> dict[str, object]:
    """What `load_weights` needs, as a plain dictionary of tensors and built-in types; the trunk is in it too."""
    return {"schema": SCHEMA, "variant": model.VARIANT, "config": asdict(model.config), "weights": model.state_dict()}


def load_weights(path: Path) -> Network:
    """Rebuild the network that a checkpoint or weights file holds (key ``network``), in evaluation mode.

    Raises:
        WeightsError: unreadable, of a newer schema, or of another architecture.
        ModuleNotFoundError: a package that the network's trunk needs is not installed.
    """
    stored = _stored(path, tuple(PRESETS))
    variant = stored["variant"]
    with _architecture(path):
        network = create_network(variant, _rebuild(type(PRESETS[variant]()), stored["config"]), weights=RANDOM)
        network.load_state_dict(_single(stored["weights"]))
    return network.eval()


def stored_config(path: Path, variant: str) -> Config | MotionConfig:
    """The configuration of the network of that ``variant`` in a checkpoint or weights file.

    Raises:
        WeightsError: as `load_weights`, or a network of another variant.
    """
    stored = _stored(path, (variant,))
    with _architecture(path):
        kind = MotionConfig if variant == MotionNet.VARIANT else type(PRESETS[variant]())
        config: Config | MotionConfig = _rebuild(kind, stored["config"])
    return config


def load_motion(path: Path) -> MotionNet:
    """As `load_weights`, of a motion network.

    Raises:
        WeightsError: unreadable, of a newer schema, or of another architecture.
    """
    stored = _stored(path, (MotionNet.VARIANT,))
    with _architecture(path):
        network = MotionNet(_rebuild(MotionConfig, stored["config"]))
        network.load_state_dict(_single(stored["weights"]))
    return network.eval()


def _stored(path: Path, variants: Sequence[str]) -> Mapping[str, Any]:
    """What `pack` made, of one of ``variants``."""
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(f"{path} is not a checkpoint of Tinct: {error}") from error
    with _architecture(path):
        network: Mapping[str, Any] = stored["network"]
        if network["schema"] > SCHEMA:
            raise WeightsError(
                f"{path} has weights schema {network['schema']}, this version reads up to {SCHEMA}; upgrade Tinct"
            )
        if network["variant"] not in variants:
            raise WeightsError(f"{path} holds a network {network['variant']!r}, wanted is {' or '.join(variants)}")
    return network


@contextmanager
def _architecture(path: Path) -> Iterator[None]:
    """What does not fit is told as such."""
    try:
        yield
    except WeightsError:
        raise
    except (AttributeError, KeyError, TypeError, RuntimeError, ValueError) as error:
        raise WeightsError(f"{path} holds weights of another architecture: {error}") from error


def _single(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.float() for name, value in weights.items()}


def _rebuild(kind: type, stored: Mapping[str, Any]) -> Any:
    """The frozen dataclass ``kind`` from its dictionary; what an older version did not write keeps its default."""
    hints = get_type_hints(kind)
    unknown = set(stored) - {entry.name for entry in fields(kind)}
    if unknown:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    values = {}
    for name, value in stored.items():
        if is_dataclass(hints[name]):
            value = _rebuild(hints[name], value)
        elif get_origin(hints[name]) is tuple:
            value = tuple(value)
        values[name] = value
    return kind(**values)
