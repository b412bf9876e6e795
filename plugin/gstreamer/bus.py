"""What the element says on the pipeline's bus."""

from __future__ import annotations

from typing import Any

from gi.repository import GLib, GObject, Gst

from tinct.plugin.client import WorkerUnavailable
from tinct.plugin.effect import Rendered

NAME = "tinctcolorize"
_OF_THE_REQUEST = frozenset(
    (
        "UsageError",
        "UnknownNameError",
        "FrameRangeError",
        "MediaError",
        "MediaNotFoundError",
        "StillError",
        "BundleError",
    )
)
"""Errors of the worker after which a property must change."""


def frame_message(element: Any, rendered: Rendered, pts: int) -> Any:
    """An element message: ``frame``, ``timestamp`` (its buffer's), ``preview``, ``was-reset`` and ``confidence``."""
    facts = Gst.Structure.new_empty(NAME)
    facts.set_value("frame", rendered.number)
    facts.set_value("timestamp", GObject.Value(GObject.TYPE_UINT64, pts))
    facts.set_value("preview", rendered.preview)
    facts.set_value("was-reset", rendered.was_reset)
    facts.set_value("confidence", rendered.confidence)
    return Gst.Message.new_element(element, facts)


def error_message(element: Any, error: Exception, number: int | None = None) -> Any:
    """An error: of the resource where the user can do something about it, else of the library; ``number``: of the frame
    at which it arose."""
    text = str(error) if number is None else f"frame {number}: {error}"
    if isinstance(error, WorkerUnavailable):
        reason = _reason(Gst.ResourceError, Gst.ResourceError.OPEN_READ, text)
    elif isinstance(error, ValueError) or getattr(error, "kind", "") in _OF_THE_REQUEST:
        reason = _reason(Gst.ResourceError, Gst.ResourceError.SETTINGS, text)
    else:
        reason = _reason(Gst.LibraryError, Gst.LibraryError.FAILED, text)
    return Gst.Message.new_error(element, reason, NAME)


def caps_message(element: Any, text: str) -> Any:
    """An error: the element cannot take the caps."""
    return Gst.Message.new_error(element, _reason(Gst.CoreError, Gst.CoreError.NEGOTIATION, text), NAME)


def warning_message(element: Any, text: str) -> Any:
    """A warning."""
    reason = _reason(Gst.ResourceError, Gst.ResourceError.SETTINGS, text)
    return Gst.Message.new_warning(element, reason, NAME)


def _reason(domain: Any, code: Any, text: str) -> Any:
    return GLib.Error.new_literal(domain.quark(), text, int(code))
