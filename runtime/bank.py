"""Reference stills, their encoding, and the bank that a frame is matched against."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.backends.base import Backend, Tensors
from tinct.runtime.bundle import Manifest
from tinct.runtime.errors import BackendError
from tinct.runtime.media.luma import desaturate
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.media.stills import Still, StillFile
from tinct.runtime.picture.arithmetic import arithmetic_of
from tinct.runtime.picture.colour import luma_to_lightness, srgb_to_lab
from tinct.runtime.picture.working_size import WorkingSize
from tinct.runtime.recently_used import RecentlyUsed
from tinct.runtime.still_cache import StillCache
from tinct.runtime.still_choice import STILL_CELLS, Cells, cells_of

Image = NDArray[np.float32]

STILL_VIEW = ColourTags(matrix="bt709", transfer="srgb", full_range=True)
"""How a still looks as a grey plate."""
_VIEW, _TOKENS = "view", "tokens "
"""Names of arrays in a `StillCache`."""
CACHE_BYTES = 256 * 2**20
"""Default bound of `EncodedStills`."""


@dataclass(frozen=True, eq=False)
class Reference:
    """A still and when it is in force.

    ``still``: a `Still`, a `StillFile` or (H, W, 3) float32 sRGB-encoded 0..1. ``from_frame``: the plate's own frame
    number from which it is in force, None for the start. ``weight``: how much it counts beside the other stills of its
    set, above 0. ``lightness``: (H, W) float32 L* 0..100 of the still as a grey plate shows it; None takes that of its
    luma.
    """

    still: Still | StillFile | Image
    from_frame: int | None = None
    weight: float = 1.0
    lightness: "Image | None" = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise ValueError(f"the weight of a still is {self.weight} and must be a number above 0")
        if isinstance(self.still, StillFile) and self.lightness is None:
            return  # a file's pixels were looked at when it was read; reading them again can wait
        rgb = self.rgb
        if rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
            raise ValueError(f"a still must be (H, W, 3), not {rgb.shape}")
        if self.lightness is not None and self.lightness.shape != rgb.shape[:2]:
            raise ValueError(f"the lightness of a still is {self.lightness.shape} and its pixels {rgb.shape}")
        if not np.isfinite(rgb).all():
            raise ValueError("a still must have finite values; it holds NaN or infinity")

    @property
    def rgb(self) -> Image:
        """The still's pixels (H, W, 3) float32, sRGB-encoded 0..1."""
        return self.still if isinstance(self.still, np.ndarray) else self.still.rgb

    @cached_property
    def digest(self) -> str:
        """sha256 that names the still's pixels, and its lightness where that is given."""
        if not isinstance(self.still, np.ndarray) and self.lightness is None:
            return self.still.digest
        named = hashlib.sha256()
        for plane in (self.rgb, self.lightness):
            if plane is not None:
                named.update(repr(plane.shape).encode())
                named.update(np.ascontiguousarray(plane, np.float32).data)
        return named.hexdigest()

    def view(self, short_side: int, multiple: int) -> tuple[Image, WorkingSize]:
        """The still as a plate with its colours: Lab (h, w, 3) at its own working size, and that size.

        L is that of the still as a grey plate, L* of its luma unless ``lightness`` says otherwise: saturated colours
        differ in it from L* by up to 13, and frames are matched to the still by lightness, so both must look through
        the same curve.
        """
        rgb = np.ascontiguousarray(self.rgb, np.float32)
        height, width = rgb.shape[:2]
        size = WorkingSize.fit(width, height, short_side, multiple)
        lab = srgb_to_lab(rgb)
        if self.lightness is None:
            lab[..., 0] = still_lightness(rgb)
        else:
            lab[..., 0] = self.lightness
        return size.reduce(lab), size


def still_lightness(rgb: Image) -> Image:
    """L* (H, W) 0..100 of a still (H, W, 3) float32 sRGB-encoded 0..1, as a grey plate would show it."""
    return luma_to_lightness(desaturate(rgb, STILL_VIEW.luma_weights), STILL_VIEW)


@dataclass(frozen=True, eq=False)
class ReferenceBank:
    """The tokens of all stills of one set.

    ``tensors``: the manifest's bank tensors, each (1, N, C), the stills' tokens joined along axis 1 in the order in
    which the stills were named; ``bias``: (1, N) natural logarithm of each token's still weight; ``views``: the Lab
    (h, w, 3) of each still at its working size; ``identity``: see `reference_set_id`.
    """

    tensors: Tensors
    bias: Image
    views: tuple[Image, ...]
    identity: str

    @property
    def inputs(self) -> dict[str, Image]:
        """Its tensors by the names of the frame graph's inputs."""
        return {**self.tensors, "bank_bias": self.bias}


@dataclass(frozen=True, eq=False)
class EncodedStill:
    """What is kept of a still: ``tokens``, each (1, N, C), and its ``view``, Lab (h, w, 3) at its working size."""

    tokens: Tensors
    view: Image

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return self.view.nbytes + sum(tensor.nbytes for tensor in self.tokens.values())


def reference_set_id(
    references: Sequence[Reference], manifest: Manifest, short_side: int, at_once: int | None = None
) -> str:
    """Name of a set: a hash of the stills' pixels and weights in order, the model, the working size, and of how many
    stills take part ``at_once`` where the set has more."""
    lines = [manifest.identity, str(short_side)]
    lines += [f"{still.digest} {float(still.weight).hex()}" for still in references]
    if at_once is not None and len(references) > at_once:
        lines.append(f"{at_once} at once")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class EncodedStills:
    """Encoded stills by pixels, model, backend and size; the least recently used go when they exceed ``limit`` bytes.

    The cells by which stills are chosen are kept apart from the tokens and stay when those go: a fraction of their
    size, and all of them are wanted at each look. May serve several sessions in turn, so that a still is encoded once;
    not thread-safe.
    """

    def __init__(
        self,
        limit: int = CACHE_BYTES,
        *,
        dropped: Callable[[str, int], None] | None = None,
        cache: StillCache | None = None,
    ) -> None:
        """Start empty; ``dropped`` hears the digest and the bytes of each still that had to go. ``cache``: where stills
        are looked for before they are encoded, and kept for others."""
        self._stills: RecentlyUsed[_Key, EncodedStill] = RecentlyUsed(limit)
        self._cells: RecentlyUsed[_Key, Cells] = RecentlyUsed(limit)
        self._dropped = dropped
        self._cache = cache

    @property
    def limit(self) -> int:
        """Bytes of tokens, and of cells, above which the least recently used go."""
        return self._stills.limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._stills.limit = self._cells.limit = limit

    @property
    def held_bytes(self) -> int:
        """Bytes held now, tokens and cells."""
        return self._stills.nbytes + self._cells.nbytes

    def __len__(self) -> int:
        return len(self._stills)

    def encode(self, reference: Reference, backend: Backend, short_side: int) -> EncodedStill:
        """The still's tokens and view, at its own aspect with that short side.

        Raises:
            BackendError: the reference graph failed.
        """

        def made() -> EncodedStill:
            return encode_still(reference, backend, short_side, self._cache)

        still, gone = self._stills.get(_key(reference, backend, short_side), made)
        for (digest, *_), other in gone:
            if self._dropped is not None:
                self._dropped(digest, other.nbytes)
        return still

    def cells(self, reference: Reference, backend: Backend, short_side: int) -> Cells:
        """Cells (M, C) of the still, by which `still_choice` compares it with a frame.

        Raises:
            BackendError: the reference graph failed.
        """

        def made() -> Cells:
            tokens = self.encode(reference, backend, short_side).tokens
            return cells_of(tokens[backend.bundle.manifest.bank[0]], STILL_CELLS)

        return self._cells.get(_key(reference, backend, short_side), made)[0]


_Key = tuple[str, str, str, int]


def _key(reference: Reference, backend: Backend, short_side: int) -> _Key:
    return reference.digest, backend.bundle.manifest.identity, backend.NAME, short_side


def encode_still(
    reference: Reference, backend: Backend, short_side: int, cache: StillCache | None = None
) -> EncodedStill:
    """The still's tokens and view, at its own aspect with that short side; out of ``cache`` if it is there, with the
    same bits.

    Raises:
        BackendError: the reference graph failed.
    """
    facts = {} if cache is None else _cache_facts(reference, backend, short_side)
    names = backend.bundle.manifest.bank
    kept = None if cache is None else cache.load(facts)
    if kept is not None and kept.keys() == {_VIEW, *(_TOKENS + name for name in names)}:
        return EncodedStill({name: kept[_TOKENS + name] for name in names}, kept[_VIEW])
    view, size = reference.view(short_side, backend.bundle.manifest.size_multiple)
    tokens = {name: np.ascontiguousarray(one) for name, one in encode_view(size.pad(view), backend).items()}
    still = EncodedStill(tokens, np.ascontiguousarray(view))
    if cache is not None:
        cache.store(facts, {_VIEW: still.view, **{_TOKENS + name: one for name, one in tokens.items()}})
    return still


def _cache_facts(reference: Reference, backend: Backend, short_side: int) -> dict[str, str | int]:
    """All that decides the bits of an encoded still."""
    model = backend.bundle.manifest.identity
    return {"still": reference.digest, "model": model, "short side": short_side, **arithmetic_of(backend)}


def encode_view(view: Image, backend: Backend) -> Tensors:
    """The manifest's bank tensors, each (1, N, C), of a padded view, Lab (H, W, 3).

    Raises:
        BackendError: the reference graph failed, or gave tensors that cannot be joined.
    """
    return _check_tokens(backend.encode_reference(_still_tensor(view, backend)), backend)


def build_bank(
    references: Sequence[Reference], backend: Backend, short_side: int, encoded: EncodedStills
) -> ReferenceBank:
    """Join the tokens of ``references`` into one bank.

    Raises:
        BackendError: the reference graph failed.
    """
    manifest = backend.bundle.manifest
    stills = [encoded.encode(reference, backend, short_side) for reference in references]
    bias = [
        np.full((1, still.tokens[manifest.bank[0]].shape[1]), math.log(reference.weight), np.float32)
        for still, reference in zip(stills, references, strict=True)
    ]
    return ReferenceBank(
        tensors={name: _joined([still.tokens[name] for still in stills]) for name in manifest.bank},
        bias=_joined(bias),
        views=tuple(still.view for still in stills),
        identity=reference_set_id(references, manifest, short_side),
    )


def _joined(rows: Sequence[Image]) -> Image:
    """``rows`` as one array that nobody can write to, so that a device may keep its copy as long as this lives."""
    joined = np.concatenate(rows, axis=1)
    joined.setflags(write=False)
    return joined


def _still_tensor(view: Image, backend: Backend) -> Mapping[str, Image]:
    """The reference graph's input: the padded view (H, W, 3) as scaled Lab (1, 3, H, W)."""
    scale = backend.bundle.manifest.colour
    lab = view - np.array([scale.l_mean, 0, 0], np.float32)
    lab /= np.array([scale.l_scale, scale.ab_scale, scale.ab_scale], np.float32)
    return {"still": np.ascontiguousarray(lab.transpose(2, 0, 1)[None])}


def _check_tokens(tokens: Tensors, backend: Backend) -> Tensors:
    """Refuse tensors that cannot be joined: the manifest promises (1, N, C) with one N."""
    shapes = {name: tokens[name].shape for name in backend.bundle.manifest.bank}
    if any(len(shape) != 3 or shape[0] != 1 for shape in shapes.values()) or len({s[1] for s in shapes.values()}) != 1:
        raise BackendError(
            f"{backend.NAME} gave bank tensors {shapes}, not (1, N, C) with one N; export the bundle again"
        )
    return {name: tokens[name] for name in shapes}
