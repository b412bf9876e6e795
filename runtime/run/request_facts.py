"""What makes a run the run it is: two runs whose facts are equal give the same result."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

from tinct import __version__
from tinct.runtime.backends.base import Backend
from tinct.runtime.managed import ColourManagement
from tinct.runtime.media import PlateInfo
from tinct.runtime.media.frame_range import format_frames
from tinct.runtime.media.sequence_pattern import parse_pattern
from tinct.runtime.run.request import ColorizeRequest
from tinct.runtime.session import Reference

Facts = Mapping[str, Any]

_ELSEWHERE = ("input", "output", "references", "model", "backend", "frames", "overwrite", "resume", "threads")
"""Fields of a request that stand among the facts in another form, or change nothing in the result."""
_SAMPLE = 1 << 16
_LONGEST_NAMED = 60


def request_facts(
    request: ColorizeRequest,
    info: PlateInfo,
    references: Sequence[Reference],
    backend: Backend,
    management: ColourManagement | None = None,
) -> Facts:
    """The facts of a run as JSON-able data by name: plate, range, stills, model, backend, colour configuration, every
    parameter, version."""
    facts: dict[str, Any] = {
        "version": __version__,
        "plate": f"{info.path.name} {plate_fingerprint(info)}",
        "size": f"{info.width}x{info.height}",
        "frames": format_frames(info.frames, most=len(info.frames)),
        "model": backend.bundle.manifest.identity,
        "backend": backend.NAME,
        "precision": backend.precision,
        "stills": [
            f"{Path(still.path).name} {reference.digest[:16]} {_json({**_plain(still), 'path': None, 'digest': None})}"
            for still, reference in zip(request.references, references, strict=True)
        ],
    }
    if management is not None:
        facts["ocio"] = management.config.identity
    for field in fields(request):
        if field.name not in _ELSEWHERE:
            value = getattr(request, field.name)
            files = _files(value, info) if isinstance(value, (str, os.PathLike)) else []
            facts[field.name] = f"{Path(value).name} {_fingerprint(files)}" if files else _plain(value)
    return facts


def differences(begun: Facts, wanted: Facts) -> list[str]:
    """What differs, in words: for each fact its name, what the run was begun with, and what is asked for now."""
    found = []
    for name in sorted({*begun, *wanted}):
        before, now = begun.get(name), wanted.get(name)
        if before != now:
            found.append(f"{name} was {_short(before)} and is now {_short(now)}")
    return found


def plate_fingerprint(info: PlateInfo) -> str:
    """16 hexadecimal digits: the sizes of the plate's files, and the ends of the first and the last of them.

    Not the whole content: a film would take an hour to read. Copies of a plate have the same.
    """
    return _fingerprint(_files(info.path, info) or [info.path])


def _files(path: str | os.PathLike[str], info: PlateInfo) -> list[Path]:
    """The files of a movie, a picture, or of a sequence with the plate's frames; none where there is no such file."""
    pattern = parse_pattern(Path(path))
    files = [Path(path)] if pattern is None else [pattern.file(number) for number in info.frames]
    return [file for file in files if file.is_file()]


def _fingerprint(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.name} {path.stat().st_size if path.exists() else None} ".encode())
    for path in (files[0], files[-1]):
        if path.is_file():
            with open(path, "rb") as file:
                digest.update(file.read(_SAMPLE))
                file.seek(max(0, file.seek(0, os.SEEK_END) - _SAMPLE))
                digest.update(file.read())
    return digest.hexdigest()[:16]


def _plain(value: object) -> Any:
    """``value`` as JSON gives it back."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    return json.loads(_json(value))


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else _json(value)
    return text if len(text) <= _LONGEST_NAMED else f"{text[: _LONGEST_NAMED - 3]}..."
