"""The gallery: albums of stills, which can be exported as pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from fake_resolve.versions import Edition, ResolveObject

FORMATS = ("dpx", "cin", "tif", "jpg", "png", "ppm", "bmp", "xpm")


class GalleryStill(ResolveObject):
    """A picture, (H, W, 3) bytes, blue first; it has no methods."""

    def __init__(self, edition: Edition, picture: np.ndarray, label: str) -> None:
        super().__init__(edition)
        self._picture, self._label = picture, label


class GalleryStillAlbum(ResolveObject):
    """An album."""

    def __init__(self, edition: Edition, name: str) -> None:
        super().__init__(edition)
        self._name = name
        self._stills: list[GalleryStill] = []

    def GetStills(self) -> list[GalleryStill]:
        return list(self._stills)

    def GetLabel(self, galleryStill: GalleryStill) -> str:
        return galleryStill._label

    def SetLabel(self, galleryStill: GalleryStill, label: str) -> bool:
        galleryStill._label = label
        return True

    def ExportStills(self, galleryStills: list[GalleryStill], folderPath: str, filePrefix: str, format: str) -> bool:
        """Pictures and their grades; False, and nothing written, while the gallery is closed (19.1.3)."""
        if not self._edition.gallery_open or format not in FORMATS or not Path(folderPath).is_dir():
            return False
        for still in galleryStills:
            number = next(place for place, one in enumerate(self._stills, 1) if one._id == still._id)
            stem = f"{filePrefix}_1.{number}.1"
            assert cv2.imwrite(str(Path(folderPath, f"{stem}.{format}")), still._picture)
            Path(folderPath, f"{stem}.drx").write_text("grade")
        return True


class Gallery(ResolveObject):
    """The albums of a project."""

    def __init__(self, edition: Edition) -> None:
        super().__init__(edition)
        self._albums = [GalleryStillAlbum(edition, "Stills 1")]
        self._current = self._albums[0]

    def GetGalleryStillAlbums(self) -> list[GalleryStillAlbum]:
        return list(self._albums)

    def GetCurrentStillAlbum(self) -> GalleryStillAlbum:
        return self._current

    def GetAlbumName(self, galleryStillAlbum: GalleryStillAlbum) -> str:
        return galleryStillAlbum._name
