"""Where a trunk's weights come from: a hub, a file that the user names, or random numbers that the user asks for."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from tinct.training.model.features.torchvision_shim import import_timm

PRETRAINED = "pretrained"
RANDOM = "random"

Weights = str | Path
"""`PRETRAINED`, `RANDOM`, or the path of a file."""


class FeatureWeightsError(ValueError):
    """The weights of a feature extractor cannot be had."""


def timm_trunk(architecture: str, weights: Weights, **options: object) -> nn.Module:
    """A network of timm without its classifier.

    Every weight, the classifier's too, must be found in what is loaded, so nothing stays random unnoticed.
    ``options`` change the architecture.

    Raises:
        FeatureWeightsError: the hub cannot be reached, or the file cannot be used.
        ModuleNotFoundError: timm is not installed.
    """
    timm = import_timm()
    if weights == RANDOM:
        return _headless(timm.create_model(architecture, **options))
    source: dict[str, object] = {}
    if weights != PRETRAINED:
        source["pretrained_cfg_overlay"] = {"file": str(existing(weights, architecture)), "custom_load": False}
    try:
        model = timm.create_model(architecture, pretrained=True, **source, **options)
    except Exception as error:  # timm, the hub's client and its transport share no root
        raise unusable(architecture, weights, error) from error
    return _headless(model)


def _headless(model: nn.Module) -> nn.Module:
    model.reset_classifier(0)
    return model


def stored_state(path: Weights, architecture: str) -> Mapping[str, Tensor]:
    """State dictionary of a ``.safetensors`` or ``.pth`` file, read without running code from it.

    Raises:
        FeatureWeightsError: no such file, or it holds none.
    """
    timm = import_timm()
    try:
        return timm.models.load_state_dict(str(existing(path, architecture)), weights_only=True)
    except FeatureWeightsError:
        raise
    except Exception as error:  # torch and safetensors raise what their parsers raise
        raise unusable(architecture, path, error) from error


def existing(path: Weights, architecture: str) -> Path:
    """``path`` if there is such a file.

    Raises:
        FeatureWeightsError: there is none.
    """
    if not Path(path).is_file():
        raise FeatureWeightsError(
            f"no file {path} with weights of {architecture}; name a .safetensors or .pth file, "
            f"or {PRETRAINED!r} to fetch them"
        )
    return Path(path)


def unusable(architecture: str, weights: Weights, error: Exception) -> FeatureWeightsError:
    """The error for weights that could not be had because of ``error``."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:400]
    if weights == PRETRAINED:
        return FeatureWeightsError(
            f"the pretrained weights of {architecture} cannot be fetched ({reason}); connect to the hub of timm once, "
            "or name a .safetensors or .pth file that holds them"
        )
    return FeatureWeightsError(
        f"{weights} does not hold the weights of {architecture} ({reason}); name a .safetensors or .pth file "
        f"as timm publishes it, or {PRETRAINED!r} to fetch them"
    )
