"""Timelines that OpenTimelineIO reads (OTIO, AAF, Final Cut Pro 7 XML) as clips of their media."""

import json
import math
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any

from tinct.runtime.conform.media_index import path_of
from tinct.runtime.conform.timeline import Timeline, TimelineClip, retimed
from tinct.runtime.errors import ProjectError
from tinct.runtime.media.frame_rate import nearest_frame_rate
from tinct.runtime.shots.otio_timeline import load_otio

ADAPTERS = {".otio": "otio_json", ".otioz": "otioz", ".otiod": "otiod", ".aaf": "AAF", ".xml": "fcp_xml"}
_TIME_REMAP = "timeremap"
_NESTED_LEVELS = 8
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_otio(path: Path) -> Timeline:
    """The clips of all video tracks.

    Raises:
        UsageError: OpenTimelineIO or its adapter is missing.
        ProjectError: it cannot be read, or is no timeline.
    """
    otio = load_otio()
    adapter = ADAPTERS[path.suffix.lower()]
    _check_content(path, adapter)
    try:
        read = otio.adapters.read_from_file(str(path), adapter)
        timelines = [read] if isinstance(read, otio.schema.Timeline) else list(read)
        timelines = [one for one in timelines if isinstance(one, otio.schema.Timeline)]
    except otio.exceptions.NotSupportedError as error:
        raise ProjectError(
            f"{path} needs an adapter of OpenTimelineIO that is not installed ({error}); pip install 'tinct[conform]'"
        ) from error
    except Exception as error:  # the adapters' errors have no common root
        raise ProjectError(f"{path} is no timeline that OpenTimelineIO reads ({error})") from error
    if len(timelines) != 1:
        raise ProjectError(f"{path} holds {len(timelines)} timelines; export the one that is meant by itself")
    reader = _Reader(otio)
    clips = [clip for track in timelines[0].video_tracks() for clip in reader.track(track)]
    rate = clips[0].rate if clips else None
    return Timeline(path, rate, tuple(clips), tuple(reader.refused))


def _check_content(path: Path, adapter: str) -> None:
    """Refuse what is no such file before the library meets it, which would leave an AAF open, and crash on some JSON
    that is none (0.18.1)."""
    try:
        if adapter == "AAF":
            with open(path, "rb") as file:
                if file.read(len(_COMPOUND_FILE)) != _COMPOUND_FILE:
                    raise ProjectError(f"{path} is no AAF file")
        elif adapter == "otioz":
            with zipfile.ZipFile(path) as bundle:
                json.loads(bundle.read("content.otio"))
        elif adapter in ("otio_json", "otiod"):
            json.loads((path / "content.otio" if path.is_dir() else path).read_bytes())
    except (OSError, ValueError, KeyError, RecursionError, zipfile.BadZipFile) as error:
        raise ProjectError(f"{path} is no timeline that OpenTimelineIO reads ({error})") from error


class _Reader:
    """Goes through tracks; what it cannot make a clip of is ``refused``."""

    def __init__(self, otio: Any) -> None:
        self._otio = otio
        self.refused: list[str] = []

    def track(self, track: Any) -> Iterator[TimelineClip]:
        """The clips of one track, each with what transitions show of it."""
        items = list(track)
        schema = self._otio.schema
        for place, item in enumerate(items):
            if isinstance(item, schema.Transition | schema.Gap) or not item.enabled:
                continue
            before = items[place - 1] if place else None
            after = items[place + 1] if place + 1 < len(items) else None
            try:
                clip = self._clip(item, before, after)
            except _Refusal as error:
                self.refused.append(f"{item.name or 'a clip without a name'}: {error}")
                continue
            if clip is not None:
                yield clip

    def _clip(self, item: Any, before: Any, after: Any) -> TimelineClip | None:
        """The clip of an item between two others; None for a generator, such as black."""
        schema = self._otio.schema
        effects = list(item.effects)
        outer = item
        for _ in range(_NESTED_LEVELS):  # AAF wraps clips with effects into stacks
            if isinstance(item, schema.Clip):
                break
            children = [child for child in item if not isinstance(child, schema.Gap)]
            if len(children) != 1:
                raise _Refusal("it is nested or layered; give its parts as clips of a track")
            item = children[0]
            effects += item.effects
        if not isinstance(item, schema.Clip):
            raise _Refusal("it is nested; give its parts as clips of a track")
        reference = item.media_reference
        if isinstance(reference, schema.GeneratorReference):
            return None
        clip = self._plain(item, outer)
        if isinstance(before, schema.Transition):
            clip = clip.longer(before=_frames(before.in_offset), note=_said("begins", before))
        if isinstance(after, schema.Transition):
            clip = clip.longer(after=_frames(after.out_offset), note=_said("ends", after))
        for effect in effects:
            clip = self._with_effect(clip, effect)
        return clip

    def _plain(self, item: Any, outer: Any) -> TimelineClip:
        try:
            span = item.trimmed_range()
        except Exception as error:  # OpenTimelineIO's errors have no common root
            raise _Refusal(f"it does not say what part of its media it shows ({error})") from error
        if outer is not item and outer.source_range is not None:
            cut = outer.source_range
            span = self._otio.opentime.TimeRange(span.start_time + cut.start_time, cut.duration)
        reference = item.media_reference
        available = reference.available_range if reference is not None else None
        rate = nearest_frame_rate(span.start_time.rate)
        media_start = None
        if available is not None:
            start = available.start_time
            same = round(start.rate) == round(span.start_time.rate)
            media_start = _frames(start if same else start.rescaled_to(span.start_time.rate))
        name = item.name or (reference.name if reference is not None else "") or "shot"
        frames = _frames(span.duration)
        if frames < 1:
            raise _Refusal("it has no frames")
        return TimelineClip(name, _media_names(item, reference), _frames(span.start_time), frames, rate, media_start)

    def _with_effect(self, clip: TimelineClip, effect: Any) -> TimelineClip:
        schema = self._otio.schema
        if isinstance(effect, schema.FreezeFrame):
            return retimed(clip, Fraction(0))
        if isinstance(effect, schema.LinearTimeWarp):
            return retimed(clip, Fraction(effect.time_scalar).limit_denominator(100_000))
        facts = dict(effect.metadata.get("fcp_xml", {}))
        if isinstance(effect, schema.TimeEffect) or facts.get("effectid") == _TIME_REMAP:
            raise _Refusal(
                f"its time is remapped by a curve ({effect.name or effect.effect_name or 'time remap'}); render it as "
                "a plate of its own"
            )
        return clip


class _Refusal(Exception):
    """Why an item is no clip of one media."""


def _media_names(item: Any, reference: Any) -> tuple[str, ...]:
    """What the media may be called, the surest first."""
    names = []
    if reference is not None:
        if hasattr(reference, "target_url_base"):  # an image sequence
            padding = f"%0{reference.frame_zero_padding}d" if reference.frame_zero_padding else "%d"
            pattern = f"{reference.name_prefix}{padding}{reference.name_suffix}"
            names.append(str(PurePosixPath(path_of(reference.target_url_base or ""), pattern)))
        names += [getattr(reference, "target_url", None) or "", reference.name or ""]
    names += [item.name or ""]
    return tuple(dict.fromkeys(name for name in names if name))


def _frames(time: Any) -> int:
    """A time as frames of its own rate."""
    value = float(time.value)
    if not math.isfinite(value) or abs(value - round(value)) > 0.01:
        raise _Refusal(f"it begins or ends between two frames ({value:g})")
    return round(value)


def _said(how: str, transition: Any) -> str:
    length = _frames(transition.in_offset) + _frames(transition.out_offset)
    return f"{how} with a transition of {length} frames"
