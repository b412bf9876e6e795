"""A farm's job: which plates become which results, and how the work is cut."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tinct.runtime.errors import MediaNotFoundError, UsageError
from tinct.runtime.run.checkpoint import CHECKPOINT_FRAMES

SCHEMA = 1
AUTO = "auto"
CHUNK = 60 * CHECKPOINT_FRAMES
"""Frames of a chunk at most, by default: a minute at 24 frames a second."""


@dataclass(frozen=True)
class LibraryStills:
    """Stills are chosen for each shot from ``library``, a folder, which must still have the ``identity``
    (`LibraryManifest.identity`) that it had when the job was written. ``floor``, ``unmatched``: as `choose_auto_stills`
    has them."""

    library: str
    identity: str
    floor: float
    unmatched: str


@dataclass(frozen=True)
class Film:
    """One plate and its result.

    ``request``: as `Client.colorize` takes it, with whole paths. ``shots``: the file of a list of shots, ``auto`` to
    find them, None: all is one shot. ``name``: what people call it. ``origin``: of a project's shot ``project`` (its
    file), ``shot`` (its id) and ``key`` (what it was when the job was written). ``auto``: where the stills come from,
    where the request names none.
    """

    name: str
    request: Mapping[str, Any]
    shots: str | None = AUTO
    origin: Mapping[str, str] = field(default_factory=dict)
    auto: LibraryStills | None = None


@dataclass(frozen=True)
class FarmJob:
    """Films to colour.

    ``chunk``: frames of a chunk at most; longer shots are cut. 0 leaves them whole. ``preroll``: frames before a chunk
    inside a shot from which its state is made again, where no checkpoint is; None: from the shot's start, so that
    chunks match bit for bit.
    """

    name: str
    films: tuple[Film, ...]
    chunk: int = CHUNK
    preroll: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: no film, or a number below 0.
        """
        if not self.films:
            raise UsageError(f"the job {self.name} has nothing to colour; name a plate or a project with shots")
        if self.chunk < 0 or (self.preroll is not None and self.preroll < 0):
            raise UsageError(f"chunk is {self.chunk} and preroll {self.preroll}; both must be 0 or more")

    def to_json(self) -> str:
        """The job as text, the same for equal jobs."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, sort_keys=True) + "\n"


def read_job(path: Path) -> FarmJob:
    """Read the job in ``path``.

    Raises:
        MediaNotFoundError: no such file.
        UsageError: it is no job, or one of a newer Tinct.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("schema") != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
        films = tuple(_film(film) for film in document.pop("films"))
        return FarmJob(films=films, **document)
    except FileNotFoundError as error:
        raise MediaNotFoundError(f"there is no job {path}; tinct farm bundle writes one") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no job of tinct farm bundle ({error}); write the bundle again") from error


def _film(document: dict[str, Any]) -> Film:
    auto = document.pop("auto", None)
    return Film(**document, auto=None if auto is None else LibraryStills(**auto))
