"""A project: shots, and what they have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tinct.runtime.errors import ProjectError
from tinct.runtime.project.output import OutputSettings
from tinct.runtime.project.settings import check_settings
from tinct.runtime.project.shot import ProjectShot, check_path

SCHEMA = 1
"""Version of the format; a file of a newer one is refused."""
_RATE = re.compile(r"[1-9]\d{0,8}(/[1-9]\d{0,8})?")


@dataclass(frozen=True)
class Project:
    """A project. All paths are whole ones; the file has them relative to itself.

    ``shots``: in the order of the film. ``parameters``: of all shots, but where a shot has its own. ``library``: a
    library of stills to choose from. ``rate``: frames a second of the film, such as ``24`` or ``24000/1001``; None:
    that of the plates.
    """

    name: str
    output: OutputSettings
    shots: tuple[ProjectShot, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    library: str | None = None
    rate: str | None = None
    schema: int = SCHEMA
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ProjectError: a field that holds what it must not, or two shots of one id or name.
        """
        object.__setattr__(self, "parameters", check_settings(self.parameters))
        if self.library is not None:
            check_path("library", self.library)
        if self.rate is not None and _RATE.fullmatch(self.rate) is None:
            raise ProjectError(f"rate is {self.rate[:80]!r} and must be frames a second, such as 24 or 24000/1001")
        ids: dict[str, int] = {}
        names: dict[str, int] = {}
        for index, shot in enumerate(self.shots):
            _check_new("id", shot.id, shot.id, index, ids)
            _check_new("name", shot.name, shot.name.casefold(), index, names)

    def shot(self, id: str) -> ProjectShot:
        """The shot with that ``id``.

        Raises:
            KeyError: there is none.
        """
        for shot in self.shots:
            if shot.id == id:
                return shot
        raise KeyError(id)

    def shot_named(self, name: str) -> ProjectShot:
        """The shot of that ``name``.

        Raises:
            ProjectError: there is none.
        """
        for shot in self.shots:
            if shot.name == name:
                return shot
        some = ", ".join(shot.name for shot in self.shots[:8]) + (", ..." if len(self.shots) > 8 else "")
        raise ProjectError(f"the project {self.name} has no shot named {name[:80]!r}; it has {some or 'none'}")

    def with_shot(self, shot: ProjectShot) -> Project:
        """With ``shot`` in place of the one that has its id, else as the last one."""
        return self.with_shots([shot])

    def with_shots(self, shots: Iterable[ProjectShot]) -> Project:
        """With each of ``shots`` in place of the one that has its id; those that are new come last, in their order."""
        changed = {shot.id: shot for shot in shots}
        kept = [changed.pop(shot.id, shot) for shot in self.shots]
        return replace(self, shots=(*kept, *changed.values()))

    def without_shots(self, ids: Iterable[str]) -> Project:
        """Without the shots that have these ``ids``."""
        gone = frozenset(ids)
        return replace(self, shots=tuple(shot for shot in self.shots if shot.id not in gone))

    def parameters_of(self, shot: ProjectShot) -> Mapping[str, Any]:
        """The parameters that count for ``shot``: its own before the project's."""
        return {**self.parameters, **shot.parameters}


def _check_new(what: str, text: str, key: str, index: int, known: dict[str, int]) -> None:
    before = known.setdefault(key, index)
    if before != index:
        raise ProjectError(f"shots[{index}].{what} is {text!r}, as that of shots[{before}] is; each shot has its own")
