"""Feature extractors: pretrained trunks behind one interface, chosen by name."""

from collections.abc import Callable

from tinct.training.model.features.base import FeatureExtractor
from tinct.training.model.features.lite import LiteExtractor
from tinct.training.model.features.swin import ARCHITECTURES, SwinExtractor
from tinct.training.model.features.trunk_weights import PRETRAINED, RANDOM, FeatureWeightsError, Weights
from tinct.training.model.features.vgg import Vgg16Extractor, Vgg19Extractor
from tinct.training.model.features.vit import VitExtractor

__all__ = ["EXTRACTORS", "PRETRAINED", "RANDOM", "FeatureExtractor", "FeatureWeightsError", "create_extractor"]


def _swin_window8(weights: Weights, **options: object) -> FeatureExtractor:
    return SwinExtractor(weights, architecture=ARCHITECTURES["swin_window8"], **options)


EXTRACTORS: dict[str, Callable[..., FeatureExtractor]] = {
    "lite": LiteExtractor,
    "swin": SwinExtractor,
    "swin_window8": _swin_window8,
    "vit": VitExtractor,
    "vgg16": Vgg16Extractor,
    "vgg19": Vgg19Extractor,
}


def create_extractor(name: str, *, weights: Weights = PRETRAINED, **options: object) -> FeatureExtractor:
    """The extractor of that name, its trunk frozen.

    ``weights``: ``"pretrained"`` takes them from a registry package or timm's hub, a path from that file, and
    ``"random"`` (for tests, for counting, and before a checkpoint is loaded) from nowhere. ``options`` change the
    architecture of `swin`, `swin_window8` and `vit`, as timm names them.

    Raises:
        FeatureWeightsError: the weights cannot be had.
        ModuleNotFoundError: a package that the extractor needs is not installed.
        ValueError: no extractor of that name.
    """
    if name not in EXTRACTORS:
        raise ValueError(f"there is no feature extractor {name!r}; choose one of {', '.join(EXTRACTORS)}")
    return EXTRACTORS[name](weights, **options)
