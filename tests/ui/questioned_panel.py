"""``tinct panel`` as a person starts it, which also tells whoever started it where its parts lie and how it stands.

    python tests/ui/questioned_panel.py [PROJECT|CLIP|TIMELINE]...

Each line of standard input is a question, a JSON list of its name and arguments, and is answered by a line of JSON.
Nothing is done to the panel from here: what happens in it comes through the screen.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from qtpy.QtCore import QPoint, QSocketNotifier
from qtpy.QtWidgets import QApplication, QListView, QWidget

from tinct.cli import main
from tinct.ui.views.window import PanelWindow


class Answers:
    """Answers to questions about the window, by their names."""

    def __init__(self) -> None:
        self._begun = b""
        self._notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._read)

    def _read(self) -> None:
        came = os.read(0, 1 << 16)
        self._notifier.setEnabled(bool(came))
        *lines, self._begun = (self._begun + came).split(b"\n")
        for line in lines:
            name, *arguments = json.loads(line)
            answer: Callable[..., Any] = getattr(self, name)
            os.write(1, json.dumps(answer(*arguments)).encode() + b"\n")

    @property
    def window(self) -> PanelWindow:
        return next(one for one in QApplication.topLevelWidgets() if isinstance(one, PanelWindow))

    def is_shown(self) -> bool:
        """Whether the window is there and has the keys."""
        shown = [one for one in QApplication.topLevelWidgets() if isinstance(one, PanelWindow)]
        return bool(shown) and shown[0].isActiveWindow()

    def dialog(self) -> str:
        """Title of the dialog that has the keys; empty: none."""
        modal = QApplication.activeModalWidget()
        return modal.windowTitle() if modal is not None and modal.isActiveWindow() else ""

    def focus(self) -> str:
        """Name of what has the keys."""
        widget = QApplication.focusWidget()
        return "" if widget is None else widget.accessibleName()

    def row(self, name: str, row: int) -> list[int]:
        """Middle of a row of a list."""
        view = next(one for one in self.window.findChildren(QListView) if one.accessibleName() == name)
        return _place(view.viewport(), view.visualRect(view.model().index(row, 0)).center())

    def frame(self, number: int) -> list[int]:
        """A frame on the timeline."""
        timeline = self.window.view.viewer.timeline
        return _place(timeline, QPoint(round(timeline.ruler.middle(number)), 8))

    def share(self, across: float, down: float) -> list[int]:
        """A place in the picture."""
        canvas = self.window.view.viewer.canvas
        placed = canvas.placement()
        x, y = placed.to_screen(across * placed.width, down * placed.height)
        return _place(canvas, QPoint(round(x), round(y)))

    def stand(self) -> dict[str, Any]:
        """How the panel stands."""
        panel = self.window.view.panel
        viewer, corrections = panel.viewer, panel.corrections
        return {
            "shots": [[row.name, row.state] for row in panel.shots.rows()],
            "current": "" if panel.shots.current is None else panel.shots.current.name,
            "selected": len(panel.shots.selected),
            "frame": viewer.frame,
            "range": viewer.range,
            "is_current": viewer.is_current,
            "mode": viewer.mode,
            "comparison": viewer.comparison,
            "wipe": viewer.wipe,
            "zoom": viewer.zoom,
            "is_playing": panel.playback.is_playing,
            "tool": corrections.tool,
            "hints": [[*one.hint.colour] for one in corrections.hints()],
            "stills": [[one.still.path, one.first, one.last] for one in panel.stills.in_use()],
            "offered": [one.path for one in panel.library.offered()],
            "is_ranked": panel.library.is_ranked_for_frame and not panel.library.is_ranking,
            "tasks": [task.state for task in panel.queue.tasks],
            "is_modified": panel.document.is_modified,
            "readout": self.window.view.viewer.readout.text(),
            "messages": [message.text for message in panel.messages.all],
        }


def _place(widget: QWidget, point: QPoint) -> list[int]:
    """On the screen."""
    there = widget.mapToGlobal(point)
    return [there.x(), there.y()]


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    answers = Answers()
    sys.exit(main(["panel", *sys.argv[1:]]))
