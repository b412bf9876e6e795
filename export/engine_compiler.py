"""Compiles ONNX graphs to TensorRT engines."""

from collections.abc import Sequence
from typing import Any

from tinct.runtime.backends.cuda_memory import find_gpu
from tinct.runtime.backends.tensorrt_library import load_tensorrt, message_log
from tinct.runtime.engine_card import Profile
from tinct.runtime.errors import BackendError, BundleError, UsageError

AHEAD_OF_TIME = ("sm86", "sm89", "sm120")
"""GPUs that TensorRT-RTX builds for unless told otherwise: GeForce and RTX of the 30, 40 and 50 series."""


class Compiler:
    """One TensorRT and the GPUs it compiles for. ``complaints`` gathers its warnings, ``timings`` what the full
    TensorRT measures (its timing cache)."""

    def __init__(self, flavour: str, architectures: Sequence[str] = (), *, timings: bytes = b"") -> None:
        """Load TensorRT.

        Args:
            flavour: ``"tensorrt_rtx"``, which compiles for GPUs that need not be here, or ``"tensorrt"``, which
                measures on the GPU that is here.
            architectures: such as ``"sm89"``; empty takes `AHEAD_OF_TIME`, or the GPU that is here.
            timings: of an earlier build, which ``"tensorrt"`` reuses and adds to; TensorRT-RTX measures nothing.

        Raises:
            BackendError: TensorRT is not installed, or ``"tensorrt"`` has no GPU here.
            UsageError: it cannot compile for one of ``architectures``.
        """
        self.flavour = flavour
        self._trt = load_tensorrt(flavour)
        self.version: str = self._trt.__version__
        self.complaints: list[str] = []
        self._log = message_log(self._trt)
        self.timings = timings if flavour == "tensorrt" else b""
        self.architectures = self._known(architectures)

    def compile(self, name: str, graph: bytes, profiles: Sequence[Profile]) -> bytes:
        """Compile ``graph``, an ONNX model called ``name``; every type is the graph's own.

        Raises:
            BundleError: TensorRT cannot parse or compile it, with its own words.
        """
        self._log.messages.clear()
        builder = self._trt.Builder(self._log)
        network = builder.create_network(1 << int(self._trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
        parser = self._trt.OnnxParser(network, self._log)
        if not parser.parse(graph):
            words = [parser.get_error(index).desc() for index in range(parser.num_errors)]
            raise self._refusal("parse", name, words)
        config = self._config(builder)
        for ranges in profiles:
            profile = builder.create_optimization_profile()
            for tensor, shapes in ranges.items():
                profile.set_shape(tensor, *shapes)
            if config.add_optimization_profile(profile) < 0:
                raise self._refusal("take the sizes for", name, [])
        plan = builder.build_serialized_network(network, config)
        if plan is None:
            raise self._refusal("compile", name, [])
        if self.flavour == "tensorrt":
            self.timings = bytes(memoryview(config.get_timing_cache().serialize()))
        self.complaints += self._log.messages
        return bytes(memoryview(plan))

    def _config(self, builder: Any) -> Any:
        config = builder.create_builder_config()
        # TF32 keeps ten bits of a number: the parts that are float32 are so because half precision is not enough.
        config.clear_flag(self._trt.BuilderFlag.TF32)
        if self.flavour == "tensorrt_rtx":
            # Unset, the number is that of the GPU that is here, and without one the library fails hard.
            config.num_compute_capabilities = len(self.architectures)
            for index, architecture in enumerate(self.architectures):
                capability = getattr(self._trt.ComputeCapability, architecture.upper())
                if not config.set_compute_capability(capability, index):
                    raise UsageError(f"{self.flavour} {self.version} cannot compile for {architecture}")
        else:
            cache = config.create_timing_cache(self.timings)
            if not config.set_timing_cache(cache, False):  # of another TensorRT or GPU
                config.set_timing_cache(config.create_timing_cache(b""), False)
        return config

    def _known(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """``wanted`` without repetition, or the default."""
        wanted = tuple(dict.fromkeys(wanted))
        if self.flavour == "tensorrt_rtx":
            every = [name.lower() for name in self._trt.ComputeCapability.__members__ if name.startswith("SM")]
            unknown = [name for name in wanted if name not in every]
            if unknown:
                raise UsageError(
                    f"{self.flavour} {self.version} cannot compile for {unknown[0]}; it can for {', '.join(every)}"
                )
            return wanted or AHEAD_OF_TIME
        gpu = find_gpu()
        if isinstance(gpu, str):
            raise BackendError(f"tensorrt compiles on the GPU that the engine is for, and {gpu}; use tensorrt_rtx")
        if wanted not in ((), (gpu.architecture,)):
            raise UsageError(
                f"tensorrt compiles for the GPU that is here ({gpu.name}, {gpu.architecture}), not for "
                f"{', '.join(wanted)}; leave --architecture out"
            )
        return (gpu.architecture,)

    def _refusal(self, verb: str, name: str, words: Sequence[str]) -> BundleError:
        said = "; ".join([*words, *self._log.messages]) or "it does not say why"
        return BundleError(f"{self.flavour} {self.version} cannot {verb} {name}: {said}")
