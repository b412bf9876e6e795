"""What Tinct calls of Resolve, and what the fake plays of it, against the published stubs of its interface.

``PYTHONPATH=FOLDER python -m pytest tests/contracts/test_resolve_api.py`` holds it against the stubs of another version
that pip has put into FOLDER.
"""

import ast
import importlib.metadata
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fake_resolve import application, gallery, pool, timeline, timeline_item
from fake_resolve.versions import SINCE, ResolveObject
from tinct.plugin.resolve import api

ROOT = Path(__file__).parents[2]
OURS = {
    "PoolItem": "MediaPoolItem",
    "Item": "TimelineItem",
    "Timeline": "Timeline",
    "PoolFolder": "Folder",
    "Pool": "MediaPool",
    "Album": "GalleryStillAlbum",
    "StillGallery": "Gallery",
    "OpenProject": "Project",
    "Projects": "ProjectManager",
    "Application": "Resolve",
}
"""Our protocols and the classes that they stand for."""
FAKES: list[type[ResolveObject]] = [
    *(application.Resolve, application.ProjectManager, application.Project),
    *(pool.MediaPool, pool.MediaPoolItem, pool.Folder),
    *(timeline.Timeline, timeline_item.TimelineItem),
    *(gallery.Gallery, gallery.GalleryStillAlbum, gallery.GalleryStill),
]
OPTIONAL = ("subframe_precision", "Bool", "subTrackType", "optionalSubTrackType", "newTrackOptions")
"""Arguments that the words beside them call optional, or that came with later versions, and that have no default in the
stubs; `Optional[...]` means it too."""


@pytest.fixture(scope="session")
def stubs() -> str:
    try:
        files = importlib.metadata.distribution("fusionscript-stubs").files or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("fusionscript-stubs is not installed")
    (path,) = (Path(str(one.locate())) for one in files if one.name == "fusionscript.pyi")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def classes(stubs: str) -> dict[str, dict[str, list[ast.arguments]]]:
    """Arguments of each overload of each method of each class."""
    found: dict[str, dict[str, list[ast.arguments]]] = {}
    for node in ast.parse(stubs).body:
        if isinstance(node, ast.ClassDef):
            methods = found.setdefault(node.name, {})
            for one in node.body:
                if isinstance(one, ast.FunctionDef):
                    methods.setdefault(one.name, []).append(one.args)
    return found


def takes(arguments: ast.arguments, names: list[str], *, positional: bool) -> bool:
    """Whether a call with that many arguments fits, and with these names unless they go by place."""
    given = arguments.args[1:]
    without = len(given) - len(arguments.defaults)
    needed = [
        one.arg
        for one in given[:without]
        if one.arg not in OPTIONAL and "Optional" not in ast.unparse(one.annotation or ast.Constant(""))
    ]
    if not len(needed) <= len(names) <= len(given):
        return False
    return positional or [one.arg for one in given[: len(names)]] == names


def parameters(method: object) -> list[str]:
    assert callable(method)
    return list(inspect.signature(method).parameters)[1:]


@pytest.mark.parametrize("ours", OURS)
def test_every_call_is_one_that_resolve_takes(classes: dict[str, dict[str, list[ast.arguments]]], ours: str) -> None:
    for name, method in vars(getattr(api, ours)).items():
        if name.startswith("_") or not inspect.isfunction(method):
            continue
        overloads = classes[OURS[ours]].get(name)
        assert overloads, f"{OURS[ours]} has no {name}"
        assert any(takes(one, parameters(method), positional=True) for one in overloads), f"{OURS[ours]}.{name}"


@pytest.mark.parametrize("fake", FAKES, ids=lambda fake: fake.__name__)
def test_the_fake_has_nothing_that_resolve_lacks(
    classes: dict[str, dict[str, list[ast.arguments]]], fake: type[ResolveObject]
) -> None:
    for name, method in inspect.getmembers(fake, inspect.isfunction):
        if name.startswith("_"):
            continue
        overloads = classes[fake.__name__].get(name)
        if overloads is None and f"{fake.__name__}.{name}" in SINCE:
            continue  # the stubs are of a version before it
        assert overloads, f"{fake.__name__} has no {name}"
        names = parameters(method)
        assert any(takes(one, names, positional=False) for one in overloads) or any(
            takes(one, names, positional=True) and name in ("AppendToTimeline", "ImportMedia") for one in overloads
        ), f"{fake.__name__}.{name}({', '.join(names)})"


def test_what_came_later_is_in_the_stubs_of_now(classes: dict[str, dict[str, list[ast.arguments]]]) -> None:
    version = tuple(int(part) for part in importlib.metadata.version("fusionscript-stubs").split(".")[:2])
    for name, since in SINCE.items():
        kind, method = name.split(".")
        assert (method in classes[kind]) == (version >= since), name


def test_types_of_the_calls_are_those_of_the_stubs(stubs: str, tmp_path: Path) -> None:
    """mypy: each class of the stubs, and each of the fake, fits the protocol that stands for it."""
    pytest.importorskip("mypy")
    package, tree = tmp_path / "fusionscript", tmp_path / "tinct"
    package.mkdir()
    tree.mkdir()
    (package / "__init__.pyi").write_text(with_defaults(stubs), encoding="utf-8")
    (tree / "plugin").symlink_to(ROOT / "plugin")
    (tree / "__init__.py").touch()
    lines = ["import fusionscript", "from tinct.plugin.resolve import api"]
    for ours, theirs in OURS.items():
        (fake,) = (one for one in FAKES if one.__name__ == theirs)
        lines.append(f"def {ours}(given: fusionscript.{theirs}) -> api.{ours}: return given")
        lines.append(f"import {fake.__module__}")
        lines.append(f"def fake_{ours}(given: {fake.__module__}.{theirs}) -> api.{ours}: return given")
    (tmp_path / "resolve_check.py").write_text("\n".join(lines) + "\n")
    options = ["--strict", "--ignore-missing-imports", "--follow-imports=silent", "--no-incremental"]
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            os.devnull,
            *options,
            "-m",
            "resolve_check",
            "-p",
            "fake_resolve",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": f"{tmp_path}:{ROOT / 'tests/fakes'}"},
        check=False,
    )
    wrong = [line for line in ran.stdout.splitlines() if "resolve_check.py" in line or "fake_resolve/" in line]
    assert not wrong, "\n".join(wrong)
    assert "Found" in ran.stdout or "Success" in ran.stdout, ran.stdout + ran.stderr


def with_defaults(stubs: str) -> str:
    """The stubs with what they say in words only: which arguments may be left out, and an overload without its sign."""
    text = re.sub(r"(\w+: Optional\[[^()=]*?\])(?=[,)])", r"\1 = ...", stubs)
    text = re.sub(rf"((?:{'|'.join(OPTIONAL)}): \w+)(?=[,)])", r"\1 = ...", text)
    return text.replace("    def AppendToTimeline(self, clip1", "    @overload\n    def AppendToTimeline(self, clip1")
