"""Paths of a job as they are called on another machine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from tinct.runtime.errors import UsageError

VERSION = "pathmapping-1.0"
"""Of the rules' file: Open Job Description, How Jobs Are Run, Path Mapping."""
PATHS = ("input", "output", "mask", "passes_output", "ocio", "model")
"""Keys of a request that may hold paths."""


@dataclass(frozen=True)
class PathRule:
    """What lies under ``source`` on the machine that wrote the job lies under ``destination`` here."""

    source: str
    destination: str
    windows: bool = False

    def apply(self, path: str) -> str | None:
        """``path`` as it is called here; None where the rule does not speak of it."""
        kind = PureWindowsPath if self.windows else PurePosixPath
        try:
            rest = kind(path).relative_to(kind(self.source))
        except ValueError:
            return None
        return str(Path(self.destination, *rest.parts))


def read_rules(path: Path | None) -> tuple[PathRule, ...]:
    """The rules of a session's file, the most specific first; none without a file.

    Raises:
        UsageError: it is no such file.
    """
    if path is None:
        return ()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not document:  # a session without rules
            return ()
        if document["version"] != VERSION:
            raise ValueError(f"version {document['version']}")
        rules = [
            PathRule(str(one["source_path"]), str(one["destination_path"]), one["source_path_format"] == "WINDOWS")
            for one in document["path_mapping_rules"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} holds no rules for paths of the form {VERSION} ({error})") from error
    return tuple(sorted(rules, key=lambda rule: len(rule.source), reverse=True))


def mapped(path: str, rules: Sequence[PathRule]) -> str:
    """``path`` as the first rule that speaks of it has it."""
    return next((found for rule in rules if (found := rule.apply(path)) is not None), path)


def mapped_request(request: Mapping[str, Any], rules: Sequence[PathRule]) -> dict[str, Any]:
    """A request as `Client.colorize` takes it, with its paths as they are called here."""
    here = dict(request)
    for key in PATHS:
        if isinstance(here.get(key), str):
            here[key] = mapped(here[key], rules)
    here["references"] = [{**still, "path": mapped(still["path"], rules)} for still in here["references"]]
    return here
