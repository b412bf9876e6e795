"""A graph that OpenVINO runs, compiled anew for each set of input shapes."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Tensors
from tinct.runtime.backends.openvino_parts import BEGUN, cut_in_two
from tinct.runtime.backends.openvino_top_k import group_top_k
from tinct.runtime.bundle import GraphSpec
from tinct.runtime.errors import BackendError

KEPT_SHAPES = 4
"""Compiled forms kept per graph. A shot has one frame size and a few still sets, so a handful never thrashes."""

Inputs = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class _Form:
    """A graph compiled for ``shapes`` of its inputs: the requests of its first part, None where it has none, and of the
    rest; ``beginning`` is held while the first runs."""

    shapes: dict[str, tuple[int, ...]]
    first: Any
    rest: Any
    beginning: Lock = field(default_factory=Lock)

    def fits(self, tensors: Tensors, names: Collection[str]) -> bool:
        """Whether the inputs of those ``names`` have the shapes it was compiled for."""
        return all(tensors[name].shape == self.shapes[name] for name in names)

    def begin(self, tensors: Tensors) -> Tensors:
        """What the rest takes from the first part."""
        if self.first is None:
            return {}
        with self.beginning:
            self.first.infer({name: tensors[name] for name in _names(self.first.model_inputs)}, share_inputs=True)
            return {name: self.first.get_tensor(name).data.copy() for name in _names(self.first.model_outputs)}


class ShapedGraph:
    """A graph and its compiled forms, least recently used first.

    Where inputs are named ``early``, all that depends on them alone is a part of its own, which `begin` can run ahead,
    on another thread. `run` runs it where that was not done: the parts are the same, so the results are the same bits.
    """

    def __init__(
        self, core: Any, model: Any, spec: GraphSpec, config: dict[str, object], *, early: Collection[str] = ()
    ) -> None:
        self._core = core
        self._model = model
        self._spec = spec
        self._config = config
        self._early = early
        self._forms: OrderedDict[tuple[tuple[int, ...], ...], _Form] = OrderedDict()
        self._looking = Lock()

    def run(self, tensors: Inputs) -> Tensors:
        """Outputs by name, from the graph's inputs and perhaps what `begin` gave; views that the next run overwrites.

        Raises:
            BackendError: the graph failed.
        """
        try:
            form = self._form(tensors)
            begun = {name: tensor for name, tensor in tensors.items() if name.startswith(BEGUN)} or form.begin(tensors)
            given = {**tensors, **begun}
            form.rest.infer({name: given[name] for name in _names(form.rest.model_inputs)}, share_inputs=True)
            return {name: form.rest.get_tensor(name).data for name in self._spec.outputs}
        except Exception as error:  # openvino raises RuntimeError and its own types without a common root
            raise BackendError(f"openvino failed in {self._spec.file}: {error}") from error

    def begin(self, tensors: Inputs) -> Tensors:
        """What the first part gives for the ``early`` inputs; nothing while no frame of these shapes was run.

        Raises:
            BackendError: the graph failed.
        """
        with self._looking:
            form = next((one for one in self._forms.values() if one.fits(tensors, self._early)), None)
        try:
            return {} if form is None else form.begin(tensors)
        except Exception as error:  # as in `run`
            raise BackendError(f"openvino failed in {self._spec.file}: {error}") from error

    def _form(self, tensors: Inputs) -> _Form:
        key = tuple(tensors[name].shape for name in self._spec.inputs)
        form = self._forms.get(key)
        if form is None:
            form = self._compiled(dict(zip(self._spec.inputs, key, strict=True)))
        with self._looking:
            self._forms[key] = form
            self._forms.move_to_end(key)
            if len(self._forms) > KEPT_SHAPES:
                self._forms.popitem(last=False)
        return form

    def _compiled(self, shapes: dict[str, tuple[int, ...]]) -> _Form:
        model = self._model.clone()
        model.reshape({name: list(shape) for name, shape in shapes.items()})
        group_top_k(model)
        parts = cut_in_two(model, self._early) if self._early else None
        if parts is None:
            return _Form(shapes, None, self._request(model))
        return _Form(shapes, *(self._request(part) for part in parts))

    def _request(self, model: Any) -> Any:
        return self._core.compile_model(model, "CPU", self._config).create_infer_request()


def _names(ports: Any) -> list[str]:
    """A name of each port, that of what goes from part to part where it has one."""
    return [min(port.get_names(), key=lambda name: not name.startswith(BEGUN)) for port in ports]
