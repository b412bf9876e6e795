"""A panel in small, to be killed: it edits a project without pause and tells each edit's number on standard output.

``python editing.py PROJECT SEED``; each edit is the next number in the first shot's note. Now and then it saves.
"""

import os
import random
import sys
import time
from dataclasses import replace

from tinct.runtime.project import Autosave, ProjectLock, load_project, save_project


def main() -> None:
    path, seed = sys.argv[1], int(sys.argv[2])
    chance = random.Random(seed)
    project = load_project(path)
    with ProjectLock(path) as lock:
        autosave = Autosave(path)
        number = 0
        while True:
            number += 1
            project = project.with_shot(replace(project.shots[0], note=str(number)))
            autosave.changed(project)
            os.write(1, f"{number} {time.monotonic()}\n".encode())
            if chance.random() < 0.03:
                save_project(project, path, lock)
                autosave.saved()
            time.sleep(chance.random() * 0.03)


if __name__ == "__main__":
    main()
