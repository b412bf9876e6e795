"""Weights on disk: a trained network with the configuration that rebuilds it."""

from dataclasses import asdict
from pathlib import Path

import torch

from tinct.training.model.colour_net import ColourNetConfig
from tinct.training.model.correspondence import CorrespondenceConfig
from tinct.training.model.lite import Lite, LiteConfig

SCHEMA = 1


class WeightsError(ValueError):
    """A file does not hold weights of a network that this version knows."""


def pack(model: Lite) -> dict[str, object]:
    """What `load_weights` needs, as a plain dictionary of tensors and built-in types."""
    return {"schema": SCHEMA, "variant": model.VARIANT, "config": asdict(model.config), "weights": model.state_dict()}


def load_weights(path: Path) -> Lite:
    """Rebuild the network that a checkpoint or weights file holds (key ``network``), in evaluation mode.

    Raises:
        WeightsError: unreadable, of a newer schema, or of another architecture.
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
        model = Lite(_config(network["config"]))
        model.load_state_dict({k: v.float() for k, v in network["weights"].items()})
    except (AttributeError, KeyError, TypeError, RuntimeError) as error:
        raise WeightsError(f"{path} holds weights of another architecture: {error}") from error
    return model.eval()


def _config(stored: dict[str, object]) -> LiteConfig:
    """`LiteConfig` from its dictionary."""
    values = dict(stored)
    correspondence = CorrespondenceConfig(**values.pop("correspondence"))  # type: ignore[arg-type]
    colour = dict(values.pop("colour"))  # type: ignore[call-overload]
    colour["channels"] = tuple(colour["channels"])
    return LiteConfig(correspondence=correspondence, colour=ColourNetConfig(**colour), **values)  # type: ignore[arg-type]
