"""The application itself: projects that are saved and loaded, and what a script is handed."""

from __future__ import annotations

import copy
import sys
import types
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2

from fake_resolve.gallery import Gallery, GalleryStill
from fake_resolve.pool import MediaPool
from fake_resolve.timeline import Timeline
from fake_resolve.versions import Edition, ResolveObject
from fake_resolve.windows import UIManager


class Project(ResolveObject):
    """A project: pool, gallery and timelines."""

    def __init__(self, edition: Edition, name: str, rate: Fraction) -> None:
        super().__init__(edition)
        self._name, self._rate = name, rate
        self._pool, self._gallery = MediaPool(edition, self), Gallery(edition)
        self._timelines: list[Timeline] = []
        self._current: Timeline | None = None

    def _add_timeline(self, name: str, rate: Fraction | None = None, start: str = "01:00:00:00") -> Timeline:
        self._current = Timeline(self._edition, self, name, rate or self._rate, start)
        self._timelines.append(self._current)
        return self._current

    def GetName(self) -> str:
        return self._name

    def GetUniqueId(self) -> str:
        return self._id

    def GetMediaPool(self) -> MediaPool:
        return self._pool

    def GetGallery(self) -> Gallery:
        return self._gallery

    def GetCurrentTimeline(self) -> Timeline | None:
        return self._current

    def GetTimelineCount(self) -> int:
        return len(self._timelines)

    def GetTimelineByIndex(self, idx: int) -> Timeline | None:
        return self._timelines[idx - 1] if 1 <= idx <= len(self._timelines) else None

    def SetCurrentTimeline(self, timeline: Timeline) -> bool:
        self._current = timeline
        return True

    def ExportCurrentFrameAsStill(self, filePath: str) -> bool:
        still = self._current.GrabStill() if self._current else None
        return isinstance(still, GalleryStill) and bool(cv2.imwrite(filePath, still._picture))


class ProjectManager(ResolveObject):
    """Projects by name; what was not saved is lost when one is loaded."""

    def __init__(self, edition: Edition) -> None:
        super().__init__(edition)
        self._current: Project | None = None
        self._saved: dict[str, Project] = {}

    def CreateProject(self, projectName: str) -> Project | None:
        if projectName in self._saved:
            return None
        self._current = Project(self._edition, projectName, Fraction(24))
        return self._current

    def GetCurrentProject(self) -> Project | None:
        return self._current

    def SaveProject(self) -> bool:
        if self._current is None:
            return False
        self._saved[self._current._name] = _copied(self._current)
        return True

    def LoadProject(self, projectName: str) -> Project | None:
        if projectName not in self._saved:
            return None
        self._current = _copied(self._saved[projectName])
        return self._current


def _copied(project: Project) -> Project:
    return copy.deepcopy(project, {id(project._edition): project._edition})


class Fusion(ResolveObject):
    """The way to windows for scripts, which the free version has no more since 19.1."""

    @property
    def UIManager(self) -> UIManager | None:
        return UIManager() if self._edition.studio or self._edition.version[:2] < (19, 1) else None


class Resolve(ResolveObject):
    """The application's root object."""

    EXPORT_OTIO = "otio"
    EXPORT_NONE = "none"

    def __init__(self, edition: Edition) -> None:
        super().__init__(edition)
        self._manager = ProjectManager(edition)

    def GetProjectManager(self) -> ProjectManager:
        return self._manager

    def GetProductName(self) -> str:
        return self._edition.product

    def GetVersion(self) -> list[Any]:
        return [*self._edition.version, 7, ""]

    def GetVersionString(self) -> str:
        return ".".join(map(str, self._edition.version)) + ".7"

    def Fusion(self) -> Fusion:
        return Fusion(self._edition)

    def GetCurrentPage(self) -> str:
        return self._edition.page

    def OpenPage(self, pageName: str) -> bool:
        self._edition.page = pageName
        return True


class Installation:
    """The application on this machine: starts, is quit, is reached from a menu or from outside."""

    MODULE = "DaVinciResolveScript"

    def __init__(self, edition: Edition | None = None) -> None:
        self.edition = edition or Edition()
        self.resolve = Resolve(self.edition)

    def run_menu_script(self, path: Path) -> None:
        """Run a script as Workspace > Scripts does: the application stands in its globals."""
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
        exec(code, {"__name__": "__main__", "__file__": str(path), "resolve": self.resolve})

    def scripting_module(self) -> types.ModuleType:
        """The module for scripts from outside; of the free version it gives nothing."""
        module = types.ModuleType(self.MODULE)

        def scriptapp(name: str) -> Resolve | None:
            return self.resolve if name == "Resolve" and self.edition.studio else None

        module.scriptapp = scriptapp  # type: ignore[attr-defined]
        return module

    def offer(self) -> None:
        """Let scripts of this process import the module."""
        sys.modules[self.MODULE] = self.scripting_module()

    def withdraw(self) -> None:
        """Take it back."""
        sys.modules.pop(self.MODULE, None)
