"""Frames of shots as pictures for the screen: rendered by the worker, newest wish first, and kept."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Callable, NamedTuple

from tinct.plugin.client import FROM_FILE, PlateFacts
from tinct.plugin.effect import EffectInstance, PlateFile, create_instance
from tinct.plugin.params import (
    HintPoint,
    StillInForce,
    defaults,
    format_hints,
    format_stills,
    parse_hints,
    parse_stills,
)
from tinct.plugin.state_key import file_facts
from tinct.plugin.worker_types import HintSeen
from tinct.runtime.project import Project, ProjectShot, ProjectStill
from tinct.runtime.project.request import stills_in_force
from tinct.ui.lane import Lane, Stale, StaleError
from tinct.ui.models.connection import Connect
from tinct.ui.picture import Kept, Picture

VIEWS = ("view", "plate_view", "confidence_view", "chroma_view")
KEPT_BYTES = 384 << 20
MOST_INSTANCES = 4
"""Sessions of the worker that are kept open: the shot that is looked at, the other set of stills, the shots before and
after."""


class Variant(NamedTuple):
    """A shot as it would be coloured: its plate, its frames with their handles, the values of the effect's parameters,
    and what tells the files of stills and mask from other versions of them."""

    source: str
    first: int
    last: int
    values: tuple[tuple[str, Any], ...]
    files: tuple[Any, ...] = ()

    @classmethod
    def of(cls, project: Project, shot: ProjectShot, stills: tuple[ProjectStill, ...] | None = None) -> Variant:
        """That of ``shot``, with other ``stills`` if there are some."""
        used = stills_in_force(shot if stills is None else replace(shot, stills=stills))
        values: dict[str, Any] = dict(project.parameters_of(shot))
        values["stills"] = format_stills(
            [StillInForce(one.path, one.frame, one.weight, one.crop, one.turn) for one in used]
        )
        values["hints"] = format_hints([HintPoint(one.frame, one.x, one.y, *one.colour) for one in shot.hints])
        values["mask"] = shot.mask or ""
        paths = [still.path for still in used] + ([] if shot.mask is None else [shot.mask])
        files = tuple(tuple(file_facts(path)) for path in paths)
        return cls(shot.source, *shot.rendered_range, tuple(sorted(values.items())), files)

    def as_of(self, frame: int) -> Variant:
        """All that the frame depends on: without the stills and hints that come later."""
        return [part for start, part in parts(self) if start <= max(frame, self.first)][-1]

    @property
    def has_stills(self) -> bool:
        """Whether there is anything to colour it from."""
        return bool(dict(self.values)["stills"] != "[]")


@lru_cache(maxsize=256)
def parts(variant: Variant) -> tuple[tuple[int, Variant], ...]:
    """Frames from which more stills or hints are known than before, and what frames from there on depend on."""
    values = dict(variant.values)
    stills, hints = parse_stills(values["stills"]), parse_hints(values["hints"])
    later = [one.frame for one in stills if one.frame is not None] + [hint.frame for hint in hints]
    found = []
    for start in sorted({variant.first, *(frame for frame in later if frame > variant.first)}):
        begun = [one for one in stills if one.frame is None or one.frame <= start]
        paths = {os.path.abspath(path) for path in (*(one.path for one in begun), values["mask"]) if path}
        then = {
            **values,
            "stills": format_stills(begun),
            "hints": format_hints(hint for hint in hints if hint.frame <= start),
        }
        files = tuple(file for file in variant.files if file[0] in paths)
        found.append((start, variant._replace(values=tuple(sorted(then.items())), files=files)))
    return tuple(found)


class SeenFrame(NamedTuple):
    """A frame to look at.

    ``pictures``: by the names of `VIEWS`, all of them or those that playing took; without a still the plate's alone.
    ``preview``: a pass over the shot gives
    another one. ``confidence``: mean 0..1, None without a still. ``plate``: what that is. ``hints``: where they are.
    """

    variant: Variant
    number: int
    pictures: Mapping[str, Picture]
    preview: bool
    confidence: float | None
    plate: PlateFacts
    hints: tuple[HintSeen, ...] = ()

    def shows(self, views: Sequence[str]) -> bool:
        """Whether it has those pictures, as far as there are any."""
        return self.confidence is None or all(name in self.pictures for name in views)

    @property
    def held_bytes(self) -> int:
        """Bytes of the pictures."""
        return sum(len(picture.data) for picture in self.pictures.values())


class PixelFacts(NamedTuple):
    """A pixel of the frame that was rendered last: see `Session.pixel`."""

    x: int
    y: int
    facts: Mapping[str, Any]


class Frames:
    """Gives frames from what is kept or from the worker. Used from the UI thread; the work is the lane's."""

    def __init__(self, lane: Lane, connect: Connect, size: int = 960, kept_bytes: int = KEPT_BYTES):
        """Work in ``lane`` with the client that ``connect`` gives; ``size``: of the pictures' longest side."""
        self.size = size
        self._lane, self._connect, self._kept_bytes = lane, connect, kept_bytes
        self._kept = Kept(kept_bytes)
        self._instances: OrderedDict[tuple[str, int, bool], EffectInstance] = OrderedDict()
        self._plates: dict[str, PlateFacts] = {}
        self._files: dict[tuple[str, int, bool], tuple[Any, ...]] = {}
        self._rendered: dict[tuple[str, int, bool], tuple[Variant, int]] = {}
        """By session: the frame that was rendered last, and all that it depended on."""

    @property
    def held_bytes(self) -> int:
        """Bytes of the pictures that are kept."""
        return self._kept.held_bytes

    @property
    def is_busy(self) -> bool:
        """Whether a frame is being made."""
        return self._lane.is_busy

    def kept(self, variant: Variant, number: int) -> SeenFrame | None:
        """The frame as a pass gives it, if it is at hand."""
        seen: SeenFrame | None = self._kept.get((variant.as_of(number), number, self.size))
        return None if seen is None else seen._replace(variant=variant)

    def has(self, variant: Variant, number: int, views: Sequence[str] = VIEWS) -> bool:
        """Whether those pictures of the frame as a pass gives it are at hand."""
        seen: SeenFrame | None = self._kept.peek((variant.as_of(number), number, self.size))
        return seen is not None and seen.shows(views)

    def most_ahead(self, seen: SeenFrame) -> int:
        """How many frames like ``seen`` take half of the room for what is kept."""
        return max(1, self._kept_bytes // (2 * max(1, seen.held_bytes)))

    def ask(
        self,
        variant: Variant,
        number: int,
        done: Callable[[SeenFrame], None],
        failed: Callable[[Exception], None],
        other: bool = False,
        size: int | None = None,
    ) -> None:
        """Make a frame, unless something else is asked for before its turn comes.

        Where frames before it have to be rendered for it, a preview comes first, and is followed by the right one.

        Args:
            variant: of the shot.
            number: the plate's own.
            done: called with the preview, if there is one, and with the frame.
            failed: called with what went wrong.
            other: it is the other set of stills, of which the worker keeps a session of its own.
            size: of the pictures' longest side; None: `size`. Frames of another size are not kept.
        """
        kept = self.kept(variant, number) if size in (None, self.size) else None
        if kept is not None:
            if not other:
                self._lane.forget()
            done(kept)
            if kept.shows(VIEWS):
                return
        keeps = size is None
        wanted = self.size if size is None else size

        def work(stale: Stale) -> Iterator[SeenFrame]:
            for seen in self._made(variant, number, wanted, other, stale, previews=kept is None):
                if keeps and not seen.preview:
                    self._keep(seen)
                yield seen

        self._lane.ask(("frame", other), work, done, failed, supersedes=not other)

    def ask_ahead(
        self,
        variant: Variant,
        numbers: Sequence[int],
        views: Sequence[str],
        done: Callable[[SeenFrame], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Make frames as a pass gives them, in this order and without previews, until `ask` or `forget` is called.

        Args:
            variant: of the shot.
            numbers: the plate's own.
            views: pictures of each that are wanted, by the names of `VIEWS`.
            done: called with each.
            failed: called with what went wrong, after which no more come.
        """

        def work(stale: Stale) -> Iterator[SeenFrame]:
            for number in numbers:
                if stale():
                    raise StaleError
                seen = self.kept(variant, number)
                if seen is None or not seen.shows(views):
                    *_, seen = self._made(variant, number, self.size, False, stale, previews=False, views=views)
                    self._keep(seen)
                yield seen

        self._lane.ask("ahead", work, done, failed)

    def forget(self) -> None:
        """Nothing that was asked for is wanted any more."""
        self._lane.forget()

    def ask_pixel(self, variant: Variant, number: int, x: int, y: int, done: Callable[[PixelFacts], None]) -> None:
        """Facts of a pixel of a frame as a pass gives it; nothing where the shot has no session yet. Where the session
        stands elsewhere, because the frame came from what is kept, it is brought there."""

        def work(stale: Stale) -> Iterator[PixelFacts]:
            key, wanted = (variant.source, variant.first, False), (variant.as_of(number), number)
            if key not in self._instances:
                return
            if self._rendered.get(key) != wanted:
                for _ in self._made(variant, number, self.size, False, stale, previews=False):
                    continue
            if self._rendered.get(key) == wanted:
                yield PixelFacts(x, y, self._instances[key].pixel(x, y))

        self._lane.ask("pixel", work, done, lambda error: None)

    def close(self) -> None:
        """End the sessions; the lane must have ended."""
        while self._instances:
            self._instances.popitem()[1].close()
        self._kept.clear()

    def _end(self, key: tuple[str, int, bool]) -> None:
        """Close a session."""
        self._rendered.pop(key, None)
        self._instances.pop(key).close()

    def _keep(self, seen: SeenFrame) -> None:
        self._kept.put((seen.variant.as_of(seen.number), seen.number, self.size), seen, seen.held_bytes)

    def _made(
        self,
        variant: Variant,
        number: int,
        size: int,
        other: bool,
        stale: Stale,
        previews: bool = True,
        views: Sequence[str] = VIEWS,
    ) -> Iterator[SeenFrame]:
        if not variant.has_stills:
            yield self._plate_alone(variant, number, size)
            return
        instance = self._instance(variant, other)
        if instance.is_identity(number):
            yield self._plate_alone(variant, number, size)
            return
        rendered = (variant.source, variant.first, other)
        self._rendered.pop(rendered, None)
        if previews and len(instance.get_frames_needed(number)) > 1:
            yield _seen(variant, instance, number, size, views, lambda wanted: FROM_FILE if wanted == number else None)

        def fetch(wanted: int) -> Any:
            if stale():
                raise StaleError
            return FROM_FILE

        seen = _seen(variant, instance, number, size, views, fetch)
        self._rendered[rendered] = (variant.as_of(number), number)
        yield seen

    def _plate_alone(self, variant: Variant, number: int, size: int) -> SeenFrame:
        client = self._connect("frames")
        picture = Picture.of(client.thumbnail(variant.source, size, frame=number))
        return SeenFrame(variant, number, {"plate_view": picture}, False, None, self._probed(variant.source))

    def _probed(self, path: str) -> PlateFacts:
        if path not in self._plates:
            self._plates[path] = self._connect("frames").probe(path)
        return self._plates[path]

    def _instance(self, variant: Variant, other: bool) -> EffectInstance:
        """The instance of that plate and set of stills, with the variant's values: what they leave right is kept."""
        key = (variant.source, variant.first, other)
        values = {**defaults(), **dict(variant.values)}
        known = self._files.get(key, ())
        changed = {file[0] for file in set(variant.files) - set(known)} & {file[0] for file in known}
        if changed and key in self._instances:  # the same paths with other pictures: the session has the old ones
            self._end(key)
        self._files[key] = variant.files
        instance = self._instances.get(key)
        if instance is None:
            plate = PlateFile(variant.source, f"{variant.first}-{variant.last}")
            instance = self._instances[key] = create_instance(self._connect("frames"), plate, values)
            while len(self._instances) > MOST_INSTANCES:
                self._end(next(iter(self._instances)))
        else:
            self._instances.move_to_end(key)
            instance.set_values(values)
        return instance


def _seen(
    variant: Variant,
    instance: EffectInstance,
    number: int,
    size: int,
    views: Sequence[str],
    fetch: Callable[[int], Any],
) -> SeenFrame:
    rendered = instance.render(number, fetch, outputs=views, view_size=size)
    pictures = {name: Picture.of(array) for name, array in rendered.arrays.items()}
    plate = instance.plate
    assert plate is not None
    return SeenFrame(variant, number, pictures, rendered.preview, rendered.confidence, plate, rendered.hints)
