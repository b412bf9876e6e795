"""What a library of stills says of itself: ``manifest.json``, by which its other files are found and checked."""

import hashlib
import json
import math
import os
import posixpath
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinct.runtime.errors import LibraryError, OutputError
from tinct.runtime.library.faiss_index import KINDS
from tinct.runtime.library.search import RecallReport

SCHEMA = 1
MANIFEST_NAME = "manifest.json"
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class StillEntry:
    """A still: ``path`` relative to the folder of stills, ``digest`` (sha256 of its pixels), size in pixels, and the
    file's ``bytes`` and ``modified`` (nanoseconds) by which an unchanged one is known."""

    path: str
    digest: str
    width: int
    height: int
    bytes: int
    modified: int


@dataclass(frozen=True)
class LibraryManifest:
    """``model``: identity of the model that described the stills; ``descriptor``: what of it decides the descriptors
    (`Backend.descriptor_identity`). ``stills_folder`` is relative to the library's. ``index_file`` and
    ``descriptors_file`` lie in the library, with their sha256 in ``files``; row i of both is ``stills[i]``."""

    model: str
    descriptor: str
    stills_folder: str
    index: str
    parameters: Mapping[str, int]
    index_file: str
    descriptors_file: str
    files: Mapping[str, str]
    stills: tuple[StillEntry, ...]
    recall: RecallReport | None = None
    schema: int = SCHEMA

    @property
    def identity(self) -> str:
        """32 hexadecimal digits that change with what a query may answer: stills, descriptors, index, model. A build
        that found nothing new leaves it, and so does moving the library."""
        stills = [[entry.path, entry.digest] for entry in self.stills]
        facts = [self.descriptor, self.index, dict(self.parameters), sorted(self.files.values()), stills]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def read_manifest(folder: Path) -> LibraryManifest:
    """The manifest of the library in ``folder``.

    Raises:
        LibraryError: there is none, it is broken, or of a newer schema.
    """
    path = folder / MANIFEST_NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LibraryError(f"{folder} is no library of stills; make one with tinct library build") from error
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror}; check the library's files") from error
    except (ValueError, RecursionError) as error:
        raise LibraryError(f"{path} is not valid JSON ({error}); remove the library and build it again") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise LibraryError(f"{path} has schema {schema} and this Tinct reads up to {SCHEMA}; upgrade Tinct")
    try:
        manifest = _parse(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LibraryError(
            f"{path} is not the manifest of a library ({type(error).__name__}: {error}); "
            "remove the library and build it again"
        ) from error
    return manifest


def write_manifest(folder: Path, manifest: LibraryManifest) -> None:
    """Write ``manifest`` into ``folder`` under a temporary name, then rename it: the library changes in this moment.

    Raises:
        OutputError: it cannot be written.
    """
    path, temporary = folder / MANIFEST_NAME, folder / f".new-{secrets.token_hex(6)}"
    plain = {**vars(manifest), "stills": [vars(entry) for entry in manifest.stills]}
    plain |= {"recall": None if manifest.recall is None else asdict(manifest.recall)}
    plain |= {"files": dict(manifest.files), "parameters": dict(manifest.parameters)}
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump(plain, stream, indent=1, sort_keys=True, allow_nan=False)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}; check the folder and the disk") from error


def _parse(document: Any) -> LibraryManifest:
    """The manifest of a JSON document; whatever is wrong with it is an error of Python's own."""
    stills = tuple(_parse_still(entry) for entry in document["stills"])
    files = {_plain_name(name): _digest(digest) for name, digest in document["files"].items()}
    names = [_text(document[key]) for key in ("index_file", "descriptors_file")]
    if not stills or len({entry.path for entry in stills}) < len(stills) or set(names) != set(files):
        raise ValueError("no stills, a still twice, or files without sha256")
    if document["index"] not in KINDS:
        raise ValueError(f"no index named {document['index']!r}")
    recall = document["recall"]
    return LibraryManifest(
        model=_text(document["model"]),
        descriptor=_text(document["descriptor"]),
        stills_folder=_text(document["stills_folder"]),
        index=document["index"],
        parameters={_text(name): _whole(value) for name, value in document["parameters"].items()},
        index_file=names[0],
        descriptors_file=names[1],
        files=files,
        stills=stills,
        recall=None if recall is None else _parse_recall(recall),
        schema=_whole(document["schema"]),
    )


def _parse_still(entry: Any) -> StillEntry:
    path = _text(entry["path"])
    if path.startswith("/") or ".." in path.split("/"):  # not by pathlib: a library may have 20,000 of them
        raise ValueError(f"{path} leads out of the folder of stills")
    whole = [_whole(entry[name]) for name in ("width", "height", "bytes", "modified")]
    return StillEntry(posixpath.normpath(path), _digest(entry["digest"]), *whole)


def _parse_recall(entry: Any) -> RecallReport:
    numbers = {name: float(entry[name]) for name in ("at_1", "at_5", "ms", "flat_ms")}
    if not all(math.isfinite(value) for value in numbers.values()):
        raise ValueError("the recall is no number")
    return RecallReport(_whole(entry["queries"]), **numbers)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} is not a text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is not a whole number of at least 0")
    return value


def _digest(value: object) -> str:
    text = _text(value)
    if _SHA256.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a sha256 in lower-case hexadecimal")
    return text


def _plain_name(name: str) -> str:
    """Refuse whatever could name a file outside the library."""
    if not name or any(sign in name for sign in "/\\:\0") or name in (".", "..", MANIFEST_NAME):
        raise ValueError(f"{name!r} is no plain file name")
    return name
