"""Stills named by markers on a clip: from the marker's frame on, that still is in force.

A marker is Tinct's if its name begins with "Tinct"; its note names the still: a file, or one that was sent from the
gallery. Scripts may say the same in ``customData``: ``{"tinct": {"still": ...}}``. An empty note chooses the clip only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from tinct.plugin.resolve.errors import StillsError

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".dpx")


def said_by(marker: Mapping[str, Any]) -> str | None:
    """The still that ``marker`` names, "" if it names none, None if it is not one of Tinct's."""
    data = _custom_data(marker)
    if data is not None:
        still = data.get("still")
        return still if isinstance(still, str) else None
    words = str(marker.get("name") or "").lower().split()
    return str(marker.get("note") or "").strip() if words and words[0] == "tinct" else None


def custom_data(**facts: Any) -> str:
    """Text for a marker's ``customData`` that `said_by` and other scripts of Tinct know."""
    return json.dumps({"tinct": facts}, sort_keys=True)


def find_still(text: str, folder: str) -> str:
    """The file that ``text`` names: a path, or a name in ``folder`` with or without its ending.

    Raises:
        StillsError: there is none.
    """
    named = os.path.expanduser(text)
    if os.path.isabs(named) and os.path.isfile(named):
        return named
    for name in sorted(os.listdir(folder)):
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in PICTURES and text in (name, stem):
            return os.path.join(folder, name)
    raise StillsError(
        f"there is no still {text!r}: neither a file of that whole path, nor one in {folder}; mend the marker's note, "
        "or send the still from the gallery"
    )


def _custom_data(marker: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        document = json.loads(marker.get("customData") or "null")
    except ValueError:
        return None
    facts = document.get("tinct") if isinstance(document, dict) else None
    return facts if isinstance(facts, dict) else None
