"""Retimes by way of the timeline's OTIO export, for versions before 19, which have no other sign of them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from typing import Any

from tinct.plugin.resolve.api import Application, Item, Timeline, newer
from tinct.plugin.resolve.snapshot import SHOWN_BY


def read_speeds(application: Application, timeline: Timeline, sample: Item) -> dict[tuple[int, int], float]:
    """Speeds other than 1 by video track and start; empty where the version shows them itself, or exports nothing."""
    if newer(sample, SHOWN_BY) is not None:
        return {}
    handle, path = tempfile.mkstemp(suffix=".otio")
    os.close(handle)
    try:
        if not timeline.Export(path, application.EXPORT_OTIO, application.EXPORT_NONE):
            return {}
        with open(path, encoding="utf-8") as stream:
            document = json.load(stream)
    except (OSError, ValueError, AttributeError):
        return {}
    finally:
        os.remove(path)
    speeds = {}
    for track, children in enumerate(_video_tracks(document), 1):
        items = timeline.GetItemListInTrack("video", track) or []
        clips = [child for child in children if str(child.get("OTIO_SCHEMA", "")).startswith("Clip")]
        for item, clip in zip(items, clips):
            speed = _speed(clip)
            if speed != 1.0:
                speeds[track, int(item.GetStart())] = speed
    return speeds


def _video_tracks(document: Any) -> Iterator[list[Any]]:
    tracks = document.get("tracks", {}).get("children", []) if isinstance(document, dict) else []
    for track in tracks:
        if track.get("kind") == "Video":
            yield track.get("children", [])


def _speed(clip: dict[str, Any]) -> float:
    speed = 1.0
    for effect in clip.get("effects") or []:
        speed *= float(effect.get("time_scalar", 1.0))
    return speed
