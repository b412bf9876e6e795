"""The manifest of an imported data set: what was kept of which source and what was not; it recreates the data set."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from tinct.training.data.clip_store import DataSetError
from tinct.training.data.shot_writer import whole_file

SCHEMA = 1
JSON_NAME, CSV_NAME, JOURNAL_NAME = "manifest.json", "manifest.csv", "manifest.journal"


@dataclass(frozen=True)
class Row:
    """A shot or photograph, kept (it has a ``file``) or left out (it has a ``reason``).

    ``file``: its place in the data set. ``source``: the place of its movie, folder of pictures or photograph, beginning
    with the name of the folder that was imported; ``sha256`` of its file, of a sequence that of its pictures' digests.
    ``first``, ``last``: frames of the source, from 0, both included; None in the row of a source that cannot be read.
    ``split``, ``filters``, ``encoding``: method and parameters. The figures are those of `FrameFigures`. ``crop_*``:
    what remained of the source's picture without black borders, in pixels. ``rate``: frames a second.
    """

    file: str
    source: str
    sha256: str
    kind: str
    layout: str
    first: int | None = None
    last: int | None = None
    reason: str = ""
    lightness: float | None = None
    colour: float | None = None
    concentration: float | None = None
    change: float | None = None
    crop_top: int | None = None
    crop_left: int | None = None
    crop_height: int | None = None
    crop_width: int | None = None
    height: int | None = None
    width: int | None = None
    rate: str = ""
    split: str = ""
    filters: str = ""
    encoding: str = ""
    licence: str = ""
    tool: str = ""

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return 0 if self.first is None or self.last is None else self.last - self.first + 1

    @property
    def settings(self) -> tuple[str, str, str]:
        """What was asked for when it was imported."""
        return self.split, self.filters, self.encoding


def digest(files: Sequence[Path]) -> str:
    """SHA-256 of one file, or of the digests of several in order, in hexadecimal."""
    found = []
    for path in files:
        with path.open("rb") as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return found[0] if len(found) == 1 else hashlib.sha256("\n".join(found).encode()).hexdigest()


def write_manifest(folder: Path, rows: Sequence[Row]) -> None:
    """Write ``rows`` to ``folder`` as JSON and as CSV, each whole or not at all, and drop the journal."""
    document = {"schema": SCHEMA, "rows": [asdict(row) for row in rows]}
    table = io.StringIO()
    writer = csv.DictWriter(table, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    for name, text in ((CSV_NAME, table.getvalue()), (JSON_NAME, json.dumps(document, indent=1) + "\n")):
        with whole_file(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    (folder / JOURNAL_NAME).unlink(missing_ok=True)


def read_manifest(path: Path) -> tuple[Row, ...]:
    """The rows of a manifest, ``.json`` or ``.csv``.

    Raises:
        DataSetError: it is not there, no manifest, or of another schema.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix.lower() == ".csv":
            return tuple(_row(entry) for entry in csv.DictReader(io.StringIO(text)))
        document = json.loads(text)
        schema = document["schema"]
        if schema != SCHEMA:
            raise DataSetError(f"{path} is a manifest of schema {schema}; this version reads schema {SCHEMA}")
        return tuple(_row(entry) for entry in document["rows"])
    except OSError as error:
        raise DataSetError(f"cannot read the manifest {path}: {error.strerror}") from error
    except DataSetError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataSetError(f"{path} is no manifest of a data set ({error})") from error


def append_journal(folder: Path, rows: Iterable[Row]) -> None:
    """Note the ``rows`` of one more source, so that an import that is stopped goes on from there."""
    with (folder / JOURNAL_NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps([asdict(row) for row in rows]) + "\n")


def read_progress(folder: Path) -> tuple[Row, ...]:
    """All rows that imports into ``folder`` have made: those of its manifest, then those of its journal.

    Raises:
        DataSetError: its manifest cannot be read.
    """
    rows = list(read_manifest(folder / JSON_NAME)) if (folder / JSON_NAME).exists() else []
    journal = folder / JOURNAL_NAME
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.exists() else ():
        try:
            rows += [_row(entry) for entry in json.loads(line)]
        except ValueError:  # the line that was being written when the import was killed
            continue
    return tuple(rows)


def _row(entry: dict[str, Any]) -> Row:
    """A row from JSON values or from the texts of a CSV file."""
    kinds = get_type_hints(Row)
    return Row(**{name: _value(kinds[name], value) for name, value in entry.items() if name in kinds})


def _value(kind: Any, value: Any) -> Any:
    if kind is str:
        return str(value)
    number = int if kind == int | None else float
    return None if value in (None, "") else number(value)
