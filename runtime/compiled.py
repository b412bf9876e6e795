"""Compiled loops: scalar Python over the pixels of a row, which Numba turns into vector instructions.

What keeps such a loop fast: constants are ``np.float32``; `smaller` and `larger` choose, not ``min`` and ``max``, whose
care for NaN costs branches; a loop that looks into a table stands alone; and rows are cut so that what passes from
loop to loop stays in the processor's nearest cache.

A compiled function is kept on disk beside its module, or in the user's cache where that cannot be written. Numba looks
only at that module's own file to see whether it is stale, so all parts of a loop that may change stand in one.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Value = Any
"""A float32, whose arithmetic NumPy's stubs do not keep one."""

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz"}}
"""Leaves the interpreter lock; x / 0 is infinite; a product and a sum may be one instruction, nothing is reordered."""

_SUMS = {**_OPTIONS, "fastmath": {"contract", "nsz", "reassoc"}}


def compiled(function: Function) -> Function:
    """A function that Python calls: compiled at its first call, and kept on disk."""
    return _kept(function, _OPTIONS)


def summing(function: Function) -> Function:
    """As `compiled`, for what adds up many numbers: in the order that suits the processor, so that kinds of processors
    may differ by a rounding."""
    return _kept(function, _SUMS)


def _kept(function: Function, options: dict[str, Any]) -> Function:
    try:
        return cast(Function, numba.njit(cache=True, **options)(function))
    except RuntimeError:  # no folder can be written
        return cast(Function, numba.njit(**options)(function))


def step(function: Function) -> Function:
    """A loop that a `compiled` function calls."""
    return cast(Function, numba.njit(**_OPTIONS)(function))


def inlined(function: Function) -> Function:
    """A formula of one pixel that loops use; inlined before LLVM sees it, which else leaves those loops scalar."""
    return cast(Function, numba.njit(inline="always", **_OPTIONS)(function))


@inlined
def larger(x: Value, y: Value) -> Value:
    """The larger of two, ``y`` where ``x`` is NaN."""
    return x if x > y else y


@inlined
def smaller(x: Value, y: Value) -> Value:
    """The smaller of two, ``y`` where ``x`` is NaN."""
    return x if x < y else y


def pixels(rows: NDArray[np.float32], *channels: int) -> NDArray[np.float32]:
    """Rows of an image as one row of pixels, (N, *channels), in the one kind of array that loops are compiled for:
    contiguous and writable. A copy only of what is not.
    """
    return np.require(rows, requirements=("C", "W")).reshape(-1, *channels)
