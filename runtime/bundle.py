"""Model bundles: a folder with ``manifest.json`` and the graphs it names."""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tinct.runtime.errors import BundleError, UnknownNameError

SCHEMA = 1
LARGEST_BF16_LOSS = 0.1
"""Loss of PSNR in dB up to which a model may be computed in bfloat16."""
MANIFEST_NAME = "manifest.json"

REFERENCE_INPUTS = ("still",)
FRAME_INPUTS = (
    "luminance",
    "warped_ab",
    "warped_validity",
    "warped_confidence",
    "anchored_ab",
    "anchored_validity",
    "previous_luminance",
    "hints",
    "bank_bias",
)
FRAME_OUTPUTS = ("ab", "confidence")
DESCRIPTOR_INPUTS = ("luminance",)
DESCRIPTOR_OUTPUTS = ("descriptor",)


@dataclass(frozen=True)
class ColourScale:
    """How Lab (D65) becomes network input: ``(L - l_mean) / l_scale`` and ``ab / ab_scale``."""

    l_mean: float
    l_scale: float
    ab_scale: float


@dataclass(frozen=True)
class GraphSpec:
    """One ONNX graph: its file in the bundle and the names of its inputs and outputs, in order.

    ``file`` is empty in a bundle without graphs, which only the ``fake`` backend runs.
    """

    file: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself.

    The tensors, all float32, batch 1, with H and W multiples of ``size_multiple``:

    * reference graph, in: ``still`` (1, 3, H, W) scaled Lab, its L that of the still seen as a grey plate; out: the
      ``bank`` tensors, each (1, N, C), a row a token.
    * frame graph, in (those of `FRAME_INPUTS` that ``frame_graph.inputs`` names, and every bank tensor with the tokens
      of all stills in force joined along axis 1):
      ``luminance`` (1, 1, H, W) scaled; ``warped_ab`` (1, 2, H, W) the previous result moved by the motion source,
      scaled; ``warped_validity`` (1, 1, H, W) 0..1, 0 everywhere when there is no previous frame;
      ``warped_confidence`` (1, 1, H, W) 0..1 the previous confidence, moved likewise; ``anchored_ab`` (1, 2, H, W)
      scaled the colours of a still of the same view where composed motion leads, ``anchored_validity`` (1, 1, H, W)
      0..1 how far those are trusted, 0 everywhere without such a still; ``previous_luminance``
      (1, 1, H, W) scaled that of the previous frame, for models with motion in the graph (``motion``);
      ``hints`` (1, 3, H, W) a, b scaled and mask 0/1; ``bank_bias`` (1, N) natural logarithm of the weight of each
      token's still.
    * frame graph, out: ``ab`` (1, 2, H, W) scaled, ``confidence`` (1, 1, H, W) 0..1.
    * descriptor graph (optional), in: ``luminance`` (1, 1, H, W) scaled, of a whole picture; out: ``descriptor`` (1, D)
      of unit length, by whose cosine stills of the same place are found.
    """

    name: str
    version: str
    variant: str
    colour: ColourScale
    reference_graph: GraphSpec
    frame_graph: GraphSpec
    bank: tuple[str, ...]
    files: Mapping[str, str]
    """sha256 of every file of the bundle but the manifest, by name."""
    motion: str = "dis"
    """Motion source that fills ``warped_*``: a name in ``runtime/motion``, or ``"none"`` for models with motion in the
    graph: then the previous result comes unmoved, with a validity of 1 where the picture is. On a frame without a past
    a still of the same view stands in for it, if there is one."""
    working_size: int = 288
    """Default short side of the working size in pixels."""
    descriptor_graph: GraphSpec | None = None
    """None in bundles that cannot look stills up in a library, those of before there were libraries among them."""
    descriptor_size: int = 224
    """Short side in pixels of the pictures that the descriptor graph is made for."""
    size_multiple: int = 32
    parameters: int = 0
    """Trainable and fixed weights of the network, which the graphs share, counted at export."""
    frame_flops: int = 0
    """Floating-point operations (2 x multiply-accumulate) of the frame graph at 224x384 with one still, counted."""
    licence: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    quality: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA

    @property
    def identity(self) -> str:
        """Name, version and a digest of the files: what a temporal state and an encoded still belong to."""
        digest = hashlib.sha256(json.dumps(sorted(self.files.items())).encode()).hexdigest()
        return f"{self.name} {self.version} {digest[:12]}"

    @property
    def takes_bf16(self) -> bool:
        """Whether the graphs were measured to lose next to nothing in bfloat16: ``quality`` has ``bf16_loss_db``, the
        PSNR in dB that is lost on clips of known colours (``tests/benchmarks/bf16.py``)."""
        loss = self.quality.get("bf16_loss_db")
        return isinstance(loss, (int, float)) and loss <= LARGEST_BF16_LOSS

    @property
    def has_graphs(self) -> bool:
        """Whether the bundle holds networks; without them only the ``fake`` backend can run it."""
        return bool(self.frame_graph.file)


@dataclass(frozen=True)
class Bundle:
    """A verified bundle on disk."""

    folder: Path
    manifest: Manifest

    def path(self, graph: GraphSpec) -> Path:
        """Path of the graph's file."""
        return self.folder / graph.file


def shipped_bundles() -> tuple[str, ...]:
    """Names of the bundles that came with this installation, sorted."""
    shelf = _shelf()
    if not shelf.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in shelf.iterdir() if (entry / MANIFEST_NAME).is_file()))


def find_bundle(name_or_folder: str) -> Bundle:
    """Load the shipped bundle of that name, or else the bundle in that folder.

    Raises:
        UnknownNameError: neither a shipped bundle nor a folder.
        BundleError: as `load_bundle`.
    """
    shipped = shipped_bundles()
    if name_or_folder in shipped:
        return load_bundle(_shelf() / name_or_folder)
    if name_or_folder and Path(name_or_folder).is_dir():
        return load_bundle(Path(name_or_folder))
    known = ", ".join(shipped) or "none"
    raise UnknownNameError(
        f"no model named {name_or_folder!r}: the models that come with Tinct are {known}; "
        "to use another one, give the path of its bundle folder"
    )


def load_bundle(folder: str | os.PathLike[str]) -> Bundle:
    """Read the manifest in ``folder`` and verify every file that it names.

    Raises:
        BundleError: no or a broken manifest, a newer schema, a file that is missing or has another sha256.
    """
    folder = Path(folder)
    manifest = parse_manifest(_read_document(folder / MANIFEST_NAME), origin=str(folder / MANIFEST_NAME))
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"bundle {folder} lacks its file {name}; export or copy the bundle again")
        if sha256_of(path) != expected:
            raise BundleError(f"{path} has another sha256 than its manifest says; export or copy the bundle again")
    return Bundle(folder, manifest)


def write_manifest(folder: str | os.PathLike[str], manifest: Manifest) -> Path:
    """Write ``manifest`` into ``folder`` under a temporary name, then rename it; return its path.

    Raises:
        BundleError: the manifest would not be accepted by `load_bundle`, or it cannot be written.
    """
    path = Path(folder) / MANIFEST_NAME
    try:
        plain = replace(
            manifest, files=dict(manifest.files), training=dict(manifest.training), quality=dict(manifest.quality)
        )
        text = json.dumps(asdict(plain), indent=2, sort_keys=True, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise BundleError(
            f"the manifest for {folder} cannot be JSON: {error}; use finite numbers, texts, lists"
        ) from error
    parse_manifest(json.loads(text), origin=str(path))
    temporary = None
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=".new-", delete=False) as stream:
            temporary = Path(stream.name)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)  # a temporary file is private; a bundle is meant to be read by others
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise BundleError(f"{path} cannot be written: {error.strerror}; check the folder and the disk") from error
    return path


def digest_files(folder: str | os.PathLike[str], names: Iterable[str]) -> dict[str, str]:
    """sha256 of the files ``names`` in ``folder``, as `Manifest.files` wants them.

    Raises:
        BundleError: a file cannot be read.
    """
    return {name: sha256_of(Path(folder) / name) for name in names}


def sha256_of(path: Path) -> str:
    """sha256 of a file in lower-case hexadecimal.

    Raises:
        BundleError: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}; check the bundle's files") from error


def parse_manifest(document: object, *, origin: str) -> Manifest:
    """Manifest from a parsed JSON ``document``; ``origin`` names it in errors. Keys that are not known are ignored.

    Raises:
        BundleError: newer schema, missing key, wrong type, or a file name that leads out of the bundle.
    """
    top = _Fields(document, origin)
    schema = top.integer("schema", least=1)
    if schema > SCHEMA:
        raise BundleError(f"{origin} has schema {schema} and this Tinct reads up to {SCHEMA}; upgrade Tinct")
    colour = top.fields("colour")
    manifest = Manifest(
        name=top.text("name"),
        version=top.text("version"),
        variant=top.text("variant"),
        colour=ColourScale(
            l_mean=colour.number("l_mean"),
            l_scale=colour.number("l_scale", positive=True),
            ab_scale=colour.number("ab_scale", positive=True),
        ),
        reference_graph=_parse_graph(top.fields("reference_graph")),
        frame_graph=_parse_graph(top.fields("frame_graph")),
        bank=top.texts("bank"),
        files=top.digests("files"),
        motion=top.text("motion"),
        working_size=top.integer("working_size", least=1),
        descriptor_graph=_parse_graph(top.fields("descriptor_graph")) if top.has("descriptor_graph") else None,
        descriptor_size=top.integer("descriptor_size", least=1) if top.has("descriptor_size") else 224,
        size_multiple=top.integer("size_multiple", least=1),
        parameters=top.integer("parameters", least=0),
        frame_flops=top.integer("frame_flops", least=0),
        licence=top.text("licence", empty=True),
        training=top.mapping("training"),
        quality=top.mapping("quality"),
        schema=schema,
    )
    _check_graphs(manifest, origin)
    return manifest


def _check_graphs(manifest: Manifest, origin: str) -> None:
    reference, frame = manifest.reference_graph, manifest.frame_graph
    if bool(reference.file) != bool(frame.file):
        raise BundleError(f"{origin} names only one of the two graphs; export the bundle again")
    descriptor = manifest.descriptor_graph or GraphSpec("", DESCRIPTOR_INPUTS, DESCRIPTOR_OUTPUTS)
    if manifest.descriptor_graph is not None and not (descriptor.file and frame.file):
        raise BundleError(f"{origin}: a descriptor graph needs a file, and the other graphs; export the bundle again")
    for graph in (reference, frame, descriptor):
        if graph.file and graph.file not in manifest.files:
            raise BundleError(f"{origin}: the graph {graph.file} has no sha256 in 'files'; export the bundle again")
    for what, names, allowed in (
        ("input of the reference graph", reference.inputs, REFERENCE_INPUTS),
        ("bank tensor", manifest.bank, reference.outputs),
        ("input of the frame graph", frame.inputs, (*FRAME_INPUTS, *manifest.bank)),
        ("bank tensor", manifest.bank, frame.inputs),
        ("input of the reference graph", REFERENCE_INPUTS, reference.inputs),
        ("input of the frame graph", ("luminance",), frame.inputs),
        ("output of the frame graph", FRAME_OUTPUTS, frame.outputs),
        ("input of the descriptor graph", descriptor.inputs, DESCRIPTOR_INPUTS),
        ("input of the descriptor graph", DESCRIPTOR_INPUTS, descriptor.inputs),
        ("output of the descriptor graph", DESCRIPTOR_OUTPUTS, descriptor.outputs),
    ):
        strange = [name for name in names if name not in allowed]
        if strange:
            known = ", ".join(allowed)
            raise BundleError(f"{origin}: {what} {strange[0]!r} is not among {known}; export the bundle again")


def _parse_graph(fields: "_Fields") -> GraphSpec:
    name = fields.text("file", empty=True)
    if name:
        _check_file_name(name, fields.origin)
    return GraphSpec(file=name, inputs=fields.texts("inputs"), outputs=fields.texts("outputs"))


def _check_file_name(name: str, origin: str) -> None:
    """Refuse whatever could name a file outside the bundle, on any operating system, or the manifest itself."""
    if any(sign in name for sign in "/\\:\0") or name in (".", "..", MANIFEST_NAME):
        raise BundleError(f"{origin} names {name!r}, which is no plain file name in the bundle; do not use this bundle")


def _read_document(path: Path) -> object:
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(f"{path.parent} has no {MANIFEST_NAME}; give the folder of a model bundle") from error
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}; check the bundle's files") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not valid JSON ({error}); export or copy the bundle again") from error
    return document


def _shelf() -> Path:
    return Path(__file__).resolve().parent / "bundles"


class _Fields:
    """One JSON object of a manifest, read key by key with its type checked."""

    def __init__(self, document: object, origin: str, prefix: str = "") -> None:
        self.origin = origin
        self._prefix = prefix
        if not isinstance(document, dict):
            raise self._error(prefix.rstrip(".") or "the document", "an object")
        self._document: dict[str, object] = document

    def has(self, key: str) -> bool:
        """Whether ``key`` is there and not null."""
        return self._document.get(key) is not None

    def text(self, key: str, *, empty: bool = False) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not (value or empty):
            raise self._error(key, "a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
            raise self._error(key, "a list of texts")
        if len(set(value)) != len(value):
            raise self._error(key, "a list without repetition")
        return tuple(value)

    def integer(self, key: str, *, least: int) -> int:
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self._error(key, f"a whole number of at least {least}")
        return value

    def number(self, key: str, *, positive: bool = False) -> float:
        value = self._get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise self._error(key, "a number")
        if positive and value <= 0:
            raise self._error(key, "a positive number")
        return float(value)

    def mapping(self, key: str) -> dict[str, Any]:
        value = self._get(key)
        if not isinstance(value, dict):
            raise self._error(key, "an object")
        return value

    def fields(self, key: str) -> "_Fields":
        return _Fields(self._get(key), self.origin, f"{key}.")

    def digests(self, key: str) -> dict[str, str]:
        files = self.mapping(key)
        for name, digest in files.items():
            _check_file_name(name, self.origin)
            if not isinstance(digest, str) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
                raise self._error(f"{key}.{name}", "a sha256 in lower-case hexadecimal")
        return files

    def _get(self, key: str) -> object:
        if key not in self._document:
            raise BundleError(f"{self.origin} lacks {self._prefix}{key}; export the bundle again")
        return self._document[key]

    def _error(self, key: str, kind: str) -> BundleError:
        return BundleError(f"{self.origin}: {self._prefix}{key} must be {kind}; export the bundle again")
