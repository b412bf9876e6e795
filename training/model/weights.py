"""Weights on disk: a trained network with the configuration that rebuilds it."""

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import torch

from tinct.training.model.features.trunk_weights import RANDOM
from tinct.training.model.registry import PRESETS, Network, create_network

SCHEMA = 1


class WeightsError(ValueError):
    """A file does not hold weights of a network that this version knows."""


def pack(model: Network) -> dict[str, object]:
    """What `load_weights` needs, as a plain dictionary of tensors and built-in types; the trunk is in it too."""
    return {"schema": SCHEMA, "variant": model.VARIANT, "config": asdict(model.config), "weights": model.state_dict()}


def load_weights(path: Path) -> Network:
    """Rebuild the network that a checkpoint or weights file holds (key ``network``), in evaluation mode.

    Raises:
        WeightsError: unreadable, of a newer schema, or of another architecture.
        ModuleNotFoundError: a package that the network's trunk needs is not installed.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(f"{path} is not a checkpoint of Tinct: {error}") from error
    try:
        network = stored["network"]
        if network["schema"] > SCHEMA:
            raise WeightsError(
                f"{path} has weights schema {network['schema']}, this version reads up to {SCHEMA}; upgrade Tinct"
            )
        variant = network["variant"]
        if variant not in PRESETS:
            raise WeightsError(f"{path} holds a network {variant!r}, this version knows {', '.join(PRESETS)}")
        config = _rebuild(type(PRESETS[variant]()), network["config"])
        model = create_network(variant, config, weights=RANDOM)
        model.load_state_dict({k: v.float() for k, v in network["weights"].items()})
    except WeightsError:
        raise
    except (AttributeError, KeyError, TypeError, RuntimeError, ValueError) as error:
        raise WeightsError(f"{path} holds weights of another architecture: {error}") from error
    return model.eval()


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
