"""Where the demo's clip and stills lie."""

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path

GREY_CLIP = "grey.mkv"
TRUE_CLIP = "true_colour.mkv"
STILLS = ("still_1.jpg", "still_2.jpg", "still_3.jpg")
FRAMES_PER_SHOT = 24


def demo_file(name: str) -> AbstractContextManager[Path]:
    """A file of the demo material on disk, for as long as the context lasts."""
    return as_file(files("tinct.runtime.demo").joinpath(name))
