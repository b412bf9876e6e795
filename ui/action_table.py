"""Every action of the panel with its shortcut: the one list behind menus, keys and the table in the docs."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from tinct.ui.models.panel import Panel
from tinct.ui.models.viewer import COMPARISONS, MODES

Run = Optional[Callable[[Panel], None]]


class Action(NamedTuple):
    """An action. ``keys``: shortcuts in Qt's portable form. ``run``: what it does; None: the window asks something
    first, in its method of that ``name``. ``where``: the part that must have the focus: ``panel`` (any), ``viewer`` or
    ``stills``. ``chosen``: whether a checkable one is on."""

    name: str
    group: str
    label: str
    keys: tuple[str, ...] = ()
    run: Run = None
    where: str = "panel"
    chosen: Callable[[Panel], bool] | None = None


def _look(mode: str, key: str, label: str) -> Action:
    return Action(
        f"look_{mode}", "View", label, (key,), lambda panel: panel.viewer.look(mode),
        chosen=lambda panel: panel.viewer.mode == mode,
    )  # fmt: skip


def _compare(comparison: str, key: str) -> Action:
    def run(panel: Panel) -> None:
        panel.viewer.compare("off" if panel.viewer.comparison == comparison else comparison)

    return Action(
        f"compare_{comparison.replace(' ', '_')}", "Compare", comparison.capitalize(), (key,), run,
        chosen=lambda panel: panel.viewer.comparison == comparison,
    )  # fmt: skip


def _tool(tool: str, key: str, label: str) -> Action:
    return Action(
        f"tool_{tool}", "Correct", label, (key,), lambda panel: panel.corrections.use(tool),
        chosen=lambda panel: panel.corrections.tool == tool,
    )  # fmt: skip


def _step(name: str, label: str, by: int, *keys: str, where: str = "panel") -> Action:
    return Action(name, "Play", label, keys, lambda panel: panel.viewer.step(by), where)


def marks(panel: Panel) -> list[int]:
    """Frames worth going to: where stills come into force, hints, and where a still is suggested."""
    viewer, shot = panel.viewer, panel.shots.current
    found = {one.first for one in panel.stills.in_use()}
    if shot is not None and viewer.variant is not None:
        found |= {hint.frame for hint in shot.hints}
        found |= {one.frame for one in panel.confidence.suggestions(viewer.variant)}
        found |= {shot.first, shot.last}
    return sorted(found)


def _crop(panel: Panel) -> None:
    panel.viewer.look("still")
    panel.corrections.use("crop")


def _weigh(name: str, label: str, key: str, factor: float) -> Action:
    def run(panel: Panel) -> None:
        still = panel.stills.chosen
        if still is not None:
            panel.stills.weigh(panel.stills.index, round(still.weight * factor, 3))

    return Action(name, "Stills", label, (key,), run)


def _swap_comparison(panel: Panel) -> None:
    viewer = panel.viewer
    viewer.look(viewer.against if viewer.against in MODES and viewer.mode == "result" else "result")


def _use_best(panel: Panel) -> None:
    offered = panel.library.offered()
    if offered:
        panel.use_stills([offered[0].path])


def _hold(panel: Panel) -> None:
    if panel.queue.is_held:
        panel.queue.resume()
    else:
        panel.queue.pause()


def _cancel(panel: Panel) -> None:
    running = panel.queue.running
    if running is not None:
        panel.queue.cancel(running.shot)


def _clear_finished(panel: Panel) -> None:
    panel.queue.remove_finished()
    panel.farm.clear()


ACTIONS: tuple[Action, ...] = (
    Action("open_project", "File", "Open project…", ("Ctrl+O",)),
    Action("add_clip", "File", "Add clip…", ("Ctrl+I",)),
    Action("save", "File", "Save", ("Ctrl+S",)),
    Action("save_as", "File", "Save as…", ("Ctrl+Shift+S",)),
    Action("revert", "File", "Back to what was saved", (), lambda panel: panel.file.revert()),
    Action("recover", "File", "Recover unsaved project", ("Ctrl+Shift+O",), lambda panel: panel.recover()),
    Action("relink", "File", "Relink media…"),
    Action("export_timeline", "File", "Export timeline…", ("Ctrl+E",)),
    Action("choose_output", "File", "Output folder…"),
    Action("close_panel", "File", "Close", ("Ctrl+W",)),
    Action("undo", "Edit", "Undo", ("Ctrl+Z",), lambda panel: panel.document.undo()),
    Action("redo", "Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), lambda panel: panel.document.redo()),
    Action("paste", "Edit", "Paste still", ("Ctrl+V",)),
    Action("find_shot", "Shots", "Find shot", ("Ctrl+F",)),
    Action("next_shot", "Shots", "Next shot", ("Ctrl+Down", "PgDown"), lambda panel: panel.shots.step(1)),
    Action("previous_shot", "Shots", "Previous shot", ("Ctrl+Up", "PgUp"), lambda panel: panel.shots.step(-1)),
    Action(
        "select_shown",
        "Shots",
        "Select all shown",
        ("Ctrl+A",),
        lambda panel: panel.shots.choose_shown(),
    ),
    Action(
        "give_stills",
        "Shots",
        "Give stills to selected shots",
        ("Ctrl+G",),
        lambda panel: panel.shots.give_stills_to_selected(),
    ),
    Action("add_still", "Stills", "Add still…", ("A",)),
    Action("add_still_here", "Stills", "Add still from this frame on…", ("Shift+A",)),
    Action("use_best", "Stills", "Use the library's best from this frame on", ("B",), _use_best),
    Action("open_library", "Stills", "Library…", ("Ctrl+L",)),
    Action("rank", "Stills", "Rank library for this frame", ("L",), lambda panel: panel.library.rank()),
    Action("remove_still", "Stills", "Remove still", ("Delete",), lambda panel: panel.stills.remove(), "stills"),
    Action(
        "move_still_here",
        "Stills",
        "In force from this frame on",
        ("M",),
        lambda panel: panel.stills.move(panel.stills.index, panel.viewer.frame),
    ),
    Action("turn_still", "Stills", "Turn still", ("R",), lambda panel: panel.stills.turn(panel.stills.index)),
    Action(
        "crop_still",
        "Stills",
        "Crop still: drag on it, double-click for all of it",
        ("T",),
        _crop,
        chosen=lambda panel: panel.corrections.tool == "crop",
    ),
    _weigh("heavier", "Still counts more", "Alt+Up", 1.25),
    _weigh("lighter", "Still counts less", "Alt+Down", 0.8),
    *(_look(mode, str(number), mode.capitalize()) for number, mode in enumerate(MODES, 1)),
    Action("fit", "View", "Fit", ("F",), lambda panel: panel.viewer.set_zoom(0)),
    Action("full_size", "View", "Full size", ("Ctrl+1",), lambda panel: panel.viewer.set_zoom(1.0)),
    Action("zoom_in", "View", "Zoom in", ("+", "="), lambda panel: panel.viewer.zoom_by(2.0)),
    Action("zoom_out", "View", "Zoom out", ("-",), lambda panel: panel.viewer.zoom_by(0.5)),
    Action("larger_text", "View", "Larger text", ("Ctrl++", "Ctrl+=")),
    Action("smaller_text", "View", "Smaller text", ("Ctrl+-",)),
    *(_compare(comparison, key) for comparison, key in zip(COMPARISONS[1:], "WSD")),
    Action("swap_view", "Compare", "Result or what it is compared with", ("Tab",), _swap_comparison, "viewer"),
    Action(
        "keep_stills", "Compare", "Keep these stills to compare", ("K",), lambda panel: panel.viewer.keep_other_stills()
    ),
    Action(
        "swap_stills", "Compare", "Swap with the stills kept", ("X",), lambda panel: panel.viewer.swap_other_stills()
    ),
    Action(
        "play",
        "Play",
        "Play or stop",
        ("Space",),
        lambda panel: panel.playback.play(),
        chosen=lambda panel: panel.playback.is_playing,
    ),
    Action("loop_from", "Play", "Loop from this frame on", ("I",), lambda panel: panel.playback.loop_from_here()),
    Action("loop_to", "Play", "Loop up to this frame", ("O",), lambda panel: panel.playback.loop_to_here()),
    Action("loop_whole", "Play", "Loop the whole shot", ("Alt+X",), lambda panel: panel.playback.loop_whole()),
    _step("next_frame", "Next frame", 1, "."),
    _step("previous_frame", "Previous frame", -1, ","),
    _step("right", "Next frame, in the viewer", 1, "Right", where="viewer"),
    _step("left", "Previous frame, in the viewer", -1, "Left", where="viewer"),
    _step("ten_on", "Ten frames on", 10, "Shift+Right", where="viewer"),
    _step("ten_back", "Ten frames back", -10, "Shift+Left", where="viewer"),
    Action(
        "first_frame",
        "Play",
        "First frame",
        ("Home",),
        lambda panel: panel.viewer.go_to(panel.viewer.range[0]),
        "viewer",
    ),
    Action(
        "last_frame", "Play", "Last frame", ("End",), lambda panel: panel.viewer.go_to(panel.viewer.range[1]), "viewer"
    ),
    Action(
        "next_mark",
        "Play",
        "Next still, hint or suggestion",
        ("]",),
        lambda panel: panel.viewer.go_to_next(marks(panel)),
    ),
    Action(
        "previous_mark",
        "Play",
        "Previous still, hint or suggestion",
        ("[",),
        lambda panel: panel.viewer.go_to_next(marks(panel), False),
    ),
    _tool("pick", "P", "Pick colour"),
    _tool("hint", "H", "Put hints"),
    Action("choose_colour", "Correct", "Colour of hints…", ("C",)),
    Action("remove_hint", "Correct", "Remove hint", ("Delete",), lambda panel: panel.corrections.remove(), "viewer"),
    Action("look_only", "Correct", "Put tools away", ("Escape",), lambda panel: panel.corrections.put_away(), "viewer"),
    Action(
        "reset",
        "Correct",
        "Reset corrections of selected shots",
        ("Ctrl+Shift+R",),
        lambda panel: panel.corrections.reset_shots(),
    ),
    Action("give_frame", "Correct", "Paint this frame elsewhere…", ("E",)),
    Action("queue_shots", "Render", "Queue selected shots", ("Ctrl+R",)),
    Action("pause", "Render", "Pause or go on", ("Ctrl+P",), _hold, chosen=lambda panel: panel.queue.is_held),
    Action("cancel_render", "Render", "Cancel the running shot", ("Ctrl+.",), _cancel),
    Action("clear_finished", "Render", "Clear finished", (), _clear_finished),
    Action("farm_bundle", "Farm", "Bundle selected shots for a farm", ("Ctrl+B",)),
    Action("farm_run", "Farm", "Run the bundle here", ("Ctrl+Alt+R",), lambda panel: panel.farm.run_here()),
    Action("farm_stop", "Farm", "Stop running it here", (), lambda panel: panel.farm.stop()),
    Action("farm_show", "Farm", "Show what would be sent", (), lambda panel: panel.farm.submit(dry_run=True)),
    Action("farm_submit", "Farm", "Submit the bundle", (), lambda panel: panel.farm.submit(dry_run=False)),
)


def shortcut_table() -> str:
    """The shortcuts as a table in Markdown."""
    rows = ["| | action | keys |", "|---|---|---|"]
    group = ""
    for action in ACTIONS:
        keys = " or ".join(f"`{key}`" for key in action.keys) or "menu"
        rows.append(f"| {action.group if action.group != group else ''} | {action.label.rstrip('…')} | {keys} |")
        group = action.group
    return "\n".join(rows) + "\n"
