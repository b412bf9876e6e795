"""A panel to be killed: edits a project without pause and tells each edit's number on standard output.

``python editing.py PROJECT SEED``; each edit is the next number in the first shot's note. Now and then it saves. Where
there is no PROJECT, it edits one that was never saved.
"""

import dataclasses
import os
import random
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from tinct.plugin.client import Client
from tinct.runtime.project import OutputSettings, Project, ProjectShot
from tinct.ui.models.connection import Connections
from tinct.ui.views.window import make_window


def main() -> None:
    """Edit until somebody ends it."""
    path, seed = sys.argv[1], int(sys.argv[2])
    application = QApplication(sys.argv[:1])
    window = make_window(Connections(lambda: Client(folder=path + ".worker", start=False)))
    panel, chance, number = window.view.panel, random.Random(seed), 0
    if os.path.exists(path):
        panel.open(path)
    else:
        shot = ProjectShot("a", "street", "/plate.mov", 0, 9)
        panel.file.new(Project("film", OutputSettings("/nowhere"), (shot,)))
    window.show()

    def edit() -> None:
        nonlocal number
        number += 1
        first = panel.document.project.shots[0].id
        panel.document.edit_shots("Note", [first], lambda shot: dataclasses.replace(shot, note=str(number)))
        os.write(1, f"{number} {time.monotonic()}\n".encode())
        if panel.document.path is not None and chance.random() < 0.02:
            panel.file.save()

    timer = QTimer(window)
    timer.timeout.connect(edit)
    timer.start(10)
    application.exec_()


if __name__ == "__main__":
    main()
