"""Finds the media of a timeline by name, wherever it lies now."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from tinct.runtime.conform.plates import MOVIE_SUFFIXES
from tinct.runtime.errors import MediaError, MediaNotFoundError, UsageError
from tinct.runtime.media.sequence_pattern import IMAGE_SUFFIXES, find_pattern, parse_pattern, patterns_of

_ESCAPED = re.compile(r"(?:%(?!0\d+d)[0-9A-Fa-f]{2})+")
"""What URLs write for other characters; ``%04d`` is none of it."""
_SPAN = re.compile(r"\[(\d+)-\d+\]")
"""How DaVinci Resolve writes a sequence's number: ``shot.[1001-1100].exr``."""


class MediaIndex:
    """The movies and sequences in some folders, and below."""

    def __init__(self, folders: Iterable[Path], *, base: Path | None = None) -> None:
        """For ``folders``, the first of which count before the others; they are searched when first wanted. Relative
        paths are looked up in ``base`` too, the timeline's own folder.

        Raises:
            UsageError: one is no folder.
        """
        self._folders = [Path(os.path.abspath(folder)) for folder in folders]
        for folder in self._folders:
            if not folder.is_dir():
                raise UsageError(f"there is no folder {folder} (--media); check the path")
        self._bases = [*self._folders, *([Path(os.path.abspath(base))] if base is not None else [])]
        self._found: list[dict[str, list[Path]]] | None = None

    def find(self, names: Sequence[str]) -> Path:
        """The media that is called one of ``names``, the surest first: a path or URL that is there, then a file of the
        same name, then one of the same name but for its ending or number.

        Raises:
            MediaNotFoundError: there is none.
            MediaError: several files are as likely.
        """
        for name in names:
            path = _there(path_of(name), self._bases)
            if path is not None:
                return path
        if self._found is None:
            self._found = [_search(folder) for folder in self._folders]
        for found in self._found:
            for name in names:
                wanted = PurePosixPath(path_of(name).replace("\\", "/"))
                for key in dict.fromkeys((wanted.name, wanted.stem, _without_number(wanted.name))):
                    candidates = found.get(key.casefold(), []) if key else []
                    if candidates:
                        return _likeliest(candidates, wanted)
        called = " or ".join(repr(name) for name in names) or "without a name"
        raise MediaNotFoundError(f"its media {called} was not found; name the folder that it is in (--media)")


def path_of(name: str) -> str:
    """The path that a URL or a path names; the number's place of a sequence as a pattern."""
    if name.lower().startswith("file:"):
        rest = name[5:]
        if rest.startswith("//"):  # a host, mostly empty, comes first
            rest = "/" + rest[2:].partition("/")[2]
        name = _ESCAPED.sub(lambda match: unquote(match[0], errors="surrogateescape"), rest)
    return _SPAN.sub(lambda match: f"%0{len(match[1])}d", name)


def _there(text: str, folders: Sequence[Path]) -> Path | None:
    """The file, pattern or folder of a sequence that a whole path names, or a relative one in ``folders``."""
    if "/" not in text and "\\" not in text and not Path(text).suffix:
        return None  # a reel's name
    for path in [Path(text)] if os.path.isabs(text) else [folder / text for folder in folders]:
        pattern = parse_pattern(path) if "%" in path.name or "#" in path.name or "@" in path.name else None
        if pattern is not None and pattern.folder.is_dir() and pattern.numbers():
            return pattern.path
        if path.is_dir():
            try:
                return find_pattern(path).path
            except MediaError:
                continue
        if path.is_file():
            return _whole_sequence(path)
    return None


def _whole_sequence(path: Path) -> Path:
    """The sequence of which ``path`` is a numbered picture, else ``path``."""
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        return path
    patterns = patterns_of(path.parent, [path.name])
    if not patterns:
        return path
    siblings = patterns_of(path.parent, sorted(os.listdir(path.parent)))
    same = (patterns[0].prefix, patterns[0].suffix)
    whole = [one for one in siblings if (one.prefix, one.suffix) == same and len(one.numbers()) > 1]
    return whole[0].path if whole else path


def _search(folder: Path) -> dict[str, list[Path]]:
    """The media below ``folder`` by all their names, in lower case."""
    found: dict[str, list[Path]] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names = sorted(name for name in names if not name.startswith("."))
        media = [Path(place, name) for name in names if Path(name).suffix.lower() in MOVIE_SUFFIXES]
        patterns = patterns_of(Path(place), names)
        media += [pattern.path for pattern in patterns]
        for path in media:
            for key in {path.name, path.stem, _without_number(path.name)} - {""}:
                found.setdefault(key.casefold(), []).append(path)
        if len(patterns) == 1:
            found.setdefault(Path(place).name.casefold(), []).append(patterns[0].path)
    return found


def _without_number(name: str) -> str:
    """The name of a sequence without its number's place and ending; of others without the ending."""
    pattern = parse_pattern(Path(name))
    if pattern is not None:
        return pattern.prefix.rstrip("._- ")
    numbered = patterns_of(Path(), [name])
    return numbered[0].prefix.rstrip("._- ") if numbered else Path(name).stem


def _likeliest(candidates: Sequence[Path], wanted: PurePosixPath) -> Path:
    """The candidate whose folders are most like those of ``wanted``, from the end.

    Raises:
        MediaError: two are as like.
    """
    unique = list(dict.fromkeys(candidates))

    def alike(path: Path) -> int:
        pairs = zip(reversed(path.parent.parts), reversed(wanted.parent.parts), strict=False)
        return next((count for count, (one, other) in enumerate(pairs) if one != other), len(wanted.parent.parts))

    ordered = sorted(unique, key=alike, reverse=True)
    if len(ordered) > 1 and alike(ordered[0]) == alike(ordered[1]):
        places = ", ".join(str(path) for path in ordered[:3])
        raise MediaError(f"its media {wanted} may be any of {places}; name the folder that is meant (--media)")
    return ordered[0]
