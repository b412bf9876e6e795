"""The networks by name."""

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor

from tinct.training.model.exemplar.network import ExemplarConfig, ExemplarNetwork
from tinct.training.model.exemplar.presets import devc, swintexco, vitexco
from tinct.training.model.exemplar.warp import ExemplarBank
from tinct.training.model.features.trunk_weights import PRETRAINED, RANDOM, FeatureWeightsError, Weights
from tinct.training.model.lite import Lite, LiteConfig
from tinct.training.model.matching import Bank
from tinct.training.model.motion.self_moving import SelfMoving
from tinct.training.model.trunk import load_pretrained

Network = Lite | ExemplarNetwork
Config = LiteConfig | ExemplarConfig

PRESETS: dict[str, Callable[[], Config]] = {"lite": LiteConfig, "swin": swintexco, "vit": vitexco, "devc": devc}
"""Variant -> its configuration as published."""


def create_network(variant: str, config: Config | None = None, *, weights: Weights = PRETRAINED) -> Network:
    """An untrained network of that variant; all but its trunk is random.

    ``config``: of the variant's own kind; None takes its preset. ``weights``: the trunk's: ``"pretrained"``,
    ``"random"``, or, except for `lite`, a file (see `create_extractor`).

    Raises:
        FeatureWeightsError: the trunk's weights cannot be had.
        ModuleNotFoundError: a package that the trunk needs is not installed.
        ValueError: no such variant, or a configuration of another one.
    """
    if variant not in PRESETS:
        raise ValueError(f"there is no network {variant!r}; choose one of {', '.join(PRESETS)}")
    if config is None:
        config = PRESETS[variant]()
    if isinstance(config, ExemplarConfig) and config.variant == variant:
        return ExemplarNetwork(config, weights=weights)
    if not isinstance(config, LiteConfig) or variant != Lite.VARIANT:
        raise ValueError(f"the configuration {type(config).__name__} does not describe a network {variant!r}")
    network = Lite(config)
    if weights not in (PRETRAINED, RANDOM):
        raise FeatureWeightsError(f"lite takes its trunk from its own package: {PRETRAINED!r} or {RANDOM!r}")
    if weights == PRETRAINED:
        load_pretrained(network.trunk)
    return network


def make_bank(network: Network | SelfMoving, tensors: Iterable[Tensor]) -> Any:
    """The bank that ``network`` takes, from its tensors in the order of its ``BANK``."""
    if isinstance(network, SelfMoving):
        return make_bank(network.network, tensors)
    return (Bank if isinstance(network, Lite) else ExemplarBank)(*tensors)
