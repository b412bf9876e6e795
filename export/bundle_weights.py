"""The way back: the network of a bundle as a checkpoint that training can start from."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from tinct.runtime.bundle import Bundle
from tinct.runtime.errors import BundleError
from tinct.training.model.registry import Network
from tinct.training.model.weights import SCHEMA

KEY = "tinct.network"
"""Under which a frame graph says what its weights alone do not."""
PREFIX = "network."
"""Of the network's weights among the graph's."""
LARGEST = 4096
"""Numbers that may be kept beside the graph; a graph that hides more of its network cannot be trained further."""


def tell_network(model: onnx.ModelProto, network: Network) -> onnx.ModelProto:
    """Write into a frame graph, before its weights are stored in half precision, what rebuilds its network: variant,
    configuration, and the weights that were folded into constants. Returns ``model``, changed."""
    named = {one.name for one in model.graph.initializer}
    folded = {name: value for name, value in network.state_dict().items() if PREFIX + name not in named}
    if sum(value.numel() for value in folded.values()) > LARGEST:
        return model
    told = {
        "schema": SCHEMA,
        "variant": network.VARIANT,
        "config": asdict(network.config),
        "folded": {name: value.tolist() for name, value in folded.items()},
    }
    model.metadata_props.add(key=KEY, value=json.dumps(told, sort_keys=True))
    return model


def bundle_checkpoint(bundle: Bundle, path: Path) -> Path:
    """Write the network of a bundle to the new file ``path``, as `load_weights` reads it, and return that.

    Raises:
        BundleError: the bundle does not tell all of its network.
    """
    manifest = bundle.manifest
    if not manifest.has_graphs:
        raise BundleError(f"the model {manifest.name} has no network to start from; name another or a checkpoint")
    model = onnx.load(str(bundle.path(manifest.frame_graph)))
    told = {entry.key: entry.value for entry in model.metadata_props}.get(KEY)
    if told is None:
        raise BundleError(
            f"{bundle.folder} does not hold all that training needs, as bundles of an older Tinct and with motion in "
            "the graph do not; start from the checkpoint it was exported from"
        )
    facts = json.loads(told)
    weights = {name: torch.tensor(values) for name, values in facts.pop("folded").items()}
    for one in model.graph.initializer:
        name = one.name.removesuffix(".half")
        if name.startswith(PREFIX):
            values = np.array(numpy_helper.to_array(one), np.float32)
            weights[name.removeprefix(PREFIX)] = torch.from_numpy(values)
    torch.save({"network": {**facts, "weights": weights}}, path)
    return path
