"""Imports torchvision where its binary part does not fit the installed PyTorch.

A torchvision built for CUDA beside a PyTorch built for the CPU lacks its own operators and fails at import, because it
registers extra facts about two operators that nothing has declared. Declared first, the import succeeds, and whatever
needs only the Python part (timm does) works; an operator itself still says, when called, that it is missing.
"""

import importlib
import sys
from types import ModuleType

_SCHEMAS = ("nms", "qnms")
_ARGUMENTS = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[object] = []
"""Declarations last as long as the library object that made them."""


def import_torchvision() -> ModuleType:
    """torchvision, imported; declares its operators first where they are missing.

    Raises:
        ModuleNotFoundError: it is not installed.
        RuntimeError: it does not fit the installed PyTorch in some other way.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    import torch

    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in _SCHEMAS:
        library.define(f"{name}{_ARGUMENTS}")
    _declared.append(library)
    return importlib.import_module("torchvision")


def import_timm() -> ModuleType:
    """timm, imported after torchvision.

    Raises:
        ModuleNotFoundError: timm or torchvision is not installed; says how to install them.
    """
    try:
        import_torchvision()
        return importlib.import_module("timm")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"the networks of the seeds need the module {error.name!r}: pip install 'tinct[networks]'", name=error.name
        ) from error
