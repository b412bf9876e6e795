"""Integer samples to float32 and back, as ``tinct colorize`` reads and writes files. For hosts that have NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np


def from_codes(codes: Any, bits: int) -> Any:
    """Return unsigned codes of any shape as float32 0..1: code / (2^bits - 1)."""
    return np.asarray(codes).astype(np.float32) / np.float32(2**bits - 1)


def to_codes(values: Any, bits: int) -> Any:
    """Return float32 ``values`` of any shape as ``round(value * (2^bits - 1))``, clipped; NaN becomes 0.

    uint8 up to 8 bits, else uint16. The same operations in the same order as the file writers of Tinct's engine, which
    is not there in a host: the codes are the same.
    """
    peak = np.float32(2**bits - 1)
    finite = np.nan_to_num(np.asarray(values), nan=0.0, posinf=1.0, neginf=0.0)
    return np.rint(np.clip(finite, 0.0, 1.0) * peak).astype(np.uint8 if bits <= 8 else np.uint16)
