"""The network that finds shot boundaries, on ONNX Runtime."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.onnxruntime_backend import OnnxRuntimeBackend
from tinct.runtime.backends.onnxruntime_session import open_session
from tinct.runtime.errors import BackendError
from tinct.runtime.shots.graph_manifest import ShotManifest, read_shot_manifest

WINDOW, HEIGHT, WIDTH = 100, 27, 48
"""Frames that the network sees at once, and their size."""
INPUT, OUTPUTS = "frames", ("middle", "part")

Chances = NDArray[np.float32]


class ShotGraph:
    """A loaded network; stateless between calls."""

    def __init__(self, manifest: ShotManifest, session: Any) -> None:
        """Put it together; `load` does it from a folder."""
        self.manifest = manifest
        self._session = session

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None) -> "ShotGraph":
        """Load the bundle in ``folder``; ``threads`` None means every core that the process may use.

        Raises:
            BundleError: the bundle is broken.
            BackendError: ONNX Runtime cannot run here, or cannot load the graph.
        """
        manifest = read_shot_manifest(folder)
        reason = OnnxRuntimeBackend.unavailable()
        if reason is not None:
            raise BackendError(reason)
        return cls(manifest, open_session(folder / manifest.graph, threads=threads))

    def run(self, frames: NDArray[np.float32]) -> tuple[Chances, Chances]:
        """Chances (100,) 0..1 that a transition has its middle in each frame, and that the frame is a part of one.

        ``frames``: (100, 27, 48) float32 luma 0..255, encoded as in the plate.

        Raises:
            BackendError: the network failed.
        """
        try:
            middle, part = self._session.run(list(OUTPUTS), {INPUT: frames[None]})
        except Exception as error:  # onnxruntime's errors have no common root
            raise BackendError(f"onnxruntime failed in {self.manifest.graph}: {error}") from error
        return middle[0], part[0]


def shipped_graph_folder() -> Path:
    """Where the bundle lies that came with this installation."""
    return Path(__file__).resolve().parent.parent / "bundles" / "transnetv2"
