"""What is written about a pixel and a frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pixel_text(x: int, y: int, facts: Mapping[str, Any], bit_depth: int, is_float: bool) -> str:
    """A pixel's place, the plate's and the result's code values, the result's Lab, and how sure it is."""
    parts = [f"{x}, {y}", f"plate {_code(facts['plate'], bit_depth, is_float)}"]
    parts.append("RGB " + " ".join(_code(value, bit_depth, is_float) for value in facts["rgb"]))
    parts.append("Lab " + " ".join("–" if value is None else f"{value:.1f}" for value in facts["lab"]))
    sure = facts["confidence"]
    parts.append("confidence " + ("–" if sure is None else f"{sure:.2f}"))
    return "   ".join(parts)


def left_text(seconds: float | None) -> str:
    """Time that is left, as short as can be."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.0f} s left"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min left"
    return f"{seconds / 3600:.1f} h left"


def _code(value: float | None, bit_depth: int, is_float: bool) -> str:
    """The code value of a full-range file; of floats the value itself."""
    if value is None:
        return "–"
    return f"{value:.4f}" if is_float else str(round(value * ((1 << bit_depth) - 1)))
