"""Ways to split a movie into shots: one class each behind one interface, loaded when it is asked for."""

from importlib import import_module

from tinct.training.data.choices import check_choice
from tinct.training.data.splitting.base import LEAST_SHOT, Picture, Shot, Splitter

__all__ = ["LEAST_SHOT", "Picture", "Shot", "Splitter", "create_splitter", "splitter_names"]

_SPLITTERS = {
    "content": ("detectors", "ContentSplitter"),
    "adaptive": ("detectors", "AdaptiveSplitter"),
    "threshold": ("detectors", "ThresholdSplitter"),
    "ssim": ("ssim_cuts", "SsimSplitter"),
    "transnet": ("transnet", "TransNetSplitter"),
    "none": ("whole", "WholeMovie"),
}


def splitter_names() -> tuple[str, ...]:
    """Names of all ways to split."""
    return tuple(_SPLITTERS)


def create_splitter(name: str, **parameters: float) -> Splitter:
    """The way to split of that ``name``.

    Raises:
        ChoiceError: there is none.
        ModuleNotFoundError: its package is not installed.
    """
    check_choice("way to split", name, _SPLITTERS)
    module, kind = _SPLITTERS[name]
    splitter: Splitter = getattr(import_module(f"{__name__}.{module}"), kind)(**parameters)
    return splitter
