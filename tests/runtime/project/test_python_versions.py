"""A project in the interpreters that hosts have."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from tinct.runtime.project import Autosave, ProjectLock, load_project, read_record, save_project, shot_key, shot_state
project = load_project(sys.argv[2])
path = sys.argv[3] + "/film.tinct"
with ProjectLock(path) as lock:
    save_project(project, path, lock)
    with Autosave(path) as autosave:
        autosave.changed(project)
print(load_project(path).name, [shot_state(project, shot, read_record(project, shot)) for shot in project.shots])
"""


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.13"])
def test_a_project_in_another_python(version: str, tmp_path: Path) -> None:
    places = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")]
    found = [str(place) for place in places if place is not None and _runs(str(place))]
    if not found:
        pytest.skip(f"there is no Python {version} here")
    arguments = [str(ROOT), str(ROOT / "tests" / "goldens" / "project_1.tinct"), str(tmp_path)]
    done = subprocess.run([found[0], "-I", "-S", "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "The Arrival ['draft', 'no still']"


def _runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
