"""Widgets that are told something without telling it on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qtpy.QtCore import QObject


@contextmanager
def quiet(one: QObject) -> Iterator[None]:
    """``one`` emits nothing meanwhile; PySide2 has no context manager for that."""
    before = one.blockSignals(True)
    try:
        yield
    finally:
        one.blockSignals(before)
