"""torchvision beside a torch that it was not built for."""

import sys
from importlib import import_module
from types import ModuleType

import torch

MISSING = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []


def import_torchvision() -> ModuleType:
    """Import torchvision, also where its compiled operators do not fit (a CUDA build beside a CPU torch).

    Its import then fails because two operators that Python code refers to are not declared; declaring them is enough
    for all that is written in Python. Calling one of them raises torchvision's own error.

    Raises:
        ModuleNotFoundError: torchvision is not installed.
    """
    try:
        return import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error) or _declared:
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in MISSING:
        library.define(schema)
    _declared.append(library)  # operators live as long as the library that declares them
    return import_module("torchvision")
