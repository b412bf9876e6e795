"""*Send stills to Tinct*: the pictures of the gallery's current album, as files in the project's folder of stills."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from typing import TYPE_CHECKING, Any, Callable

from tinct.plugin.resolve.api import Album, Application
from tinct.plugin.resolve.connect import open_project
from tinct.plugin.resolve.errors import StillsError
from tinct.plugin.resolve.marker_stills import PICTURES
from tinct.plugin.resolve.project_folder import folder_of

if TYPE_CHECKING:
    from tinct.plugin.resolve.api import StillFormat

FORMAT: StillFormat = "tif"
"""16 bits, without loss."""


def send_stills(application: Application, tell: Callable[[str], None], album_name: str | None = None) -> list[str]:
    """Export the stills of an album, the current one unless named, and give their files. A still that was sent before
    is written again under its name: its label, else album and place.

    Raises:
        NothingToDo: no project is open.
        StillsError: there is no such album, it is empty, or Resolve does not export it.
    """
    project = open_project(application)
    gallery = project.GetGallery()
    album: Album | None = gallery.GetCurrentStillAlbum()
    if album_name is not None:
        named = [one for one in gallery.GetGalleryStillAlbums() if gallery.GetAlbumName(one) == album_name]
        album = named[0] if named else None
    stills = list(album.GetStills() or []) if album is not None else []
    if album is None or not stills:
        raise StillsError(
            "the gallery's album {} is empty; grab stills into it first".format(album_name or "that is open")
        )
    folder = folder_of(project).stills
    written: list[str] = []
    for place, still in enumerate(stills, 1):
        label = str(album.GetLabel(still) or "")
        name = re.sub(r"[^\w.-]+", "_", label).strip("._") or f"{_plain(str(gallery.GetAlbumName(album)))}_{place:03d}"
        if any(os.path.splitext(os.path.basename(path))[0] == name for path in written):
            name = f"{name}_{place:03d}"
        written.append(_export(album, still, folder, name))
        tell(f"sent {written[-1]}")
    return written


def _export(album: Album, still: Any, folder: str, name: str) -> str:
    """One still by itself, in a folder of its own, since Resolve makes up the names and adds the grades."""
    work = tempfile.mkdtemp(dir=folder, prefix=".sending-")
    try:
        said_yes = album.ExportStills([still], work, "still", FORMAT)
        pictures = [one for one in sorted(os.listdir(work)) if os.path.splitext(one)[1].lower() in PICTURES]
        if not said_yes or not pictures:
            raise StillsError(
                "Resolve does not export the gallery's stills; open the Color page with the Gallery shown (Workspace > "
                "Gallery), and send them again"
            )
        path = os.path.join(folder, name + os.path.splitext(pictures[0])[1].lower())
        os.replace(os.path.join(work, pictures[0]), path)
        return path
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "still"
