"""Names of numbered image files: ``shot.%04d.exr``, ``shot.####.dpx``, ``shot.@@@@.exr``, or a folder of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tinct.runtime.errors import MediaError, MediaNotFoundError, UsageError

IMAGE_SUFFIXES = (".exr", ".dpx", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
"""File name endings that are read as images, lower case."""

_TOKEN = re.compile(r"%(?:0(\d+))?d|#+|@+")
_NUMBERED = re.compile(r"(.*?)(\d+)(\.[A-Za-z]+)")


@dataclass(frozen=True)
class SequencePattern:
    """The names of a sequence: ``prefix``, the number with at least ``padding`` digits, ``suffix``, in ``folder``."""

    folder: Path
    prefix: str
    padding: int
    suffix: str

    @property
    def path(self) -> Path:
        """The pattern as a path, in printf form."""
        number = "%d" if self.padding <= 1 else f"%0{self.padding}d"
        return self.folder / f"{self.prefix}{number}{self.suffix}"

    def file(self, number: int) -> Path:
        """Path of the file with that ``number``."""
        digits = f"{abs(number):0{self.padding}d}"
        return self.folder / f"{self.prefix}{'-' if number < 0 else ''}{digits}{self.suffix}"

    def numbers(self) -> tuple[int, ...]:
        """Numbers of the files that are there, ascending.

        Raises:
            MediaNotFoundError: the folder is not there.
            MediaError: the folder cannot be listed.
        """
        found = []
        for name in list_folder(self.folder):
            if name.startswith(self.prefix) and name.endswith(self.suffix):
                digits = name[len(self.prefix) : len(name) - len(self.suffix)]
                if re.fullmatch(r"-?\d+", digits) and self.file(int(digits)).name == name:
                    found.append(int(digits))
        return tuple(sorted(found))


def list_folder(folder: Path) -> list[str]:
    """Names in ``folder``, sorted, hidden ones left out.

    Raises:
        MediaNotFoundError: the folder is not there.
        MediaError: it cannot be listed.
    """
    try:
        return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except FileNotFoundError as error:
        raise MediaNotFoundError(f"There is no folder {folder}; check the path.") from error
    except OSError as error:
        raise MediaError(f"The folder {folder} cannot be listed: {error.strerror}.") from error


def parse_pattern(path: Path) -> SequencePattern | None:
    """Return the pattern that ``path`` spells, or None when its name has no ``%04d``, ``####`` or ``@@@@``.

    Raises:
        UsageError: the name has more than one such token.
    """
    tokens = list(_TOKEN.finditer(path.name))
    if not tokens or path.is_file():
        return None
    if len(tokens) > 1:
        raise UsageError(f"{path} has more than one frame number pattern in its name; leave one.")
    token = tokens[0]
    padding = int(token[1] or 1) if token[0].startswith("%") else len(token[0])
    return SequencePattern(path.parent, path.name[: token.start()], padding, path.name[token.end() :])


def find_pattern(folder: Path) -> SequencePattern:
    """Return the pattern of the one sequence that lies in ``folder``.

    Raises:
        MediaNotFoundError: the folder is not there.
        MediaError: there is no sequence in it, or more than one.
    """
    patterns = patterns_of(folder, list_folder(folder))
    if not patterns:
        raise MediaError(
            f"{folder} has no numbered images in it ({', '.join(IMAGE_SUFFIXES)}); name a sequence or a movie."
        )
    if len(patterns) > 1:
        names = ", ".join(pattern.path.name for pattern in patterns)
        raise MediaError(f"{folder} has {len(patterns)} sequences in it ({names}); name one of them with its pattern.")
    return patterns[0]


def patterns_of(folder: Path, names: Iterable[str]) -> list[SequencePattern]:
    """The patterns of all numbered images among the ``names`` of files in ``folder``."""
    widths: dict[tuple[str, str], list[str]] = {}
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match and match[3].lower() in IMAGE_SUFFIXES:
            widths.setdefault((match[1], match[3]), []).append(match[2])
    patterns = []
    for (prefix, suffix), digits in widths.items():
        padded = any(text.startswith("0") and len(text) > 1 for text in digits)
        shortest, longest = min(map(len, digits)), max(map(len, digits))
        patterns.append(SequencePattern(folder, prefix, shortest if padded or shortest == longest else 1, suffix))
    return patterns


def number_in_name(path: Path) -> int | None:
    """The frame number in the name of a single file, or None."""
    match = _NUMBERED.fullmatch(path.name)
    return int(match[2]) if match else None
