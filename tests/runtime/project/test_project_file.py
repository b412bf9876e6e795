"""What a project file keeps, what it refuses, and how it says so."""

import ast
import contextlib
import copy
import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinct
from tinct.runtime.errors import OutputError, ProjectError
from tinct.runtime.project import OutputSettings, Project, ProjectShot, ProjectStill, load_project, save_project
from tinct.runtime.project.names import LONGEST, check_name, shot_name, unique_name
from tinct.runtime.project.project_file import format_project, parse_project

GOLDENS = Path(__file__).parents[2] / "goldens"
ROOT = Path(__file__).parents[3]
DOCUMENT = json.loads((GOLDENS / "project_1.tinct").read_text("utf-8"))


def golden(folder: Path) -> Project:
    spec = importlib.util.spec_from_file_location("make_project", GOLDENS / "make_project.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Project = module.golden(folder)
    return made


def parsed(document: Any) -> Project:
    return parse_project(json.dumps(document).encode(), "/films/one.tinct")


def test_the_project_of_schema_1_loads_as_it_was_made() -> None:
    assert load_project(GOLDENS / "project_1.tinct") == golden(GOLDENS)


def test_a_project_comes_back_as_it_was(tmp_path: Path) -> None:
    made = golden(tmp_path)
    save_project(made, tmp_path / "film.tinct")
    assert load_project(tmp_path / "film.tinct") == made
    assert (tmp_path / "film.tinct").read_bytes() == (GOLDENS / "project_1.tinct").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["film.tinct"]


def test_a_folder_that_is_moved_keeps_its_project(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "else" / "there"
    (here / "job").mkdir(parents=True)
    shot = ProjectShot("a", "a", str(here / "media" / "a.mov"), 0, 9, mask="/net/masks/a.png")
    project = Project("film", OutputSettings(str(here / "job" / "out")), (shot,))
    save_project(project, here / "job" / "film.tinct")
    shutil.move(here, there)
    moved = load_project(there / "job" / "film.tinct")
    assert moved.shots[0].source == str(there / "media" / "a.mov")
    assert moved.output.folder == str(there / "job" / "out")
    assert moved.shots[0].mask == "/net/masks/a.png"


def test_a_link_to_a_project_opens_what_it_names(tmp_path: Path) -> None:
    for folder in ("job", "desk", "job/plates"):
        (tmp_path / folder).mkdir()
    shot = ProjectShot("a", "a", str(tmp_path / "job" / "plates" / "a.mov"), 0, 9)
    project = Project("film", OutputSettings(str(tmp_path / "job" / "out")), (shot,))
    save_project(project, tmp_path / "job" / "film.tinct")
    link = tmp_path / "desk" / "film.tinct"
    link.symlink_to(tmp_path / "job" / "film.tinct")
    assert load_project(link) == project
    save_project(replace(project, name="again"), link)
    assert link.is_symlink()
    assert load_project(tmp_path / "job" / "film.tinct") == replace(project, name="again")


def test_what_a_later_version_adds_is_kept(tmp_path: Path) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["grade"] = {"look": [1, 2]}
    document["output"]["dither"] = True
    document["shots"][0]["rating"] = 5
    document["shots"][0]["stills"][1]["blur"] = None
    path = tmp_path / "film.tinct"
    path.write_text(json.dumps(document), "utf-8")
    save_project(replace(load_project(path), name="Another"), path)
    saved = json.loads(path.read_text("utf-8"))
    assert saved["grade"] == {"look": [1, 2]}
    assert saved["output"]["dither"] is True
    assert saved["shots"][0]["rating"] == 5
    assert "blur" in saved["shots"][0]["stills"][1]
    assert saved["name"] == "Another"


def test_names_that_are_no_utf_8_are_kept(tmp_path: Path) -> None:
    shot = ProjectShot("a", "a", "/films/\udcff.mov", 0, 9, note="Füße")
    save_project(Project("film", OutputSettings("/out"), (shot,)), tmp_path / "film.tinct")
    assert load_project(tmp_path / "film.tinct").shots == (shot,)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (["schema"], 2, "schema is 2, and this version of Tinct reads up to 1; use a newer Tinct"),
        (["schema"], None, "schema is missing"),
        (["name"], 3, "name is 3 and must be a text"),
        (["rate"], "24/0", "rate is '24/0'"),
        (["shots"], {}, "shots is {} and must be a list"),
        (["shots", 1], "x", r"shots\[1\] holds 'x'"),
        (["shots", 1, "first"], "12", r"shots\[1\].first is '12' and must be a whole number"),
        (["shots", 0, "last"], 7, r"shots\[0\].last is 7 and must be 1001, the first frame, or more"),
        (["shots", 0, "handle_in"], -1, r"shots\[0\].handle_in is -1"),
        (["shots", 1, "name"], "010 ARRIVAL", r"shots\[1\].name is '010 ARRIVAL', as that of shots\[0\] is"),
        (["shots", 1, "id"], "5c1e0f8a9b3d", r"shots\[1\].id is .* as that of shots\[0\] is"),
        (["shots", 1, "name"], "a/b", r"shots\[1\].name is 'a/b' and must be .* without '/'"),
        (["shots", 1, "name"], "a%04d", "without '%'"),
        (["shots", 1, "source"], "", r"shots\[1\].source is ''"),
        (["shots", 0, "stills", 1, "weight"], 0, r"shots\[0\].stills\[1\].weight is 0 and must be above 0"),
        (["shots", 0, "stills", 1, "crop"], [0, 0, 1], r"shots\[0\].stills\[1\].crop .* 4 numbers"),
        (["shots", 0, "stills", 1, "crop"], [0.5, 0, 0.2, 1], r"shots\[0\].stills\[1\].crop is"),
        (["shots", 0, "stills", 1, "turn"], 45, r"shots\[0\].stills\[1\].turn is 45 and must be 0, 90, 180 or 270"),
        (["shots", 0, "hints", 0, "colour"], [0, 0, 7], r"shots\[0\].hints\[0\].colour is"),
        (["shots", 0, "parameters", "chroma"], 9, r"shots\[0\].parameters.chroma is 9 and must be from 0 to 4"),
        (["shots", 0, "parameters", "chroma"], "1", r"shots\[0\].parameters.chroma is '1' and must be a number"),
        (["parameters", "brightness"], 1, "parameters names 'brightness'; the parameters are stillsAtOnce"),
        (["output", "pattern"], "../{shot}.mov", r"output.pattern is"),
        (["output", "pattern"], "film.mov", "with {shot} for the shot's name"),
        (["output", "passes"], ["depth"], "output.passes names 'depth'"),
    ],
)
def test_a_wrong_field_is_named(place: list[Any], value: object, message: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    with pytest.raises(ProjectError, match=message) as raised:
        parsed(document)
    assert str(raised.value).startswith("/films/one.tinct: ")


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema": NaN}', b"[" * 100_000, b'{"schema":' + b"9" * 5000 + b"}"]
)
def test_what_is_no_project(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "film.tinct"
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=r"film\.tinct"):
        load_project(path)
    assert path.read_bytes() == data


def test_no_file_and_no_folder(tmp_path: Path, project: Project) -> None:
    with pytest.raises(ProjectError, match="tinct project new"):
        load_project(tmp_path / "none.tinct")
    with pytest.raises(ProjectError, match="cannot be read"):
        load_project(tmp_path)
    with pytest.raises(OutputError, match="folder"):
        save_project(project, tmp_path / "none" / "film.tinct")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every value in a document."""
    found = [before] if before else []
    if isinstance(value, dict):
        children = list(value.items())
    else:
        children = list(enumerate(value)) if isinstance(value, list) else []
    return found + [place for key, child in children for place in places(child, (*before, key))]


@given(st.data())
def test_any_value_at_any_place_is_taken_or_refused_in_words(data: st.DataObject) -> None:
    document = copy.deepcopy(DOCUMENT)
    for place in data.draw(st.lists(st.sampled_from(places(DOCUMENT)), min_size=1, max_size=3)):
        holder = document
        try:
            for key in place[:-1]:
                holder = holder[key]
            holder[place[-1]] = data.draw(JSON)
        except (TypeError, KeyError, IndexError):  # an earlier change took the place away
            continue
    project = taken_or_refused(json.dumps(document).encode())
    if project is not None:
        assert parse_project(format_project(project, "/films/one.tinct"), "/films/one.tinct") == project


def taken_or_refused(data: bytes) -> Project | None:
    """The project in ``data``, or None where it was refused with the name of the file."""
    with contextlib.suppress(ProjectError):
        return parse_project(data, "/films/one.tinct")
    with pytest.raises(ProjectError, match=r"^/films/one\.tinct"):
        parse_project(data, "/films/one.tinct")
    return None


@given(st.binary(max_size=60), st.integers(0, 2000), st.integers(0, 200))
def test_damaged_bytes_are_taken_or_refused_in_words(noise: bytes, at: int, gone: int) -> None:
    whole = (GOLDENS / "project_1.tinct").read_bytes()
    taken_or_refused(whole[:at] + noise + whole[at + gone :])


@given(st.text(max_size=200))
def test_any_text_can_be_made_a_name(text: str) -> None:
    name = shot_name(text)
    assert check_name(name) == name
    other = unique_name(text, [name, f"{name} 2"])
    assert check_name(other) == other
    assert other.casefold() not in (name.casefold(), f"{name} 2".casefold())
    assert len(f"{name}.mov".encode("utf-8", "surrogatepass")) <= LONGEST + 4


def test_edits_leave_the_project_they_start_from(project: Project) -> None:
    still = ProjectStill("/stills/b.png", 5)
    first = project.shots[0]
    changed = project.with_shot(first.with_still(still))
    assert changed.shot("id0").stills == (*first.stills, still)
    assert project.shots[0] == first
    assert changed.shot("id0").without_still(still) == first
    assert [shot.id for shot in project.without_shots(["id1"]).shots] == ["id0", "id2"]
    new = ProjectShot("new", "new", "/a.mov", 0, 1)
    assert [shot.id for shot in project.with_shots([new]).shots] == ["id0", "id1", "id2", "new"]
    assert project.shot_named("10").id == "id1"
    with pytest.raises(ProjectError, match="no shot named 'x'; it has 00, 10, 20"):
        project.shot_named("x")


def test_the_project_needs_nothing_but_the_standard_library() -> None:
    package = Path(tinct.__file__).parent.parent
    code = (
        f"import sys; sys.path.insert(0, {str(package)!r})\n"
        "import tinct.runtime.project\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == ["__main__", "tinct"]


def test_the_project_is_written_in_python_3_9() -> None:
    for file in [*(ROOT / "runtime" / "project").glob("*.py"), ROOT / "runtime" / "errors.py"]:
        ast.parse(file.read_text("utf-8"), feature_version=(3, 9))
