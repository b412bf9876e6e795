"""``shots.json``: what the bundle of a network that finds shot boundaries says of itself.

A bundle of this kind is a folder as a colour model's is (runtime/bundle.py), under another manifest's name, so that
neither is ever taken for the other.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tinct.runtime.bundle import digest_files, sha256_of
from tinct.runtime.errors import BundleError

SCHEMA = 1
MANIFEST_NAME = "shots.json"


@dataclass(frozen=True)
class ShotManifest:
    """``graph``: the ONNX file. ``files``: sha256 of every file but the manifest, by name. ``source``: where network
    and weights come from. ``parameters``: weights, counted at export."""

    name: str
    version: str
    graph: str
    licence: str
    source: str
    parameters: int
    files: Mapping[str, str]
    schema: int = SCHEMA

    @classmethod
    def of(
        cls,
        folder: Path,
        *,
        name: str,
        version: str,
        graph: str,
        licence_file: str,
        licence: str,
        source: str,
        parameters: int,
    ) -> "ShotManifest":
        """The manifest of the files that lie in ``folder`` now.

        Raises:
            BundleError: a file cannot be read.
        """
        files = digest_files(folder, (graph, licence_file))
        return cls(name, version, graph, licence, source, parameters, files)


def write_shot_manifest(folder: Path, manifest: ShotManifest) -> None:
    """Write ``manifest`` into ``folder``."""
    text = json.dumps({**asdict(manifest), "files": dict(manifest.files)}, indent=2, sort_keys=True) + "\n"
    (folder / MANIFEST_NAME).write_text(text, encoding="utf-8")


def read_shot_manifest(folder: Path) -> ShotManifest:
    """Read the manifest in ``folder`` and verify every file that it names.

    Raises:
        BundleError: no or a broken manifest, a newer schema, a file that is missing or has another sha256.
    """
    path = folder / MANIFEST_NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        manifest = ShotManifest(**document)
        files = dict(manifest.files)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}; give the folder of a bundle for shots") from error
    except (ValueError, TypeError) as error:
        raise BundleError(f"{path} is no manifest of a bundle for shots ({error}); export it again") from error
    if manifest.schema != SCHEMA:
        raise BundleError(f"{path} has schema {manifest.schema} and this Tinct reads {SCHEMA}; upgrade Tinct")
    if manifest.graph not in files or any(Path(name).name != name for name in files):
        raise BundleError(f"{path} does not name its files rightly; export the bundle again")
    for name, expected in files.items():
        if sha256_of(folder / name) != expected:
            raise BundleError(f"{folder / name} has another sha256 than its manifest says; export the bundle again")
    return manifest
