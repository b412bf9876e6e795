"""An artist's way through the panel, by keys and mouse: a film of three shots is opened, coloured, corrected, rendered.

    python tests/ui/journey.py [--pictures FOLDER] [--model NAME]

opens the demo's film and writes a picture of each step into the folder; ``tests/ui/test_journey.py`` goes the same way
with the fake backend and compares what was rendered with ``tinct project render``.
"""

import argparse
import dataclasses
import faulthandler
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

import av  # noqa: E402
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl  # noqa: E402
from qtpy.QtGui import QDropEvent  # noqa: E402
from qtpy.QtTest import QTest  # noqa: E402
from qtpy.QtWidgets import QApplication, QListView, QWidget  # noqa: E402

from tinct.plugin.client import Client, write_installation  # noqa: E402
from tinct.ui.models.connection import Connections  # noqa: E402
from tinct.ui.picture import Picture  # noqa: E402
from tinct.ui.png import write_png  # noqa: E402
from tinct.ui.views.window import PanelWindow, make_window  # noqa: E402

DEMO = ROOT / "runtime" / "demo"
STILLS = ("still_1.jpg", "still_2.jpg", "still_3.jpg")
PICTURE_WIDTH = 1200
LEFT = Qt.MouseButton.LeftButton


class Hand:
    """Does with a window what a person does."""

    def __init__(self, window: PanelWindow, seconds: float) -> None:
        """``seconds``: that anything may take."""
        self.window, self.view, self.panel = window, window.view, window.view.panel
        self._seconds = seconds

    def until(self, holds: Callable[[], object]) -> None:
        """Wait as long as it takes; if that is too long, what every thread is doing goes to the standard error."""
        deadline = time.monotonic() + self._seconds
        while not holds():
            if time.monotonic() >= deadline:
                faulthandler.dump_traceback(file=2)
                raise AssertionError(f"waited {self._seconds:g} s; messages: {self.panel.messages.all}")
            QApplication.processEvents()
            QTest.qWait(2)

    def see(self) -> None:
        """Until the frame that is wanted is there, and small pictures too."""
        self.until(lambda: self.panel.viewer.is_current)

    def drop(self, *paths: Path) -> None:
        """Drop files on the viewer."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        event = QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, data, buttons, keys)
        self.view.viewer.canvas.dropEvent(event)

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key with the focus in the viewer."""
        canvas = self.view.viewer.canvas
        canvas.setFocus()
        QTest.keyClick(canvas, key, keys)

    def click(self, widget: QWidget, x: float, y: float) -> None:
        """Click on a widget."""
        QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(x), round(y)))

    def click_row(self, view: QListView, row: int, twice: bool = False) -> None:
        """Click on a row of a list, or twice."""
        place = view.visualRect(view.model().index(row, 0)).center()
        self.click(view.viewport(), place.x(), place.y())
        if twice:
            QTest.mouseDClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)

    def click_frame(self, frame: int) -> None:
        """Click on a frame of the timeline."""
        timeline = self.view.viewer.timeline
        self.click(timeline, timeline.ruler.middle(frame), 8)

    def click_pixel(self, x: float, y: float) -> None:
        """Click on a pixel of the plate."""
        self.click(self.view.viewer.canvas, *self.view.viewer.canvas.placement().to_screen(x, y))


def go(hand: Hand, film: Path, stills: Path, project: Path, picture: Callable[[str], None]) -> None:
    """The way: from the film to its rendered shots.

    Args:
        hand: at an empty panel, whose model is chosen.
        film: three shots.
        stills: a folder of pictures.
        project: where it is saved.
        picture: called after each step with its name.
    """
    panel, view = hand.panel, hand.view
    parameters = panel.document.project.parameters
    hand.drop(film)
    hand.until(lambda: len(panel.document.project.shots) == 3)
    if parameters:
        panel.document.edit("Choose model", dataclasses.replace(panel.document.project, parameters=parameters))
    hand.see()
    picture("shots")

    hand.drop(stills)
    hand.until(lambda: len(panel.library.offered()) == 4)
    hand.click_row(view.stills.offered, 0, twice=True)
    assert [one.still.path for one in panel.stills.in_use()] == [panel.library.offered()[0].path]
    hand.see()
    picture("result")

    first, last = panel.viewer.range
    middle = (first + last + 1) // 2
    hand.click_frame(middle)
    assert panel.viewer.frame == middle
    hand.see()
    hand.click_row(view.stills.offered, 1, twice=True)
    assert [(one.first, one.last) for one in panel.stills.in_use()] == [(first, middle - 1), (middle, last)]
    hand.see()
    hand.press(Qt.Key.Key_Right)
    hand.see()
    picture("second_still")
    hand.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hand.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert len(panel.stills.in_use()) == 2

    hand.press(Qt.Key.Key_Home)
    hand.see()
    hand.press(Qt.Key.Key_H)
    panel.corrections.set_colour((0.25, 0.45, 0.85))
    plate = panel.viewer.seen.plate
    hand.click_pixel(0.23 * plate.width, 0.7 * plate.height)
    assert len(panel.corrections.hints()) == 1
    hand.press(Qt.Key.Key_Escape)
    hand.see()
    picture("hint")

    hand.press(Qt.Key.Key_W)
    for _ in range(3):
        hand.press(Qt.Key.Key_Right)
        hand.see()
    picture("compare")
    hand.press(Qt.Key.Key_4)
    assert panel.viewer.mode == "confidence"
    hand.press(Qt.Key.Key_1)
    hand.press(Qt.Key.Key_W)

    assert panel.file.save(str(project))
    for shot in range(1, 3):
        hand.press(Qt.Key.Key_PageDown)
        hand.until(lambda: panel.library.is_ranked_for_frame and not panel.library.is_ranking)
        hand.press(Qt.Key.Key_B)
        assert len(panel.stills.in_use()) == 1, shot
        hand.see()
    hand.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    hand.press(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert not panel.document.is_modified
    view.tabs.setCurrentWidget(view.queue)
    hand.press(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    hand.until(lambda: panel.queue.tasks[0].state == "done")
    hand.until(lambda: panel.queue.tasks[1].done > 5 or panel.queue.tasks[1].state == "done")
    picture("queue")
    hand.until(lambda: all(task.state == "done" for task in panel.queue.tasks))
    assert [row.state for row in panel.shots.rows()] == ["rendered"] * 3


def make_material(folder: Path) -> tuple[Path, Path]:
    """The demo's film, and a folder with its stills and one more of the first shot's second half."""
    stills = folder / "stills"
    stills.mkdir()
    for name in STILLS:
        shutil.copy(DEMO / name, stills)
    _write_later_still(stills / "later.png")
    film = folder / "film.mkv"
    shutil.copy(DEMO / "grey.mkv", film)
    return film, stills


def _write_later_still(path: Path) -> None:
    """Frame 18 of the film in its true colours."""
    with av.open(str(DEMO / "true_colour.mkv")) as clip:
        frame = next(one for number, one in enumerate(clip.decode(video=0)) if number == 18)
        picture = frame.reformat(format="rgb24", src_colorspace="ITU709", dst_color_range="JPEG")
    write_png(str(path), Picture.of(picture.to_ndarray()))


def main() -> None:
    """Go the way with a model that ships, and take pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--model", default="lite")
    options = parser.parse_args()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    with tempfile.TemporaryDirectory(prefix="tinct-journey-") as name:
        folder = Path(name)
        film, stills = make_material(folder)
        record = str(folder / "installation.json")
        write_installation(record, sys.executable, {"PYTHONPATH": str(ROOT)})
        os.environ.update(TINCT_INSTALLATION=record, TINCT_WORKER_FOLDER=str(folder / "w"))
        window = make_window(Connections(lambda: Client(folder=str(folder / "w"), installation=record, timeout=120)))
        hand = Hand(window, 600)
        window.resize(1440, 900)
        window.show()
        panel = window.view.panel
        panel.document.edit("", dataclasses.replace(panel.document.project, parameters={"model": options.model}))

        def picture(step: str) -> None:
            QTest.qWait(1500)  # small pictures come after the large one
            if options.pictures is not None:
                options.pictures.mkdir(parents=True, exist_ok=True)
                grabbed = window.grab().scaledToWidth(PICTURE_WIDTH, Qt.TransformationMode.SmoothTransformation)
                grabbed.save(str(options.pictures / f"panel_{step}.jpg"), quality=72)

        go(hand, film, stills, folder / "film.tinct", picture)
        window.close()
        Client(folder=str(folder / "w"), start=False).stop()


if __name__ == "__main__":
    main()
