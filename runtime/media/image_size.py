"""The sizes of picture that Tinct takes."""

from pathlib import Path

from tinct.runtime.errors import MediaError

MIN_SIDE = 16
"""Fewest pixels on a side."""

MAX_PIXELS = 8192 * 8192
"""Most pixels in a frame."""


def check_size(path: Path, width: int, height: int) -> None:
    """Refuse a picture that is too small or too large.

    Raises:
        MediaError: a side is under `MIN_SIDE`, or the picture has more than `MAX_PIXELS` pixels.
    """
    if min(width, height) < MIN_SIDE:
        raise MediaError(f"{path} is {width}x{height}; the smallest side Tinct takes is {MIN_SIDE} pixels.")
    if width * height > MAX_PIXELS:
        raise MediaError(
            f"{path} is {width}x{height}, {width * height} pixels; the limit is {MAX_PIXELS}. Scale it down."
        )
