"""Nodes: the classes that Tinct and its tests use, with those of their knobs that matter here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fake_nuke.knobs import (
    Array_Knob,
    BBox_Knob,
    Boolean_Knob,
    Channel_Knob,
    ColorSpace_Knob,
    Double_Knob,
    Enumeration_Knob,
    File_Knob,
    Int_Knob,
    Knob,
    String_Knob,
    main_thread_only,
)

if TYPE_CHECKING:
    from fake_nuke.application import NukeApplication

SPACES = ("linear", "sRGB", "rec709", "Cineon")
DEPTHS = ("8 bit", "16 bit half", "32 bit float")


class FrameRange:
    """First and last frame."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._last = first, last

    def first(self) -> int:
        return self._first

    def last(self) -> int:
        return self._last


def _common() -> list[Knob]:
    return [String_Knob("name"), String_Knob("label"), Int_Knob("xpos"), Int_Knob("ypos"), Boolean_Knob("selected")]


def _read() -> list[Knob]:
    return [
        File_Knob("file"),
        *(Int_Knob(name, None, 1) for name in ("first", "last", "origfirst", "origlast")),
        Enumeration_Knob("frame_mode", None, ("expression", "start at", "offset")),
        String_Knob("frame"),
        ColorSpace_Knob("colorspace", None, SPACES, "sRGB"),
        Boolean_Knob("raw"),
        Enumeration_Knob("on_error", None, ("error", "black", "checkerboard", "nearest frame")),
    ]


def _write() -> list[Knob]:
    return [
        File_Knob("file"),
        Enumeration_Knob("file_type", None, ("", "exr", "png", "tiff")),
        Enumeration_Knob("datatype", None, DEPTHS),
        Channel_Knob("channels", None, "rgb"),
        Boolean_Knob("raw"),
        *(String_Knob(name) for name in ("beforeRender", "beforeFrameRender", "afterFrameRender", "afterRender")),
    ]


def _shuffle() -> list[Knob]:
    return [
        Channel_Knob("in"),
        *(
            Enumeration_Knob(name, None, (name, "red", "green", "blue", "alpha"))
            for name in ("red", "green", "blue", "alpha")
        ),
    ]


KNOBS: dict[str, Callable[[], list[Knob]]] = {
    "Group": list,
    "Input": lambda: [Int_Knob("number")],
    "Output": list,
    "Dot": list,
    "NoOp": list,
    "Switch": lambda: [Int_Knob("which")],
    "Read": _read,
    "Write": _write,
    "Shuffle": _shuffle,
    "Multiply": lambda: [Double_Knob("value")],
    "Crop": lambda: [BBox_Knob("box")],
    "Root": lambda: [
        Int_Knob("first_frame", None, 1),
        Int_Knob("last_frame", None, 100),
        Boolean_Knob("proxy"),
        String_Knob("format", None, "2K_DCP"),
        File_Knob("project_directory"),
    ],
}
CAN_BE_DISABLED = ("Group", "NoOp", "Switch", "Read", "Write", "Shuffle", "Multiply", "Crop")
NO_INPUTS = ("Read", "Input", "Root")


class Node:
    """A node; one that was deleted raises ValueError, as Nuke's do."""

    def __init__(self, kind: str, application: NukeApplication, parent: Group | None) -> None:
        if kind not in KNOBS:
            raise RuntimeError(f"there is no node class {kind!r}")
        self.application = application
        self._kind = kind
        self._parent = parent
        self._inputs: list[Node | None] = []
        self._knobs: dict[str, Knob] = {}
        self.deleted = False
        own = [Boolean_Knob("disable")] if kind in CAN_BE_DISABLED else []
        for knob in (*_common(), *own, *KNOBS[kind]()):
            self._keep(knob)

    def Class(self) -> str:
        self._alive()
        return self._kind

    def name(self) -> str:
        self._alive()
        return str(self._knobs["name"].value())

    def setName(self, name: str) -> None:
        self._alive()
        taken = {node.name() for node in self.parent().nodes() if node is not self}
        stem = name.rstrip("0123456789")
        number = 1
        while name in taken:
            name, number = f"{stem}{number}", number + 1
        self["name"].setValue(name)

    def fullName(self) -> str:
        above = self._parent
        return self.name() if above is None or above._kind == "Root" else f"{above.fullName()}.{self.name()}"

    def parent(self) -> Group:
        self._alive()
        if self._parent is None:
            raise ValueError("the root has no parent")
        return self._parent

    def __getitem__(self, name: str) -> Knob:
        self._alive()
        if name not in self._knobs:
            raise NameError(f"knob {name} does not exist")
        return self._knobs[name]

    def knob(self, name: str) -> Knob | None:
        self._alive()
        return self._knobs.get(name)

    def knobs(self) -> dict[str, Knob]:
        self._alive()
        return dict(self._knobs)

    def addKnob(self, knob: Knob) -> None:
        self._alive()
        if knob.name() in self._knobs:
            raise ValueError(f"{self.name()} has a knob {knob.name()} already")
        knob.user = True
        self._keep(knob)

    def inputs(self) -> int:
        self._alive()
        return len(self._inputs)

    def input(self, index: int) -> Node | None:
        self._alive()
        return self._inputs[index] if 0 <= index < len(self._inputs) else None

    def setInput(self, index: int, node: Node | None) -> bool:
        main_thread_only()
        self._alive()
        if self._kind in NO_INPUTS or (self._kind not in ("Group", "Switch") and index > 0):
            return False
        if node is not None and node._parent is not self._parent:
            return False
        if isinstance(self, Group) and index >= sum(one.Class() == "Input" for one in self.inside):
            return False
        self._inputs += [None] * (index + 1 - len(self._inputs))
        self._inputs[index] = node
        return True

    def width(self) -> int:
        return self._size()[1]

    def height(self) -> int:
        return self._size()[0]

    def _size(self) -> tuple[int, int]:
        from fake_nuke.pictures import picture

        values = next(iter(picture(self, self.frameRange().first()).values()))
        return values.shape[0], values.shape[1]

    def frameRange(self) -> FrameRange:
        if self._kind == "Read":
            return FrameRange(self["first"].value(), self["last"].value())
        if self._kind == "Input":
            outside = self.parent().input(self["number"].value())
            return self.application.root.frameRange() if outside is None else outside.frameRange()
        source = next((one for one in self._inputs if one is not None), None)
        return self.application.root.frameRange() if source is None else source.frameRange()

    def _keep(self, knob: Knob) -> None:
        knob._node = self
        self._knobs[knob.name()] = knob

    def _alive(self) -> None:
        main_thread_only()
        if self.deleted:
            raise ValueError("A PythonObject is not attached to a node")


class Group(Node):
    """A node with nodes inside; as a context it is where new nodes go."""

    def __init__(self, kind: str, application: NukeApplication, parent: Group | None) -> None:
        super().__init__(kind, application, parent)
        self.inside: list[Node] = []

    def nodes(self) -> list[Node]:
        self._alive()
        return list(self.inside)

    def node(self, name: str) -> Node | None:
        first, _, rest = name.partition(".")
        found = next((one for one in self.nodes() if one.name() == first), None)
        return found.node(rest) if rest and isinstance(found, Group) else found

    def begin(self) -> Group:
        self._alive()
        self.application.context.append(self)
        return self

    def end(self) -> None:
        self.application.context.pop()

    def __enter__(self) -> Group:
        return self.begin()

    def __exit__(self, *error: object) -> None:
        self.end()


class Root(Group):
    """The script."""

    def __init__(self, application: NukeApplication) -> None:
        super().__init__("Root", application, None)

    def frameRange(self) -> FrameRange:
        return FrameRange(self["first_frame"].value(), self["last_frame"].value())


def make(kind: str, application: NukeApplication, parent: Group) -> Node:
    """A new node of class ``kind`` in ``parent``, under a name that is free."""
    node = (Group if kind == "Group" else Node)(kind, application, parent)
    if kind == "Switch":
        which = node["which"]
        assert isinstance(which, Array_Knob)
        which.setRange(0, 1)
    parent.inside.append(node)
    node.setName(f"{kind}1")
    return node


def connect(node: Node, inputs: Sequence[Node | None]) -> None:
    """Connect ``inputs`` in order."""
    for index, source in enumerate(inputs):
        if not node.setInput(index, source):
            raise ValueError(f"{node.name()} takes no input {index}")
