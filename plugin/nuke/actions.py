"""What the node's buttons do."""

from __future__ import annotations

import os
import tempfile
from typing import Callable

import nuke

from tinct.plugin.client import Cancelled
from tinct.plugin.nuke import show
from tinct.plugin.nuke.cache import ResultCache
from tinct.plugin.nuke.clip import Clip
from tinct.plugin.nuke.colouring import Colouring, Outcome, find, plan
from tinct.plugin.nuke.job import Job, colour_with_progress, job_of, said
from tinct.plugin.nuke.knobs import set_stills, show_stills, state_of, still_lines, stills_of, text_of, values_of
from tinct.plugin.nuke.node import MASK, PLATE, NodeDamaged, set_range
from tinct.plugin.nuke.source import NotWritten, Source, SourceRefused, find_source
from tinct.plugin.params import ParameterError, StillInForce

REFUSED = (ParameterError, SourceRefused, NodeDamaged, OSError)
CHANGED = "changed since it was rendered; press Render range"
PICTURES = "*.exr *.dpx *.tif *.tiff *.png *.jpg *.jpeg"


class ActionFailed(Exception):
    """A button's work could not be done, in a session without a window to say so in."""


def press(name: str) -> None:
    """Do what the button ``name`` of `nuke.thisNode` says; what goes wrong is shown, and raised where nobody looks.

    Raises:
        ActionFailed: it could not be done, in a session without GUI.
    """
    node = nuke.thisNode()
    try:
        BUTTONS[name](node)
    except REFUSED as error:
        _fail(node, said(error))


def add_still(node: nuke.Node) -> None:
    """Ask for pictures and put them in force from the current frame on; from the start, if that is the first frame or
    they are the first stills."""
    chosen = nuke.getFilename("Colour stills", PICTURES, multiple=True)
    if not chosen:
        return
    stills = stills_of(node)
    frame = int(nuke.frame())
    start = None if not stills or frame <= int(node["first"].value()) else frame
    _change_stills(node, "Tinct: add still", [*stills, *(StillInForce(path, start) for path in chosen)])


def remove_still(node: nuke.Node) -> None:
    """Take the still that the pulldown shows out."""
    stills, pulldown = stills_of(node), node["still"]
    assert isinstance(pulldown, nuke.Enumeration_Knob)
    if list(pulldown.values()) != still_lines(stills):  # after an undo, for one
        show_stills(node)
        raise SourceRefused("the list of stills was an older one; choose the still again")
    index = int(pulldown.getValue())
    if stills:
        _change_stills(node, "Tinct: remove still", stills[:index] + stills[index + 1 :])


def preview(node: nuke.Node) -> None:
    """Colour the current frame by itself, and show it there; from a rendered range it is taken as it is there."""
    frame = int(nuke.frame())
    if _frame_is_shown(node, frame):
        node["previewed"].setValue(False)
        show.set_status(node, f"frame {frame} is rendered as it stands")
        return
    _begin(node, frame, frame, show.show_preview)


def render(node: nuke.Node) -> None:
    """Colour the range, of which what is in the cache is taken from there."""
    _begin(node, int(node["first"].value()), int(node["last"].value()), show.show_result)


def cancel(node: nuke.Node) -> None:
    """Stop what is under way for this node."""
    job = job_of(node)
    if job is not None:
        job.cancel()


def cache_of(node: nuke.Node) -> ResultCache:
    """The node's cache: the folder that it names, else ``tinct_cache``; counted from the script's folder, or from the
    temporary one as long as the script has no name."""
    script = str(nuke.root().name())
    temporary = os.environ.get("NUKE_TEMP_DIR") or tempfile.gettempdir()
    folder = os.path.dirname(script) if os.path.isabs(script) else temporary
    return ResultCache(os.path.join(folder, text_of(node["cacheFolder"]) or "tinct_cache"))


def colouring_of(node: nuke.Node, first: int, last: int, may_write: bool) -> tuple[Source, Colouring]:
    """What is to be done for ``first`` to ``last`` of a node, and how its result is to be read.

    Raises:
        ParameterError: a knob has a wrong value.
        SourceRefused: the plate or the mask cannot be taken.
    """
    cache = cache_of(node)
    plate = find_source(node, PLATE, cache.folder, first, last, may_write)
    if plate is None:
        raise SourceRefused(f"nothing is connected to {node.name()}; connect the plate")
    values = values_of(node)
    mask = find_source(node, MASK, cache.folder, first, last, may_write)
    clip = mask.clip if mask is not None else Clip(values["mask"], first, last, plate.clip.offset)
    return plate, plan(plate.clip, clip if clip.file else None, values, first, last, cache)


def update_status(node: nuke.Node) -> None:
    """Say whether the knobs still ask for what is shown; called when one was changed, so it looks at no file."""
    if not node["rendered"].value() or job_of(node) is not None:
        return
    shown = "what is shown is as the knobs stand" if _is_as_asked(node) else CHANGED
    show.set_status(node, shown)


def _is_as_asked(node: nuke.Node) -> bool:
    return bool(node["resultState"].value() == state_of(node))


def is_current(node: nuke.Node) -> bool:
    """Whether the node shows the result of its knobs as they stand; looks at files, and renders nothing.

    Raises:
        ParameterError: a knob has a wrong value.
        SourceRefused: the plate or the mask cannot be taken.
    """
    if not node["rendered"].value():
        return False
    try:
        colouring = colouring_of(node, int(node["first"].value()), int(node["last"].value()), may_write=False)[1]
    except NotWritten:
        return False
    outcome = find(colouring)
    return outcome is not None and outcome.file == node["resultFile"].value()


def _frame_is_shown(node: nuke.Node, frame: int) -> bool:
    return int(node["first"].value()) <= frame <= int(node["last"].value()) and is_current(node)


def _begin(node: nuke.Node, first: int, last: int, display: Callable[[nuke.Node, Source, Outcome, str], None]) -> None:
    if job_of(node) is not None:
        raise SourceRefused(f"{node.name()} is rendering; wait, or press Cancel")
    source, colouring = colouring_of(node, first, last, may_write=True)
    state = state_of(node)

    def ended(outcome: Outcome | Exception) -> None:
        if isinstance(outcome, Outcome):
            display(node, source, outcome, state)
            said_of_it = show.describe(outcome)
            show.set_status(node, said_of_it if state == state_of(node) else f"{said_of_it}\n{CHANGED}")
        elif isinstance(outcome, Cancelled):
            show.set_status(node, said(outcome))
        else:
            _fail(node, said(outcome))

    there = find(colouring)
    if there is not None:
        ended(there)
        return
    title = f"Tinct: {node.name()}"
    if nuke.GUI:
        show.set_status(node, f"rendering {first}-{last}")
        Job(node, title, colouring, ended).start()
        return
    try:
        ended(colour_with_progress(title, colouring, lambda: False))
    except Exception as error:
        _fail(node, said(error))


def _fail(node: nuke.Node, text: str) -> None:
    show.set_status(node, text)
    if not nuke.GUI:
        raise ActionFailed(f"{node.name()}: {text}")
    nuke.message(f"{node.name()}: {text}")


def _change_stills(node: nuke.Node, name: str, stills: list[StillInForce]) -> None:
    undo = nuke.Undo()
    undo.begin(name)
    try:
        set_stills(node, stills)
    finally:
        undo.end()
    update_status(node)


BUTTONS: dict[str, Callable[[nuke.Node], None]] = {
    "addStill": add_still,
    "removeStill": remove_still,
    "inputRange": set_range,
    "preview": preview,
    "render": render,
    "cancel": cancel,
}
