"""Which coloured clip on a track was placed for which clip, so that it is found again after either was moved."""

from __future__ import annotations

from tinct.plugin.resolve.project_folder import SCHEMA, ProjectFolder, read_json, write_json


def read_placed(folder: ProjectFolder) -> dict[str, str]:
    """Identities of coloured clips by those of the clips they were placed for; empty where none was, or the file is
    damaged: a coloured clip is then known by its place."""
    try:
        clips = read_json(folder.placed)["clips"]
        return {str(clip): str(coloured) for clip, coloured in clips.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_placed(folder: ProjectFolder, clips: dict[str, str]) -> None:
    """Note what was placed for which clip."""
    write_json(folder.placed, {"tinct": SCHEMA, "clips": clips})
