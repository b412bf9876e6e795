"""What a folder of TensorRT engines says of itself, and whether its engines may be used.

An engine is compiled from one graph of one bundle by one version of TensorRT for some GPUs and some ranges of sizes. It
must never be used for anything else, so all of that stands in a card beside it, and every use compares.
"""

import hashlib
import json
import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinct.runtime.bundle import Bundle
from tinct.runtime.errors import BackendError, OutputError
from tinct.runtime.picture.composition import KINDS, graph_path

SCHEMA = 1
FOLDER_NAME = "engines"
FOLDER_VARIABLE = "TINCT_ENGINES"
"""Environment variable that names the folder of engines to use instead of the one inside the bundle."""
FLAVOURS = ("tensorrt_rtx", "tensorrt")
"""Kinds of TensorRT, named as their Python modules and as the backends that run them."""
GRAPHS = ("reference", "frame")
"""Graphs of a bundle that become engines. Descriptors are compared across machines, so their graph stays in float32
elsewhere."""
COMPOSITIONS = {f"composition_{kind}": kind for kind in KINDS}
"""Engines that compose, by name, and the kinds of plates that they are for; older folders have none."""

Shape = tuple[int, ...]
Range = tuple[Shape, Shape, Shape]
"""Smallest, usual and largest shape of a tensor."""
Profile = Mapping[str, Range]
"""Ranges of all inputs of a graph, by name."""


@dataclass(frozen=True)
class EngineSpec:
    """Everything that decides what an engine is.

    ``source``: sha256 of the bundle's graph; ``compiled``: sha256 of the graph that was compiled, which is not the
    bundle's own in half precision; ``precision``: ``"fp16"`` or ``"fp32"``; ``architectures``: such as ``"sm89"``.
    """

    graph: str
    source: str
    compiled: str
    precision: str
    flavour: str
    version: str
    architectures: tuple[str, ...]
    profiles: tuple[Profile, ...]

    @property
    def identity(self) -> str:
        """sha256 over all of it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def profile_of(self, shapes: Mapping[str, Shape]) -> int | None:
        """The first profile in which all ``shapes`` lie, or None."""
        for index, profile in enumerate(self.profiles):
            if all(_within(shape, profile[name]) for name, shape in shapes.items() if name in profile):
                return index
        return None


@dataclass(frozen=True)
class EngineFile:
    """One engine: what it is, its file in the folder, and the file's sha256."""

    spec: EngineSpec
    file: str
    sha256: str


@dataclass(frozen=True)
class EngineCard:
    """The engines of one bundle and one flavour in a folder.

    ``model``: identity of the bundle; ``command``: what builds them; ``half_error``: how far the half-precision graphs
    colour from the float32 ones (empty for fp32), in Lab units; ``complaints``: what the compiler warned of.
    """

    model: str
    command: str
    engines: Mapping[str, EngineFile]
    half_error: Mapping[str, float]
    complaints: tuple[str, ...] = ()
    schema: int = SCHEMA


def engine_folder(bundle: Bundle) -> Path:
    """Where the engines of ``bundle`` are looked for: ``$TINCT_ENGINES``, else ``engines`` in the bundle's folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else bundle.folder / FOLDER_NAME


def card_path(folder: Path, flavour: str) -> Path:
    """The card of ``flavour`` in ``folder``."""
    return folder / f"{flavour}.json"


def build_command(bundle: Bundle, flavour: str, folder: Path | None = None, options: str = "") -> str:
    """The command that builds the engines again; ``options`` as on the command line."""
    words = ["tinct export", shlex.quote(str(bundle.folder)), "--engine", flavour, options]
    if folder is not None and folder != bundle.folder / FOLDER_NAME:
        words += ["--output", shlex.quote(str(folder))]
    return " ".join(word for word in words if word)


def read_card(folder: Path, flavour: str, *, command: str) -> EngineCard:
    """The card of ``flavour`` in ``folder``.

    Raises:
        BackendError: there is none, or it is broken or newer; with ``command``, which builds it.
    """
    path = card_path(folder, flavour)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] > SCHEMA:
            raise BackendError(f"{path} was written by a newer Tinct; upgrade Tinct, or build it again: {command}")
        engines = {name: _parse_file(name, entry) for name, entry in document["engines"].items()}
        if set(engines) - set(COMPOSITIONS) != set(GRAPHS):
            raise ValueError(f"it has engines for {sorted(engines)}")
        return EngineCard(
            model=str(document["model"]),
            command=str(document["command"]),
            engines=engines,
            half_error={str(key): float(value) for key, value in document["half_error"].items()},
            complaints=tuple(map(str, document["complaints"])),
            schema=int(document["schema"]),
        )
    except FileNotFoundError as error:
        raise BackendError(f"there is no {flavour} engine in {folder}; build it: {command}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BackendError(f"{path} is no card of engines ({error}); build it again: {command}") from error


def write_card(folder: Path, flavour: str, card: EngineCard) -> Path:
    """Write ``card`` under a temporary name, then rename it; return its path.

    Raises:
        OutputError: it cannot be written.
    """
    path = card_path(folder, flavour)
    write_whole(path, (json.dumps(asdict(card), indent=2, sort_keys=True) + "\n").encode())
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, all of it or nothing: under a temporary name first.

    Raises:
        OutputError: it cannot be written.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as stream:
            temporary = Path(stream.name)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)  # a temporary file is private; engines are meant to be read by others
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}; check the folder and the disk") from error


def load_engine(
    bundle: Bundle, graph: str, *, flavour: str, version: str, architecture: str, folder: Path | None = None
) -> tuple[bytes, EngineSpec]:
    """The bytes of the engine for ``graph``, when it is the one for this bundle, TensorRT and GPU.

    ``version``: of the TensorRT that will run it; ``architecture``: of the GPU, such as ``"sm89"``.

    Raises:
        BackendError: there is none, or it is stale, foreign or damaged; with the command that builds it.
    """
    folder = folder or engine_folder(bundle)
    command = build_command(bundle, flavour, folder)
    card = read_card(folder, flavour, command=command)
    entry = card.engines[graph]
    spec = entry.spec
    path = folder / entry.file
    found = _differences(bundle, spec, flavour=flavour, version=version, architecture=architecture)
    if found:
        raise BackendError(f"the engine {path} {'; it '.join(found)}; build it again: {command}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BackendError(f"the engine {path} cannot be read: {error.strerror}; build it again: {command}") from error
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise BackendError(f"the engine {path} is damaged (its card has another sha256); build it again: {command}")
    return data, spec


def source_of(bundle: Bundle, graph: str) -> tuple[str, str]:
    """The file that the engine ``graph`` is made from, of ``bundle`` or of Tinct, and its sha256."""
    if graph in COMPOSITIONS:
        path = graph_path(COMPOSITIONS[graph])
        return path.name, hashlib.sha256(path.read_bytes()).hexdigest()
    file = {"reference": bundle.manifest.reference_graph, "frame": bundle.manifest.frame_graph}[graph].file
    return file, bundle.manifest.files[file]


def _differences(bundle: Bundle, spec: EngineSpec, *, flavour: str, version: str, architecture: str) -> list[str]:
    """Why an engine of ``spec`` may not run here, each as the end of a sentence about it."""
    file, sha256 = source_of(bundle, spec.graph)
    found = []
    if spec.source != sha256:
        found.append(f"was built from another {file} than that of {bundle.manifest.name} {bundle.manifest.version}")
    if spec.flavour != flavour:
        found.append(f"is of {spec.flavour}, not of {flavour}")
    if spec.version != version:
        found.append(f"was built with {spec.flavour} {spec.version}, and {version} is installed")
    if architecture not in spec.architectures:
        found.append(f"was built for {', '.join(spec.architectures)}, and this GPU is {architecture}")
    return found


def _parse_file(name: str, entry: Mapping[str, Any]) -> EngineFile:
    fields = dict(entry["spec"])
    profiles = tuple(
        {tensor: tuple(tuple(map(int, shape)) for shape in shapes) for tensor, shapes in profile.items()}
        for profile in fields.pop("profiles")
    )
    spec = EngineSpec(profiles=profiles, architectures=tuple(fields.pop("architectures")), **fields)  # type: ignore[arg-type]
    file, sha256 = str(entry["file"]), str(entry["sha256"])
    if Path(file).name != file or spec.graph != name:
        raise ValueError(f"its entry {name} names {file!r}, of {spec.graph}")
    if not file.startswith(f"{spec.flavour}-{name}-{spec.identity[:16]}"):
        raise ValueError(f"{file} does not carry the identity of its own facts")
    return EngineFile(spec, file, sha256)


def _within(shape: Shape, ranges: Range) -> bool:
    low, _, high = ranges
    return len(shape) == len(low) and all(a <= x <= b for a, x, b in zip(low, shape, high, strict=True))


def engine_file_name(spec: EngineSpec) -> str:
    """Name of the file of an engine of ``spec``: it carries the identity."""
    return f"{spec.flavour}-{spec.graph}-{spec.identity[:16]}.engine"
