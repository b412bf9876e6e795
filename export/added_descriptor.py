"""A descriptor graph for a bundle that was exported without one."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from tinct.export.bundle import new_folder, write_graph
from tinct.export.descriptor_graph import (
    DESCRIPTOR_FILE,
    SHORT_SIDE,
    descriptor_graph,
    descriptor_network,
    descriptor_parity,
    require_descriptor_parity,
)
from tinct.export.half import round_weights, store_half
from tinct.runtime.bundle import (
    DESCRIPTOR_INPUTS,
    DESCRIPTOR_OUTPUTS,
    Bundle,
    GraphSpec,
    digest_files,
    load_bundle,
    write_manifest,
)
from tinct.runtime.errors import BundleError, OutputExistsError
from tinct.training.model.trunk import EfficientNetLite0, load_pretrained

HALF_STEP = 2.0**-10
"""Step of half precision, as a share of a kernel's largest weight."""


def add_descriptor(folder: Path, output: Path) -> Path:
    """Copy the bundle in ``folder`` to the new folder ``output`` with a descriptor graph, and return that folder.

    For bundles whose trunk was never trained: its weights are taken from the registry package, and must be those in the
    bundle's own graph. The other graphs are copied as they are.

    Raises:
        OutputExistsError: ``output`` is there already.
        BundleError: the bundle has a descriptor graph or no graphs, its trunk is another one, or the new graph differs
            from PyTorch's.
        OutputError: the new bundle cannot be written.
    """
    if os.path.lexists(output):
        raise OutputExistsError(f"{output} is there already; give a new folder or remove it")
    bundle = load_bundle(folder)
    if bundle.manifest.descriptor_graph is not None:
        raise BundleError(f"the bundle {folder} has a descriptor graph already; use it as it is")
    if not bundle.manifest.has_graphs:
        raise BundleError(f"the bundle {folder} has no graphs, so there is no trunk to describe pictures with")
    trunk = EfficientNetLite0()
    load_pretrained(trunk)
    round_weights(trunk)
    _require_trunk(bundle, trunk)
    network = descriptor_network(trunk, bundle.manifest.colour)
    with new_folder(output) as made:
        for name in bundle.manifest.files:
            shutil.copyfile(folder / name, made / name)
        write_graph(store_half(descriptor_graph(network)), made / DESCRIPTOR_FILE)
        manifest = replace(
            bundle.manifest,
            files=digest_files(made, (*bundle.manifest.files, DESCRIPTOR_FILE)),
            descriptor_graph=GraphSpec(DESCRIPTOR_FILE, DESCRIPTOR_INPUTS, DESCRIPTOR_OUTPUTS),
            descriptor_size=SHORT_SIDE,
        )
        write_manifest(made, manifest)
        parity = descriptor_parity(network, load_bundle(made))
        require_descriptor_parity(parity)
        write_manifest(made, replace(manifest, quality={**manifest.quality, "descriptor_parity": parity}))
    return output


def _require_trunk(bundle: Bundle, trunk: EfficientNetLite0) -> None:
    """Refuse a bundle whose reference graph does not hold every kernel of ``trunk``, to half precision."""
    graph = onnx.load(bundle.path(bundle.manifest.reference_graph)).graph
    held: dict[tuple[int, ...], list[NDArray[np.float32]]] = {}
    for initializer in graph.initializer:
        values = numpy_helper.to_array(initializer)
        held.setdefault(values.shape, []).append(values.astype(np.float32))
    for name, weight in trunk.named_parameters():
        kernel = weight.detach().numpy()
        allowed = HALF_STEP * np.abs(kernel).max()
        if kernel.ndim == 4 and not any(
            np.abs(kernel - other).max() <= allowed for other in held.get(kernel.shape, [])
        ):
            raise BundleError(
                f"the trunk of {bundle.folder} is not that of the registry package ({name} differs); "
                "export it again from its checkpoint"
            )
