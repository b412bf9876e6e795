"""Where the shots of a plate begin: detectors, and lists of shots as OTIO, EDL and CSV."""

from importlib import import_module

from tinct.runtime.errors import UnknownNameError
from tinct.runtime.shots.base import ShotDetector
from tinct.runtime.shots.detection import detect_shots
from tinct.runtime.shots.shot import Kind, Shot, ShotList, Transition
from tinct.runtime.shots.shot_file import read_shots, write_shots

__all__ = [
    "DEFAULT_DETECTOR",
    "Kind",
    "Shot",
    "ShotDetector",
    "ShotList",
    "Transition",
    "create_detector",
    "detect_shots",
    "detector_names",
    "read_shots",
    "write_shots",
]

DEFAULT_DETECTOR = "transnetv2"
_DETECTORS = {
    "transnetv2": ("transnet", "TransNetDetector"),
    "content": ("scene_detectors", "ContentShots"),
    "adaptive": ("scene_detectors", "AdaptiveShots"),
    "histogram": ("scene_detectors", "HistogramShots"),
}


def detector_names() -> tuple[str, ...]:
    """Names of all detectors."""
    return tuple(_DETECTORS)


def create_detector(name: str = DEFAULT_DETECTOR, *, threads: int | None = None) -> ShotDetector:
    """The detector of that ``name``; ``threads`` of its network, if it has one.

    Raises:
        UnknownNameError: there is none.
        UsageError: its package is not installed.
        BundleError, BackendError: its network is broken or cannot run here.
    """
    if name not in _DETECTORS:
        raise UnknownNameError(f"no detector named {name!r}: the detectors are {', '.join(_DETECTORS)}")
    module, kind = _DETECTORS[name]
    made = getattr(import_module(f"{__name__}.{module}"), kind)
    detector: ShotDetector = made(threads=threads) if name == DEFAULT_DETECTOR else made()
    return detector
