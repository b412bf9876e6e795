"""A project's settings: one JSON file beside its results, made with the defaults when it is first needed.

The free version has no dialogs since 19.1, so the file is what a person edits; Studio's dialog writes the same file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from tinct.plugin.params import ParameterError, defaults, validated
from tinct.plugin.resolve.errors import SettingsError
from tinct.plugin.resolve.project_folder import SCHEMA, read_json, write_json

CHOICES = ("auto", "colour", "playhead", "media pool", "timeline")
RESULTS = ("track", "take", "replacement")
LISTS = ("stills", "hints")
"""Parameters that are a list in the file, and a text with that list elsewhere."""
NOT_HERE = ("view", "cacheFolder")
"""Parameters that say nothing in Resolve, or stand here under another name."""


class Settings(NamedTuple):
    """What a person chose for a project.

    ``clips``: which clips are coloured, one of `CHOICES`: of the clip colour ``clip_colour`` or with a marker of ours,
    and the one under the playhead where there is none (auto); only those of the colour; the one under the playhead;
    those selected in the media pool (19 and later); all. ``result``: where a result goes, one of `RESULTS`.
    ``track_name``: of the track for results. ``handles``: frames of the plate before and after a clip that are coloured
    too. ``codec``: of movies, None for the usual one. ``results_folder``: None for the project's own. ``wait``: seconds
    that the script follows the work before it leaves it to itself. ``mark_progress``: a marker on each clip shows how
    far it is. ``parameters``: of the effect, as `tinct.plugin.params` has them.
    """

    clips: str = "auto"
    clip_colour: str = "Purple"
    result: str = "track"
    track_name: str = "Tinct"
    handles: int = 12
    codec: str | None = None
    results_folder: str | None = None
    wait: float = 15.0
    mark_progress: bool = True
    parameters: dict[str, Any] = {}  # noqa: RUF012  (read_settings and validated give a new one)


def read_settings(path: str) -> Settings:
    """The settings at ``path``, which is made with the defaults if it is not there.

    Raises:
        SettingsError: the file cannot be read, or a value is wrong.
    """
    if not os.path.exists(path):
        write_settings(path, Settings(parameters=defaults()))
    try:
        document = read_json(path)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} cannot be read ({error}); mend it, or remove it to begin with the defaults"
        ) from None
    if not isinstance(document, dict) or document.get("tinct") != SCHEMA:
        raise SettingsError(
            f"{path} is no settings file of this version of Tinct; remove it to begin with the defaults"
        )
    return checked({name: value for name, value in document.items() if name != "tinct"}, path)


def write_settings(path: str, settings: Settings) -> None:
    """Write ``settings`` at ``path``, whole or not at all."""
    document: dict[str, Any] = {"tinct": SCHEMA, **settings._asdict()}
    document["parameters"] = {
        name: json.loads(value) if name in LISTS else value
        for name, value in validated(settings.parameters).items()
        if name not in NOT_HERE
    }
    write_json(path, document)


def checked(given: Mapping[str, Any], path: str) -> Settings:
    """The settings with the fields ``given``, those of the file ``path``.

    Raises:
        SettingsError: a field that there is not, or a value that it does not take.
    """
    unknown = sorted(set(given) - set(Settings._fields))
    if unknown:
        raise SettingsError("{} has {!r}; the settings are {}".format(path, unknown[0], ", ".join(Settings._fields)))
    settings = Settings(**given)
    allowed: list[tuple[str, bool, str]] = [
        ("clips", settings.clips in CHOICES, "one of " + ", ".join(CHOICES)),
        ("result", settings.result in RESULTS, "one of " + ", ".join(RESULTS)),
        ("clip_colour", isinstance(settings.clip_colour, str), "the name of a clip colour"),
        ("track_name", bool(settings.track_name), "a name"),
        ("handles", type(settings.handles) is int and settings.handles >= 0, "a whole number, 0 or more"),
        ("codec", settings.codec is None or isinstance(settings.codec, str), "null or the name of a codec"),
        ("wait", type(settings.wait) in (int, float) and settings.wait >= 0, "seconds, 0 or more"),
        ("mark_progress", isinstance(settings.mark_progress, bool), "true or false"),
        ("results_folder", _is_folder(settings.results_folder), "null or the whole path of a folder"),
        ("parameters", isinstance(settings.parameters, dict), "an object"),
    ]
    for name, fits, wanted in allowed:
        if not fits:
            raise SettingsError(f"{name} in {path} is {getattr(settings, name)!r} and must be {wanted}")
    return settings._replace(parameters=_parameters(settings.parameters, path))


def _is_folder(value: Any) -> bool:
    return value is None or (isinstance(value, str) and os.path.isabs(value))


def _parameters(given: Mapping[str, Any], path: str) -> dict[str, Any]:
    texts = {name: json.dumps(value) if name in LISTS and not isinstance(value, str) else value
             for name, value in given.items()}  # fmt: skip
    try:
        return validated(texts)
    except ParameterError as error:
        raise SettingsError(f"in {path}: {error}") from None
