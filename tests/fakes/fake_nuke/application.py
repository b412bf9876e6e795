"""A session of Nuke without Nuke: the module ``nuke`` as far as Tinct uses it, strict where Nuke is lax or crashes.

What it does not know is an AttributeError. It reads ``init.py`` and ``menu.py`` as Nuke does, keeps nodes, knobs and
steps of undo, renders Writes into real files and calls the callbacks in the documented order. The names, but not what
they do, are checked against the stubs of the real module (``tests/plugin/nuke/test_fake.py``).
"""

from __future__ import annotations

import runpy
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fake_nuke import knobs, nodes, pictures, script
from fake_nuke.events import MainThread, Menu, ProgressTask, Steps
from fake_nuke.knobs import Channel_Knob, Knob, main_thread_only
from fake_nuke.nodes import Group, Node

Call = Callable[..., Any]
EVENTS = ("BeforeRender", "BeforeFrameRender", "AfterFrameRender", "AfterRender", "KnobChanged", "OnScriptClose")
KNOB_CLASSES = (
    "Knob", "Tab_Knob", "Text_Knob", "String_Knob", "EvalString_Knob", "File_Knob", "Script_Knob", "PyScript_Knob",
    "Array_Knob", "BBox_Knob", "Double_Knob", "Int_Knob", "Boolean_Knob", "Enumeration_Knob", "Channel_Knob",
    "INVISIBLE", "STARTLINE", "TABBEGINGROUP", "TABENDGROUP",
)  # fmt: skip


class StartFailed(Exception):
    """An error came out of init.py or menu.py; the real one prints it, and may not start."""


class NukeApplication:
    """One session. ``home``: the folder that is read at its start, as ``~/.nuke`` is."""

    def __init__(self, home: Path, *, gui: bool = True, views: Sequence[str] = ("main",)) -> None:
        self.home = home
        self.gui = gui
        self.views = list(views)
        self.frame = 1
        self.messages: list[str] = []
        """What windows have said."""
        self.terminal: list[str] = []
        self.answers: list[Any] = []
        """What the user will choose in file windows, in order."""
        self.background = False
        """Callbacks do not know their node, as in background renders."""
        self.main_thread = MainThread()
        self.steps = Steps()
        self.first_layers = set(Channel_Knob.layers)
        self.root: nodes.Root = nodes.Root(self)
        self.context: list[Group] = []
        self.menus: dict[str, Menu] = {}
        self.panels: dict[str, tuple[str, Call]] = {}
        """Of panes: name and what makes the widget, by identifier."""
        self.rendered: list[tuple[str, int]] = []
        """Frames that Writes have written."""
        self._this: list[tuple[Node, Knob | None]] = []
        self._callbacks: dict[str, list[tuple[str, Call, Any, dict[str, Any]]]] = {event: [] for event in EVENTS}
        self._executing = False
        self._paths: list[Path] = []
        self._python_path = list(sys.path)

    def start(self) -> NukeApplication:
        """Make ``nuke`` importable and read the start-up files.

        Raises:
            StartFailed: an error came out of them.
        """
        sys.modules["nuke"] = self._module()
        self._add_path(self.home)
        if self.gui:
            sys.modules["nukescripts"] = self._scripts_module()
            for path in list(self._paths):
                self._run_file(path / "menu.py")
        return self

    def quit(self) -> None:
        """End the session; what it brought into this process goes."""
        self._fire("OnScriptClose", self.root, "*")
        ours = ("tinct.plugin.nuke", "nukescripts")
        for name in [name for name in sys.modules if name == "nuke" or name.startswith(ours)]:
            del sys.modules[name]
        package = sys.modules.get("tinct.plugin")
        if package is not None and hasattr(package, "nuke"):
            del package.nuke
        sys.path[:] = self._python_path
        Channel_Knob.layers = set(self.first_layers)
        ProgressTask.open.clear()
        ProgressTask.seen.clear()
        ProgressTask.cancel_at = None
        self.steps.close()

    def press(self, node: Node, button: str) -> None:
        """Press a button of a node's panel."""
        knob = node[button]
        assert isinstance(knob, knobs.PyScript_Knob), f"{button} is no button"
        with _This(self._this, node, knob):
            exec(knob.command(), {"nuke": sys.modules["nuke"]})

    def edit(self, node: Node, name: str, value: Any) -> None:
        """Change a knob in a node's open panel."""
        node[name].setValue(value)
        with _This(self._this, node, node[name]):
            self._call("KnobChanged", node.Class())

    def type_in_tab(self, name: str) -> Node:
        """Press Tab in the node graph, type a name and Enter; gives the node that came."""
        command = self.menus["Nodes"].find(name)
        assert command is not None, f"Tab finds no {name!r}"
        before = set(self._here().nodes())
        if isinstance(command, str):
            exec(command, {"nuke": sys.modules["nuke"]})
        else:
            command()
        new = [node for node in self._here().nodes() if node not in before]
        assert len(new) == 1
        return new[0]

    def picture(self, node: Node, frame: int) -> pictures.Picture:
        """What a Viewer shows of ``node`` at ``frame``; no callback is called for it."""
        before, self.frame = self.frame, frame
        try:
            return pictures.picture(node, frame)
        finally:
            self.frame = before

    def select_only(self, node: Node | None) -> None:
        """Select one node, after which new ones go."""
        for one in self._here().nodes():
            one["selected"].setValue(one is node)

    def undo(self) -> str:
        """Ctrl-Z; gives the name of what was taken back."""
        name = self.steps.done[-1][0]
        self.steps.undo()
        return name

    def open(self, path: Path) -> None:
        """Open a script in place of the one that is there."""
        self._fire("OnScriptClose", self.root, "*")
        self.root = nodes.Root(self)
        script.from_text(self, path.read_text(encoding="utf-8"))
        self.root["name"].setValue(str(path))
        self.steps.done.clear()

    def save(self, path: Path) -> None:
        """Save the script."""
        self.root["name"].setValue(str(path))
        path.write_text(script.to_text(self), encoding="utf-8")

    def render_all(self, first: int, last: int) -> None:
        """``nuke -F first-last -x``: execute every Write that is not disabled."""
        for write in self._all_nodes("Write", recurseGroups=True):
            if not write["disable"].value():
                self._execute(write, first, last, 1)

    def _module(self) -> types.ModuleType:
        module = types.ModuleType("nuke")
        contents: dict[str, Any] = {name: getattr(knobs, name) for name in KNOB_CLASSES}
        contents |= {"Node": Node, "Group": Group, "ProgressTask": ProgressTask, "Undo": self._undo_class()}
        contents |= {
            "GUI": self.gui,
            "Layer": self._layer,
            "nodes": _Constructors(self),
            "root": lambda: self.root,
            "allNodes": self._all_nodes,
            "createNode": self._create_node,
            "delete": self._delete,
            "selectedNodes": lambda: [node for node in self._here().nodes() if node["selected"].value()],
            "thisNode": self._this_node,
            "thisKnob": lambda: self._this[-1][1],
            "frame": lambda: self.frame,
            "views": lambda: list(self.views),
            "execute": self._execute,
            "executeInMainThread": self.main_thread.post,
            "executeInMainThreadWithResult": self.main_thread.ask,
            "message": self._message,
            "tprint": lambda *words: self.terminal.append(" ".join(map(str, words))),
            "getFilename": self._get_filename,
            "menu": lambda name: self.menus.setdefault(name, Menu(name)),
            "pluginAddPath": self._plugin_add_path,
        }
        for event in EVENTS:
            contents[f"add{event}"] = self._adder(event)
        for name, value in contents.items():
            setattr(module, name, value)
        return module

    def _scripts_module(self) -> types.ModuleType:
        """``nukescripts``, as far as it is used: panels, which are made when a pane shows them."""
        module = types.ModuleType("nukescripts")
        module.panels = types.SimpleNamespace(registerWidgetAsPanel=self._register_panel)  # type: ignore[attr-defined]
        return module

    def _register_panel(self, widget: str, name: str, identifier: str) -> None:
        self.panels[identifier] = (name, lambda: eval(widget, {})())

    def _adder(self, event: str) -> Call:
        def add(call: Call, args: Any = (), kwargs: dict[str, Any] | None = None, nodeClass: str = "*") -> None:
            self._callbacks[event].append((nodeClass, call, args, kwargs or {}))

        return add

    def _undo_class(self) -> type:
        steps = self.steps

        class Undo:
            begin = staticmethod(steps.begin)
            end = staticmethod(steps.end)
            disable = staticmethod(steps.disable)
            enable = staticmethod(steps.enable)

        return Undo

    def _run_file(self, path: Path) -> None:
        if not path.is_file():
            return
        try:
            runpy.run_path(str(path), {"nuke": sys.modules["nuke"], "print": self._print})
        except Exception as error:
            raise StartFailed(f"{path}: {error!r}") from error

    def _print(self, *words: object) -> None:
        self.terminal.append(" ".join(map(str, words)))

    def _add_path(self, path: Path) -> None:
        """A folder of plug-ins: on Python's path, and its init.py is read at once."""
        self._paths.append(path)
        sys.path.insert(0, str(path))
        self._run_file(path / "init.py")

    def _plugin_add_path(self, path: str, addToSysPath: bool = True) -> None:
        folder = (self._paths[-1] / path).resolve()
        if folder.is_dir():
            self._add_path(folder)

    def _layer(self, name: str, channels: Sequence[str]) -> None:
        assert all(channel.startswith(f"{name}.") for channel in channels)
        Channel_Knob.layers.add(name)

    def _all_nodes(
        self, filter: str | None = None, group: Group | None = None, recurseGroups: bool = False
    ) -> list[Node]:
        main_thread_only()
        found: list[Node] = []
        for node in (group or self._here()).nodes():
            found += [node] if filter in (None, node.Class()) else []
            if recurseGroups and isinstance(node, Group):
                found += self._all_nodes(filter, node, True)
        return found

    def _here(self) -> Group:
        return self.context[-1] if self.context else self.root

    def _create_node(self, kind: str, text: str = "", inpanel: bool = True) -> Node:
        selected = next((node for node in self._here().nodes() if node["selected"].value()), None)
        node = self.make(kind)
        if selected is not None and kind not in nodes.NO_INPUTS:
            node.setInput(0, selected)
        self.steps.disable()
        self.select_only(node)
        self.steps.enable()
        return node

    def make(self, kind: str, **facts: Any) -> Node:
        """A new node; ``facts`` are its ``inputs``, its ``name`` and values of knobs."""
        main_thread_only()
        node = nodes.make(kind, self, self._here())
        self.steps.note(lambda: self._take_away(node), f"create {kind}")
        nodes.connect(node, facts.pop("inputs", ()))
        if "name" in facts:
            node.setName(facts.pop("name"))
        for name, value in facts.items():
            node[name].setValue(value)
        return node

    def _delete(self, node: Node) -> None:
        main_thread_only()
        self._take_away(node)

    def _take_away(self, node: Node) -> None:
        parent = node.parent()
        parent.inside.remove(node)
        node.deleted = True
        for other in parent.inside:
            other._inputs = [None if source is node else source for source in other._inputs]

    def _this_node(self) -> Node:
        main_thread_only()
        return self._this[-1][0] if self._this and not self.background else self.root

    def _message(self, text: str) -> None:
        main_thread_only()
        if not self.gui:
            raise RuntimeError("there is no window to show a message in")
        self.messages.append(text)

    def _get_filename(self, message: str, pattern: str = "", default: str = "", multiple: bool = False) -> Any:
        main_thread_only()
        if not self.gui:
            raise RuntimeError("there is no window to choose a file in")
        return self.answers.pop(0)

    def _execute(
        self, node: Node, start: int, end: int, incr: int = 1, views: Sequence[str] = (), continueOnError: bool = False
    ) -> None:
        """Render a Write; its own callbacks come before registered ones, and an exception ends it at once."""
        main_thread_only()
        if self._executing:
            raise RuntimeError("I'm already executing something else")
        if node.Class() != "Write":
            raise RuntimeError(f"{node.name()} cannot be executed")
        self._executing = True
        before = self.frame
        try:
            self._fire("BeforeRender", node, "Write")
            for frame in range(start, end + 1, incr):
                self.frame = frame
                self._fire("BeforeFrameRender", node, "Write")
                pictures.write(node, frame, node["file"].value() % frame)
                self.rendered.append((node.fullName(), frame))
                self._fire("AfterFrameRender", node, "Write")
            self._fire("AfterRender", node, "Write")
        except Exception as error:
            raise RuntimeError(str(error)) from error
        finally:
            self._executing, self.frame = False, before

    def _fire(self, event: str, node: Node, kind: str) -> None:
        own = node.knob(event[0].lower() + event[1:])
        with _This(self._this, node, None):
            if own is not None and own.value():
                exec(own.value(), {"nuke": sys.modules["nuke"]})
            self._call(event, kind)

    def _call(self, event: str, kind: str) -> None:
        for wanted, call, args, kwargs in self._callbacks[event]:
            if wanted in ("*", kind):
                call(*(args if isinstance(args, tuple) else (args,)), **kwargs)


class _This:
    """The node and the knob that a callback or a button is about."""

    def __init__(self, stack: list[tuple[Node, Knob | None]], node: Node, knob: Knob | None) -> None:
        self._stack, self._entry = stack, (node, knob)

    def __enter__(self) -> None:
        self._stack.append(self._entry)

    def __exit__(self, *error: object) -> None:
        self._stack.pop()


class _Constructors:
    """``nuke.nodes``: makes a node by its class, with knobs by name, connected to nothing but ``inputs``."""

    def __init__(self, application: NukeApplication) -> None:
        self._application = application

    def __getattr__(self, kind: str) -> Callable[..., Node]:
        if kind not in nodes.KNOBS:
            raise AttributeError(f"there is no node class {kind!r}")
        return lambda **facts: self._application.make(kind, **facts)
