"""From a checkpoint to a model bundle."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import onnx

from tinct.export.bundle_weights import tell_network
from tinct.export.card import FILE_NAME, ModelCard, read_card, render_card
from tinct.export.descriptor_graph import (
    DESCRIPTOR_FILE,
    descriptor_graph,
    descriptor_network,
    descriptor_parity,
    require_descriptor_parity,
)
from tinct.export.graphs import (
    FRAME_OUTPUTS,
    SIZE_MULTIPLE,
    count_frame_flops,
    frame_graph,
    frame_inputs,
    reference_graph,
)
from tinct.export.half import round_weights, store_half
from tinct.export.parity import parity_report, require_parity
from tinct.runtime.bundle import (
    DESCRIPTOR_INPUTS,
    DESCRIPTOR_OUTPUTS,
    REFERENCE_INPUTS,
    ColourScale,
    GraphSpec,
    Manifest,
    digest_files,
    load_bundle,
    write_manifest,
)
from tinct.runtime.errors import BundleError, OutputError, OutputExistsError
from tinct.runtime.motion import NONE
from tinct.training.model.lite import Lite
from tinct.training.model.motion.patch_search import PatchSearch, SearchConfig
from tinct.training.model.motion.self_moving import SelfMoving
from tinct.training.model.registry import Network
from tinct.training.model.weights import WeightsError, load_motion, load_weights

REFERENCE_FILE = "reference.onnx"
FRAME_FILE = "frame.onnx"
WORKING_SIZES = {"lite": 320, "swin": 224, "vit": 224, "devc": 224}
"""Default short side by variant; the seeds' compare at stride 4, whose memory grows with the fourth power of it."""
FLOPS_SIZE = (224, 384)


def export_bundle(
    checkpoint: Path,
    output: Path,
    *,
    name: str = "lite",
    version: str = "0.1.0",
    card: Path | None = None,
    motion: Path | Literal["search"] | None = None,
) -> Path:
    """Export the network of ``checkpoint`` to the new bundle folder ``output`` and return that folder.

    The bundle appears complete or not at all. Its weights are float16; its graphs are compared with the network in
    PyTorch, and the comparison stands in the manifest under ``quality["parity"]``. ``card`` is a JSON file as
    `read_card` takes it, and adds ``MODEL_CARD.md``. ``motion`` is the checkpoint of a motion network, which then
    stands in the frame graph, or ``"search"`` for the search for patches.

    Raises:
        OutputExistsError: ``output`` is there already.
        UsageError: the card cannot be used.
        BundleError: the checkpoint holds no network of Tinct, or the graphs colour unlike the network.
        OutputError: the bundle cannot be written.
    """
    if os.path.lexists(output):
        raise OutputExistsError(f"{output} is there already; give a new folder or remove it")
    words = read_card(card) if card is not None else None
    network = _network(checkpoint, motion)
    round_weights(network)
    with new_folder(output) as folder:
        write_graph(store_half(reference_graph(network)), folder / REFERENCE_FILE)
        graph = frame_graph(network)
        own = network.network if isinstance(network, SelfMoving) else network
        write_graph(store_half(graph if own is not network else tell_network(graph, own)), folder / FRAME_FILE)
        descriptor = descriptor_network(own.trunk, _colour(network)) if isinstance(own, Lite) else None
        if descriptor is not None:
            write_graph(store_half(descriptor_graph(descriptor)), folder / DESCRIPTOR_FILE)
        manifest = _manifest(network, folder, name=name, version=version, card=words or ModelCard())
        write_manifest(folder, manifest)
        bundle = load_bundle(folder)
        quality = {**manifest.quality, "parity": parity_report(network, bundle)}
        require_parity(quality["parity"])
        if descriptor is not None:
            quality["descriptor_parity"] = descriptor_parity(descriptor, bundle)
            require_descriptor_parity(quality["descriptor_parity"])
        manifest = replace(manifest, quality=quality)
        if words is not None:
            (folder / FILE_NAME).write_text(render_card(words, manifest), encoding="utf-8")
            manifest = replace(manifest, files=digest_files(folder, (*manifest.files, FILE_NAME)))
        write_manifest(folder, manifest)
    return output


def _network(checkpoint: Path, motion: Path | Literal["search"] | None) -> Network | SelfMoving:
    try:
        network = load_weights(checkpoint)
        if motion is None:
            return network
        if motion != "search":
            return SelfMoving(network, load_motion(motion)).eval()
        scale = SearchConfig(l_mean=network.config.l_mean, l_scale=network.config.l_scale)
        return SelfMoving(network, PatchSearch(scale)).eval()
    except (WeightsError, ValueError) as error:
        raise BundleError(str(error)) from error


def _manifest(network: Network | SelfMoving, folder: Path, *, name: str, version: str, card: ModelCard) -> Manifest:
    files = [file for file in (REFERENCE_FILE, FRAME_FILE, DESCRIPTOR_FILE) if (folder / file).exists()]
    descriptor = GraphSpec(DESCRIPTOR_FILE, DESCRIPTOR_INPUTS, DESCRIPTOR_OUTPUTS)
    return Manifest(
        name=name,
        version=version,
        variant=network.VARIANT,
        colour=_colour(network),
        reference_graph=GraphSpec(REFERENCE_FILE, REFERENCE_INPUTS, network.BANK),
        frame_graph=GraphSpec(FRAME_FILE, frame_inputs(network), FRAME_OUTPUTS),
        bank=network.BANK,
        descriptor_graph=descriptor if DESCRIPTOR_FILE in files else None,
        files=digest_files(folder, files),
        motion=NONE if isinstance(network, SelfMoving) else "dis",
        working_size=WORKING_SIZES[network.VARIANT],
        size_multiple=SIZE_MULTIPLE,
        parameters=sum(weight.numel() for weight in network.parameters()),
        frame_flops=count_frame_flops(network, *FLOPS_SIZE),
        licence=card.licence,
        training=card.training,
        quality=card.quality,
    )


def _colour(network: Network | SelfMoving) -> ColourScale:
    config = network.config
    return ColourScale(l_mean=config.l_mean, l_scale=config.l_scale, ab_scale=config.ab_scale)


def write_graph(model: onnx.ModelProto, path: Path) -> None:
    """Write ``model``; the same graph gives the same bytes."""
    path.write_bytes(model.SerializeToString(deterministic=True))


@contextmanager
def new_folder(output: Path) -> Iterator[Path]:
    """A folder beside ``output`` that takes its name when the block ends well, and is removed when it does not."""
    try:
        folder = Path(tempfile.mkdtemp(dir=output.absolute().parent, prefix=f".{output.name}-"))
    except OSError as error:
        raise OutputError(f"{output} cannot be made: {error.strerror}; check the folder it should lie in") from error
    try:
        yield folder
        folder.chmod(0o755)  # a temporary folder is private; a bundle is meant to be read by others
        folder.rename(output)
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}; check the folder and the disk") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
