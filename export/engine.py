"""From a model bundle to TensorRT engines."""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnx

from tinct.export.engine_compiler import Compiler
from tinct.export.engine_profiles import EngineSizes, profiles_for
from tinct.export.half_graph import half_graph, unfold_half
from tinct.export.half_parity import measure_half_error, require_half
from tinct.export.half_rounding import rounded_graph
from tinct.runtime.backends.tensors import require_graphs
from tinct.runtime.bundle import Bundle
from tinct.runtime.engine_card import (
    COMPOSITIONS,
    FOLDER_NAME,
    GRAPHS,
    EngineCard,
    EngineFile,
    EngineSpec,
    Profile,
    build_command,
    card_path,
    engine_file_name,
    read_card,
    source_of,
    write_card,
    write_whole,
)
from tinct.runtime.errors import BackendError, OutputError, OutputExistsError
from tinct.runtime.picture.composition import graph_path

Precision = Literal["fp16", "fp32"]
TIMINGS = "tensorrt.timings"
"""File of what the full TensorRT measured on this GPU, so that a second build is quicker."""


@dataclass(frozen=True)
class EnginePlan:
    """What to build. ``architectures`` as `Compiler` takes them."""

    flavour: str
    sizes: EngineSizes
    precision: Precision = "fp16"
    architectures: tuple[str, ...] = ()

    @property
    def options(self) -> str:
        """The plan as options of ``tinct export``."""
        words = [f"--precision {self.precision}", f"--stills {self.sizes.stills}"]
        words += [f"--working-size {size}" for size in self.sizes.working_sizes]
        words += ["--portrait"] if self.sizes.portrait else []
        words += [f"--architecture {name}" for name in self.architectures]
        return " ".join(words)


def build_engines(
    bundle: Bundle,
    plan: EnginePlan,
    folder: Path | None = None,
    *,
    profiles: Mapping[str, tuple[Profile, ...]] | None = None,
) -> EngineCard:
    """Compile the graphs of ``bundle`` into ``folder`` (None: ``engines`` in the bundle) and return their card.

    In half precision the graphs are first compared with the bundle's own on the CPU. Engines of the same flavour that
    are there are replaced when the new ones are complete. ``profiles``, by graph, replace those of ``plan.sizes``.

    Raises:
        OutputExistsError: ``folder`` holds the engines of another model.
        UsageError: the plan cannot be built.
        BackendError: TensorRT cannot run here.
        BundleError: in half precision the model colours otherwise, or TensorRT refuses a graph.
        OutputError: the engines cannot be written.
    """
    require_graphs(bundle, backend=plan.flavour)
    folder = folder or bundle.folder / FOLDER_NAME
    command = build_command(bundle, plan.flavour, folder, plan.options)
    _refuse_foreign(bundle, folder, plan.flavour)
    compiler = Compiler(plan.flavour, plan.architectures, timings=_kept_timings(folder))
    profiles = profiles or profiles_for(bundle, plan.sizes)
    graphs, half_error = _graphs(bundle, plan.precision)
    graphs |= {name: onnx.load(graph_path(kind)) for name, kind in COMPOSITIONS.items() if name in profiles}
    compiled = {name: _compile(bundle, name, graph, compiler, plan, profiles) for name, graph in graphs.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}; give another with --output") from error
    engines = {}
    for name, (spec, data) in compiled.items():
        file = engine_file_name(spec)
        write_whole(folder / file, data)
        engines[name] = EngineFile(spec, file, hashlib.sha256(data).hexdigest())
    card = EngineCard(bundle.manifest.identity, command, engines, half_error, tuple(compiler.complaints))
    write_card(folder, plan.flavour, card)
    if compiler.timings:
        write_whole(folder / TIMINGS, compiler.timings)
    _remove_others(folder, plan.flavour, card)
    return card


def _compile(
    bundle: Bundle,
    name: str,
    graph: onnx.ModelProto,
    compiler: Compiler,
    plan: EnginePlan,
    profiles: Mapping[str, tuple[Profile, ...]],
) -> tuple[EngineSpec, bytes]:
    data = graph.SerializeToString(deterministic=True)
    file, source = source_of(bundle, name)
    spec = EngineSpec(
        graph=name,
        source=source,
        compiled=hashlib.sha256(data).hexdigest(),
        precision="fp32" if name in COMPOSITIONS else plan.precision,
        flavour=plan.flavour,
        version=compiler.version,
        architectures=compiler.architectures,
        profiles=profiles[name],
    )
    return spec, compiler.compile(file, data, spec.profiles)


def _kept_timings(folder: Path) -> bytes:
    """What an earlier build measured; nothing where it cannot be read, for then it is measured again."""
    try:
        return (folder / TIMINGS).read_bytes()
    except OSError:
        return b""


def _graphs(bundle: Bundle, precision: Precision) -> tuple[dict[str, onnx.ModelProto], dict[str, float]]:
    """The graphs to compile, by name, and how far they colour from the bundle's own."""
    stored = {name: onnx.load(bundle.folder / source_of(bundle, name)[0]) for name in GRAPHS}
    if precision == "fp32":
        return {name: unfold_half(model) for name, model in stored.items()}, {}
    halves = {name: half_graph(model) for name, model in stored.items()}
    folder = Path(tempfile.mkdtemp(prefix="tinct-half-"))
    try:
        for name, model in halves.items():
            onnx.save(rounded_graph(model), folder / source_of(bundle, name)[0])
        found = measure_half_error(bundle, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    require_half(found)
    return halves, found


def _refuse_foreign(bundle: Bundle, folder: Path, flavour: str) -> None:
    """Refuse to replace the engines of another model; those of another version of this one are meant to be."""
    if not card_path(folder, flavour).exists():
        return
    try:
        model = read_card(folder, flavour, command="").model
    except BackendError:
        return  # broken: it is replaced
    if model.split(" ")[0] != bundle.manifest.name:
        raise OutputExistsError(f"{folder} holds the {flavour} engines of {model}; give another folder with --output")


def _remove_others(folder: Path, flavour: str, card: EngineCard) -> None:
    kept = {engine.file for engine in card.engines.values()}
    for path in (*folder.glob(f"{flavour}-*.engine"), *folder.glob(f"{flavour}-*.kernels")):
        if path.name not in kept:
            path.unlink(missing_ok=True)
