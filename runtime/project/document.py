"""A project as a JSON document, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from tinct.runtime.errors import ProjectError
from tinct.runtime.project.fields import Entry
from tinct.runtime.project.output import OutputSettings
from tinct.runtime.project.project import SCHEMA, Project
from tinct.runtime.project.shot import ProjectHint, ProjectShot, ProjectStill

PathCall = Callable[[str], str]


def from_document(document: Any, whole: PathCall) -> Project:
    """The project of a parsed file; ``whole`` makes a whole path of one in the file.

    Raises:
        ProjectError: a newer schema, or a field that is missing or holds what it must not; the message names it.
    """
    entry = Entry(document)
    schema = entry.whole("schema")
    if schema < 1:
        raise entry.wrong("schema", "1 or more")
    if schema > SCHEMA:
        raise ProjectError(f"schema is {schema}, and this version of Tinct reads up to {SCHEMA}; use a newer Tinct")
    output = _output(Entry(entry.object("output"), "output"), whole)
    shots = tuple(_shot(Entry(value, place), whole) for place, value in entry.listed("shots"))
    library = entry.text_or_none("library")
    facts: dict[str, Any] = {
        "name": entry.text("name"),
        "output": output,
        "shots": shots,
        "parameters": entry.object("parameters"),
        "library": None if library is None else whole(library),
        "rate": entry.text_or_none("rate"),
    }
    return entry.made(lambda: Project(**facts, extra=entry.rest()))


def to_document(project: Project, short: PathCall) -> dict[str, Any]:
    """``project`` for a file; ``short`` gives a path as the file has it. Fields that say nothing are left out."""
    document = {
        "schema": project.schema,
        "name": project.name,
        "rate": project.rate,
        "library": None if project.library is None else short(project.library),
        "parameters": dict(project.parameters),
        "output": _output_document(project.output, short),
        "shots": [_shot_document(shot, short) for shot in project.shots],
    }
    return _said(document, project.extra, keep=("schema", "name", "output", "shots"))


def _output(entry: Entry, whole: PathCall) -> OutputSettings:
    facts: dict[str, Any] = {
        "folder": whole(entry.text("folder")),
        "pattern": entry.text("pattern"),
        "codec": entry.text_or_none("codec"),
        "passes": tuple(_text(place, value) for place, value in entry.listed("passes")),
        "passes_pattern": entry.text_or_none("passes_pattern"),
    }
    return entry.made(lambda: OutputSettings(**facts, extra=entry.rest()))


def _output_document(output: OutputSettings, short: PathCall) -> dict[str, Any]:
    document = {
        "folder": short(output.folder),
        "pattern": output.pattern,
        "codec": output.codec,
        "passes": list(output.passes),
        "passes_pattern": output.passes_pattern,
    }
    return _said(document, output.extra)


def _shot(entry: Entry, whole: PathCall) -> ProjectShot:
    mask = entry.text_or_none("mask")
    facts: dict[str, Any] = {
        "id": entry.text("id"),
        "name": entry.text("name"),
        "source": whole(entry.text("source")),
        "first": entry.whole("first"),
        "last": entry.whole("last"),
        "handle_in": entry.whole("handle_in", 0),
        "handle_out": entry.whole("handle_out", 0),
        "stills": tuple(_still(Entry(value, place), whole) for place, value in entry.listed("stills")),
        "hints": tuple(_hint(Entry(value, place)) for place, value in entry.listed("hints")),
        "parameters": entry.object("parameters"),
        "mask": None if mask is None else whole(mask),
        "note": entry.text("note", ""),
    }
    return entry.made(lambda: ProjectShot(**facts, extra=entry.rest()))


def _shot_document(shot: ProjectShot, short: PathCall) -> dict[str, Any]:
    document = {
        "id": shot.id,
        "name": shot.name,
        "source": short(shot.source),
        "first": shot.first,
        "last": shot.last,
        "handle_in": shot.handle_in or None,
        "handle_out": shot.handle_out or None,
        "stills": [_still_document(still, short) for still in shot.stills],
        "hints": [_hint_document(hint) for hint in shot.hints],
        "parameters": dict(shot.parameters),
        "mask": None if shot.mask is None else short(shot.mask),
        "note": shot.note or None,
    }
    return _said(document, shot.extra)


def _still(entry: Entry, whole: PathCall) -> ProjectStill:
    crop = entry.numbers("crop", 4) if entry.has("crop") else None
    facts: dict[str, Any] = {
        "path": whole(entry.text("path")),
        "frame": entry.whole("frame") if entry.has("frame") else None,
        "weight": entry.number("weight", 1.0),
        "crop": crop,
        "turn": entry.whole("turn", 0),
    }
    return entry.made(lambda: ProjectStill(**facts, extra=entry.rest()))


def _still_document(still: ProjectStill, short: PathCall) -> dict[str, Any]:
    document = {
        "path": short(still.path),
        "frame": still.frame,
        "weight": None if still.weight == 1 else still.weight,
        "crop": None if still.crop is None else list(still.crop),
        "turn": still.turn or None,
    }
    return _said(document, still.extra)


def _hint(entry: Entry) -> ProjectHint:
    red, green, blue = entry.numbers("colour", 3)
    return ProjectHint(entry.whole("frame"), entry.number("x"), entry.number("y"), (red, green, blue))


def _hint_document(hint: ProjectHint) -> dict[str, Any]:
    return {"frame": hint.frame, "x": hint.x, "y": hint.y, "colour": list(hint.colour)}


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ProjectError(f"{place} is {str(value)[:60]!r} and must be a text")
    return value


def _said(document: dict[str, Any], extra: Mapping[str, Any], keep: Sequence[str] = ()) -> dict[str, Any]:
    """The fields that hold something, and those of a later version."""
    said = {name: value for name, value in document.items() if name in keep or value not in (None, [], {})}
    return {**said, **{name: value for name, value in extra.items() if name not in document}}
