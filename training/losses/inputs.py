"""What all losses ask of their inputs: one shape, and single precision inside half-precision training."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any, ParamSpec

import torch
from torch import Tensor

P = ParamSpec("P")
HALF = (torch.float16, torch.bfloat16)


def full_precision(loss: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Run ``loss`` outside autocast, its half-precision tensors (alone or in a sequence) brought to float32.

    A square of 256 overflows float16, a mean over a picture drowns in bfloat16. The gradients that go back have the
    precision of the inputs.
    """

    @wraps(loss)
    def run(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        with ExitStack() as stack:
            for device in ("cpu", "cuda"):
                if torch.is_autocast_enabled(device):
                    stack.enter_context(torch.autocast(device, enabled=False))
            return loss(*(_widen(value) for value in args), **{name: _widen(value) for name, value in kwargs.items()})

    return run


def require_one_shape(**tensors: Tensor) -> None:
    """Refuse tensors that would be broadcast against each other without a word.

    Raises:
        ValueError: the shapes differ.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError("these must have one shape: " + ", ".join(f"{name} {shape}" for name, shape in shapes.items()))


def _widen(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.dtype in HALF else value
    if isinstance(value, list | tuple):
        return [_widen(one) for one in value]
    return value
