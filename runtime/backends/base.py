"""The interface behind which every inference backend stands."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.bundle import Bundle, GraphSpec
from tinct.runtime.errors import BackendError
from tinct.runtime.media.plate import ColourTags

if TYPE_CHECKING:
    from tinct.runtime.backends.device_composition import DeviceComposition

Tensors = Mapping[str, NDArray[np.float32]]
"""Named float32 tensors; names and shapes are those of the bundle's manifest."""


class Backend(ABC):
    """Runs the graphs of one bundle. Stateless between calls; one instance may serve several sessions in turn."""

    NAME: ClassVar[str]

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        """Load the graphs of ``bundle``; ``threads`` None means every core the process may use.

        Raises:
            BackendError: the backend cannot run here, with the reason.
        """
        self.bundle = bundle
        self.threads = threads
        self.precision = "f32"
        """What the networks are computed in; results of two precisions differ slightly."""
        self.device = ""
        """The GPU that computes; empty where the processor does."""

    @classmethod
    @abstractmethod
    def unavailable(cls) -> str | None:
        """Why this backend cannot run on this machine, or None when it can."""

    @classmethod
    def unavailable_for(cls, bundle: Bundle) -> str | None:
        """Why this backend cannot run ``bundle`` on this machine, or None when it can."""
        return cls.unavailable()

    @abstractmethod
    def encode_reference(self, inputs: Tensors) -> Tensors:
        """Run the reference graph on one still (manifest ``reference_graph``).

        Raises:
            BackendError: the graph failed.
        """

    def begin_frame(self, inputs: Tensors) -> Tensors:
        """What a frame can begin with before the one before it is coloured, from its ``luminance`` and the bank's
        tensors; to be given to `colorize_frame` with the other inputs, which comes out the same without. Nothing where
        the frame graph is run as one, or no frame of these sizes was coloured yet. May be called on another thread than
        the rest.

        Raises:
            BackendError: the graph failed.
        """
        return {}

    @abstractmethod
    def colorize_frame(self, inputs: Tensors) -> Tensors:
        """Run the frame graph (manifest ``frame_graph``) on a frame and the bank's tensors.

        Raises:
            BackendError: the graph failed.
        """

    @abstractmethod
    def describe(self, inputs: Tensors) -> Tensors:
        """Run the descriptor graph (manifest ``descriptor_graph``) on the luminance of a picture; it is loaded when it
        is first needed.

        Raises:
            BackendError: the bundle has no such graph, or it failed.
        """

    def composition(self, tags: ColourTags, plate: tuple[int, int], *, limit: bool) -> "DeviceComposition | None":
        """What composes frames of a ``plate`` (height, width) with those ``tags`` on this backend's device, ``limit``
        as in `compose`; None where the processor does it.

        Raises:
            BackendError: it is there and cannot be loaded.
        """
        return None

    @property
    def descriptor_identity(self) -> str:
        """Name of what `describe` computes: only descriptors of one name may be compared.

        Raises:
            BackendError: the bundle has no descriptor graph.
        """
        return self.bundle.manifest.files[require_descriptor(self.bundle).file]


def require_descriptor(bundle: Bundle) -> GraphSpec:
    """The descriptor graph of ``bundle``.

    Raises:
        BackendError: it has none.
    """
    graph = bundle.manifest.descriptor_graph
    if graph is None:
        raise BackendError(
            f"the model {bundle.manifest.name} {bundle.manifest.version} has no descriptor graph, which libraries of "
            "stills need; export it again, or add one (tinct export BUNDLE --add-descriptor)"
        )
    return graph
