"""A backend that counts the time it takes."""

from time import perf_counter

from tinct.runtime.backends.base import Backend, Tensors


class TimedBackend(Backend):
    """Hands every call to ``inner``; ``seconds`` is the time its last frame graph took."""

    NAME = "timed"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner.bundle, threads=inner.threads)
        self._inner = inner
        self.seconds = 0.0

    @classmethod
    def unavailable(cls) -> str | None:
        """It runs where its inner backend runs."""
        return None

    def encode_reference(self, inputs: Tensors) -> Tensors:
        """Run the inner backend's reference graph."""
        return self._inner.encode_reference(inputs)

    def begin_frame(self, inputs: Tensors) -> Tensors:
        """Begin a frame on the inner backend."""
        return self._inner.begin_frame(inputs)

    def colorize_frame(self, inputs: Tensors) -> Tensors:
        """Run the inner backend's frame graph and note its time."""
        start = perf_counter()
        outputs = self._inner.colorize_frame(inputs)
        self.seconds = perf_counter() - start
        return outputs

    def describe(self, inputs: Tensors) -> Tensors:
        """Run the inner backend's descriptor graph."""
        return self._inner.describe(inputs)

    @property
    def descriptor_identity(self) -> str:
        """That of the inner backend."""
        return self._inner.descriptor_identity
