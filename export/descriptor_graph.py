"""The graph that describes a picture, for libraries of stills, and whether it does so as the network in PyTorch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from tinct.export.graphs import export_graph, image_axes
from tinct.runtime import demo
from tinct.runtime.backends import backend_report, create_backend
from tinct.runtime.bank import still_lightness
from tinct.runtime.bundle import DESCRIPTOR_INPUTS, DESCRIPTOR_OUTPUTS, Bundle, ColourScale
from tinct.runtime.errors import BundleError
from tinct.runtime.library.description import view_of
from tinct.runtime.media import read_still
from tinct.training.model.descriptor import DescriptorConfig, GlobalDescriptor

DESCRIPTOR_FILE = "descriptor.onnx"
SHORT_SIDE = 224
LIMIT = 1e-3
"""Largest difference of a descriptor's numbers; the vectors are of unit length."""

_EXAMPLE = (96, 160)
_STILLS = ("still_1.jpg", "still_2.jpg", "still_3.jpg")


def descriptor_network(trunk: nn.Module, colour: ColourScale) -> GlobalDescriptor:
    """The network whose graph goes into a bundle of these colours; its weights are those of ``trunk``."""
    config = DescriptorConfig(short_side=SHORT_SIDE, l_mean=colour.l_mean, l_scale=colour.l_scale)
    return GlobalDescriptor(trunk, config).eval()


def descriptor_graph(network: GlobalDescriptor) -> onnx.ModelProto:
    """``luminance`` (1, 1, H, W) scaled, sides any multiples of 32 -> ``descriptor`` (1, D) of unit length.

    Raises:
        BundleError: PyTorch cannot export the network.
    """
    (name,) = DESCRIPTOR_INPUTS
    example = torch.rand(1, 1, *_EXAMPLE, generator=torch.Generator().manual_seed(0))
    return export_graph(network, {name: example}, {name: image_axes()}, (name,), DESCRIPTOR_OUTPUTS)


def descriptor_parity(
    network: GlobalDescriptor, bundle: Bundle, *, short_sides: Sequence[int] = (96, SHORT_SIDE)
) -> dict[str, float]:
    """Compare every real backend that can run here with ``network``, on the photographs that ship with Tinct.

    Returns the largest absolute difference of a descriptor's numbers by backend.

    Raises:
        BackendError: the graph cannot be loaded or failed.
    """
    names = [name for name, reason in backend_report(bundle) if reason is None and name != "fake"]
    backends = [create_backend(name, bundle) for name in names]
    found = dict.fromkeys((backend.NAME for backend in backends), 0.0)
    for view in _photographs(bundle, short_sides):
        with torch.no_grad():
            expected = network(torch.from_numpy(view)).numpy()
        for backend in backends:
            difference = np.abs(backend.describe({"luminance": view})["descriptor"] - expected).max()
            found[backend.NAME] = float(f"{max(found[backend.NAME], float(difference)):.3g}")
    return found


def require_descriptor_parity(report: Mapping[str, float]) -> None:
    """Refuse a ``report`` of `descriptor_parity` that is over `LIMIT`.

    Raises:
        BundleError: it is, with the backend and its difference.
    """
    for name, difference in report.items():
        if not difference <= LIMIT:  # written so that NaN is refused too
            raise BundleError(
                f"the exported graph describes pictures unlike the network with {name}: descriptors differ by "
                f"{difference} (at most {LIMIT}); export with other versions of torch and onnxscript"
            )


def _photographs(bundle: Bundle, short_sides: Sequence[int]) -> list[NDArray[np.float32]]:
    folder = Path(demo.__file__).parent
    lights = [still_lightness(read_still(folder / name).rgb) for name in _STILLS]
    return [view_of(light, bundle.manifest, short_side=side) for light in lights for side in short_sides]
