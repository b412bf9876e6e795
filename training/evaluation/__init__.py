"""Metrics, baselines and the evaluation protocol."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinct.training.evaluation.methods.base import Colorizer

BASELINES = ("grey", "static_copy", "flow", "copy", "hybrid")
"""Names of the methods without training that every table shows, as ``baselines`` returns them."""


def baselines() -> "tuple[Colorizer, ...]":
    """The methods without training, ready to run, named and ordered as ``BASELINES``.

    Raises:
        ModuleNotFoundError: the package with the weights of EfficientNet-Lite0 is not installed.
    """
    from tinct.training.evaluation.methods.copy import FeatureCopy
    from tinct.training.evaluation.methods.flow import FlowChain
    from tinct.training.evaluation.methods.grey import Grey
    from tinct.training.evaluation.methods.hybrid import Hybrid
    from tinct.training.evaluation.methods.static_copy import StaticCopy

    copy = FeatureCopy()
    return Grey(), StaticCopy(), FlowChain(), copy, Hybrid(copy)
