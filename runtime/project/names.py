"""Names and ids of shots."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from tinct.runtime.errors import ProjectError

LONGEST = 120
"""Bytes of a name in UTF-8; outputs are called after it, and file systems take 255."""
_REFUSED = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|%#@{}]")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_id() -> str:
    """An id that no other shot has: 12 hexadecimal digits."""
    return secrets.token_hex(6)


def check_id(text: str) -> str:
    """``text``, if it can be a shot's id.

    Raises:
        ProjectError: it is empty, too long, or has other characters than letters, digits, ``_`` and ``-``.
    """
    if _ID.fullmatch(text) is None:
        raise ProjectError(f"id is {text[:80]!r} and must be 1 to 64 letters, digits, _ or -")
    return text


def check_name(text: str) -> str:
    """``text``, if it can be a shot's name, after which a file is called on any system.

    Raises:
        ProjectError: it is empty or too long, begins with a dot, or has a character that file names or patterns of
            sequences do not take.
    """
    found = _REFUSED.search(text)
    if not text.strip() or text != text.strip() or text[0] == "." or text[-1] == "." or _bytes(text) > LONGEST or found:
        why = f"without {found[0]!r}" if found else "which neither begin nor end with a space or a dot"
        raise ProjectError(f"name is {text[:80]!r} and must be 1 to {LONGEST} bytes, {why}")
    return text


def shot_name(text: str) -> str:
    """A name made of ``text``, whatever that is: what a name does not take becomes ``_``."""
    return _cut(_REFUSED.sub("_", text).strip(" ."), LONGEST).strip(" .") or "shot"


def unique_name(text: str, taken: Iterable[str]) -> str:
    """``text`` as a name, with a number behind it where one of ``taken`` is the same but for the case."""
    known = {name.casefold() for name in taken}
    name = shot_name(text)
    number = 2
    unique = name
    while unique.casefold() in known:
        ending = f" {number}"
        unique = _cut(name, LONGEST - len(ending)) + ending
        number += 1
    return unique


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _cut(text: str, most: int) -> str:
    return text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore").strip()
