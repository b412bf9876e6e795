"""A library of many stills whose descriptors are made up; a few pictures lie under many names."""

import os
from pathlib import Path

import cv2
import numpy as np

from tinct.runtime.backends import create_backend
from tinct.runtime.bundle import find_bundle, sha256_of
from tinct.runtime.library.description import describe, view_of
from tinct.runtime.library.faiss_index import build_index
from tinct.runtime.library.manifest import LibraryManifest, StillEntry, write_manifest

PICTURES = 40


def make_large_library(folder: Path, count: int, model: str, size: tuple[int, int] = (480, 270)) -> Path:
    """The library of ``count`` stills in ``folder``, described by ``model`` as it were: random vectors of unit length.

    The files are hard links of `PICTURES` pictures of that size (width, height).
    """
    backend = create_backend("fake" if model == "fake" else "auto", find_bundle(model))
    stills, library = folder / "stills", folder / "library"
    stills.mkdir(parents=True)
    library.mkdir()
    originals = [_picture(folder / f"picture_{number}.jpg", size, number) for number in range(PICTURES)]
    entries = []
    for number in range(count):
        original = originals[number % PICTURES]
        name = f"still_{number:05d}.jpg"
        os.link(original, stills / name)
        facts = original.stat()
        entries.append(StillEntry(name, f"{number:064x}", *size, facts.st_size, facts.st_mtime_ns))
    grey = np.full((size[1], size[0]), 50, np.float32)
    dimensions = len(describe(view_of(grey, backend.bundle.manifest), backend))
    vectors = np.random.default_rng(5).standard_normal((count, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(library / "descriptors.npy", vectors)
    build_index("flat", vectors).write(library / "stills.index")
    names = ("stills.index", "descriptors.npy")
    manifest = LibraryManifest(
        model=backend.bundle.manifest.identity,
        descriptor=backend.descriptor_identity,
        stills_folder="../stills",
        index="flat",
        parameters={},
        index_file=names[0],
        descriptors_file=names[1],
        files={name: sha256_of(library / name) for name in names},
        stills=tuple(entries),
    )
    write_manifest(library, manifest)
    return library


def _picture(path: Path, size: tuple[int, int], number: int) -> Path:
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    grey = 127 + 90 * np.sin(x / (20 + number)) * np.cos(y / (15 + number))
    picture = np.stack([grey, 255 - grey * 0.8, (grey * 0.5 + 7 * number) % 255], axis=-1)
    cv2.imwrite(str(path), np.clip(picture, 0, 255).astype(np.uint8))
    return path
