"""The fake is strict, and knows nothing that the real module does not have.

What it does was written from Nuke's manual; only the names can be checked, against the stubs of the real module.
"""

import ast
import importlib.metadata
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_nuke import events, knobs, nodes
from fake_nuke.application import NukeApplication, StartFailed

ROOT = Path(__file__).parents[3]
NOT_OF_NUKE = {
    nodes.Node: {"application", "deleted"},
    nodes.Group: {"inside"},
    knobs.Knob: {"checked", "put_back", "parsed", "user", "range", "SCRIPT_TYPE", "layers"},
    nodes.FrameRange: set(),
    events.ProgressTask: {"open", "seen", "cancel_at"},
}


@pytest.fixture
def nuke(start: Callable[..., NukeApplication], tmp_path: Path) -> NukeApplication:
    (tmp_path / "empty").mkdir()
    return start(tmp_path / "empty")


def stubs() -> dict[str, set[str]]:
    """Names of the real module's stubs; of a class those of its methods and attributes, with what it inherits."""
    try:
        files = importlib.metadata.files("types-nuke")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("types-nuke is not installed")
    found: dict[str, set[str]] = {}
    bases: dict[str, list[str]] = {}
    for file in files or ():
        if file.suffix != ".pyi":
            continue
        for entry in ast.parse(Path(str(file.locate())).read_text(encoding="utf-8")).body:
            if isinstance(entry, ast.FunctionDef):
                found[entry.name] = set()
            elif isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name):
                found[entry.target.id] = set()
            elif isinstance(entry, ast.ClassDef):
                found[entry.name] = _members(entry)
                bases[entry.name] = [base.id for base in entry.bases if isinstance(base, ast.Name)]
    for name in bases:
        above = list(bases[name])
        while above:
            base = above.pop()
            found[name] |= found.get(base, set())
            above += bases.get(base, [])
    return found


def _members(entry: ast.ClassDef) -> set[str]:
    names = {one.name for one in entry.body if isinstance(one, ast.FunctionDef)}
    return names | {
        one.target.id for one in entry.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    }


def test_every_name_of_the_fake_is_one_of_nukes(nuke: NukeApplication) -> None:
    known = stubs()
    module = sys.modules["nuke"]
    ours = {name for name in vars(module) if not name.startswith("__")}
    assert ours
    assert ours - set(known) == set()


@pytest.mark.parametrize(
    "made",
    [
        nodes.Node, nodes.Group, nodes.FrameRange, events.ProgressTask,
        *(getattr(knobs, name) for name in (
            "Knob", "Tab_Knob", "Text_Knob", "String_Knob", "EvalString_Knob", "File_Knob", "PyScript_Knob",
            "Double_Knob", "Int_Knob", "Boolean_Knob", "Enumeration_Knob", "Channel_Knob",
        )),
    ],
)  # fmt: skip
def test_every_method_of_the_fake_is_one_of_nukes(made: type) -> None:
    known = stubs()[made.__name__]
    extra = set().union(*(names for base, names in NOT_OF_NUKE.items() if issubclass(made, base)))
    ours = {name for base in made.__mro__[:-1] for name in vars(base) if not name.startswith("_")}
    assert ours - known - extra == set()


def test_the_plugin_calls_nothing_that_nuke_does_not_have() -> None:
    """mypy over plugin/nuke with the stubs of the real module."""
    stubs()
    check = "$PYTHON -m mypy --config-file ../../pyproject.toml -p tinct.plugin.nuke"
    command = f".ci/package-tree && cd build/typing && {check}"
    environment = {"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_unknown_names_fail(nuke: NukeApplication) -> None:
    module = sys.modules["nuke"]
    with pytest.raises(AttributeError):
        module.executeInBackground()
    with pytest.raises(AttributeError):
        module.nodes.NoSuchNode()
    node = nuke.make("NoOp")
    with pytest.raises(NameError):
        node["no_such_knob"]
    with pytest.raises(AttributeError):
        node.nodes()
    with pytest.raises(TypeError):
        nuke.make("Read")["on_error"].setValue("ignore")


def test_other_threads_may_not_touch_nodes(nuke: NukeApplication) -> None:
    node = nuke.make("Switch")
    caught: list[Exception] = []

    def work() -> None:
        for call in (lambda: node["which"].setValue(1), lambda: node["which"].value(), node.name):
            try:
                call()
            except RuntimeError as error:
                caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(caught) == 3


def test_waiting_for_the_main_thread_in_the_main_thread_would_hang(nuke: NukeApplication) -> None:
    with pytest.raises(AssertionError, match="hangs"):
        sys.modules["nuke"].executeInMainThreadWithResult(lambda: 1)
    answers: list[object] = []
    ask = sys.modules["nuke"].executeInMainThreadWithResult
    thread = threading.Thread(target=lambda: answers.append(ask(lambda text: text.upper(), ("a",))))
    thread.start()
    nuke.main_thread.run_until(lambda: bool(answers))
    thread.join()
    assert answers == ["A"]


def test_callbacks_come_in_order_and_an_exception_ends_the_render(nuke: NukeApplication, footage: Path) -> None:
    module, calls = sys.modules["nuke"], []
    module.calls = calls
    for event in ("BeforeRender", "BeforeFrameRender", "AfterFrameRender", "AfterRender"):
        getattr(module, f"add{event}")(
            lambda name: calls.append(f"{name} {module.frame()}"), (event,), nodeClass="Write"
        )
    read = nuke.make("Read", file=str(footage / "plate.%04d.exr"), first=1001, last=1012)
    write = nuke.make("Write", file=str(footage / "out.%04d.exr"), inputs=[read])
    write["beforeRender"].setValue("nuke.calls.append('own')")
    module.execute(write, 1001, 1002)
    assert calls == [
        "own", "BeforeRender 1", "BeforeFrameRender 1001", "AfterFrameRender 1001", "BeforeFrameRender 1002",
        "AfterFrameRender 1002", "AfterRender 1002",
    ]  # fmt: skip

    calls.clear()
    write["beforeFrameRender"].setValue("raise ValueError('no licence')")
    with pytest.raises(RuntimeError, match="no licence"):
        module.execute(write, 1001, 1002)
    assert calls == ["own", "BeforeRender 1"]
    write["beforeFrameRender"].setValue("nuke.execute(nuke.thisNode(), 1001, 1001)")
    with pytest.raises(RuntimeError, match="already executing"):
        module.execute(write, 1001, 1002)


def test_an_error_in_a_start_up_file_is_no_start(tmp_path: Path) -> None:
    (tmp_path / "init.py").write_text("1 / 0\n")
    nuke = NukeApplication(tmp_path)
    with pytest.raises(StartFailed, match="ZeroDivisionError"):
        nuke.start()
    nuke.quit()
    assert "nuke" not in sys.modules


def test_a_deleted_node_is_a_value_error(nuke: NukeApplication) -> None:
    node = nuke.make("NoOp")
    sys.modules["nuke"].delete(node)
    with pytest.raises(ValueError, match="not attached"):
        node.name()
