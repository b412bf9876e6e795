"""The yardstick: a weightless graph of DEVC's size, loaded with random weights."""

import json
import math
from collections.abc import Sequence
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import BackendError

GRAPH, FACTS = "stand_in.onnx", "stand_in.json"
"""Made by ``tinct.export.stand_in``, beside which they lie."""


class StandIn:
    """Runs the stand-in on ONNX Runtime's CPU provider with ``threads`` threads."""

    def __init__(self, *, threads: int) -> None:
        """Load the graph and fill it with weights of the usual scale, so that no value vanishes or overflows.

        Raises:
            BackendError: ONNX Runtime is missing or refuses the graph.
        """
        try:
            import onnxruntime
        except ImportError as error:
            raise BackendError(
                "tinct bench times its yardstick on ONNX Runtime, which is not installed: pip install onnxruntime"
            ) from error
        graph = files("tinct.export").joinpath(GRAPH).read_bytes()
        facts = json.loads(files("tinct.export").joinpath(FACTS).read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        generator = np.random.default_rng(0)
        weights = {name: _random_weight(shape, generator) for name, shape in facts["weights"].items()}
        self._values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
        options.add_external_initializers(list(weights), self._values)
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions share no public root
            raise BackendError(f"ONNX Runtime refuses the yardstick {GRAPH}: {error}") from error
        self.flops = int(facts["flops"])
        self.parameters = int(facts["parameters"])
        self._inputs = {
            entry.name: generator.uniform(-1, 1, entry.shape).astype(np.float32) for entry in self._session.get_inputs()
        }

    def run(self) -> None:
        """Run one frame."""
        self._session.run(None, self._inputs)


def _random_weight(shape: Sequence[int], generator: np.random.Generator) -> NDArray[np.float32]:
    """A kernel of He et al.'s scale, or for a vector (bias, norm, slope) values in 0..1."""
    if len(shape) == 4:
        scale = np.float32(math.sqrt(2 / math.prod(shape[1:])))
        return generator.standard_normal(shape, dtype=np.float32) * scale
    return generator.random(shape, dtype=np.float32)
