"""Files that are there whole or not at all, and a part of our own in a file of the user's."""

import os
from collections.abc import Sequence
from pathlib import Path

from tinct.runtime.errors import OutputError, UsageError

BEGIN = "tinct: begin"
END = "tinct: end"


def write_whole(path: Path, data: bytes) -> bool:
    """Write ``data`` at ``path`` by way of a temporary name; False if that is what stands there already.

    A link is followed, and the mode of a file that was there is kept.

    Raises:
        OutputError: it cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.is_file() and target.read_bytes() == data:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
        try:
            temporary.write_bytes(data)
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o777)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}); see that the folder can be") from error
    return True


def set_block(path: Path, lines: Sequence[str], comment: str = "#") -> bool:
    """Put ``lines`` between our two marker comments in the text file ``path``; the rest of it stays as it is.

    A new block stands at the end. False if nothing had to change.

    Raises:
        UsageError: the markers in the file are damaged.
        OutputError: the file cannot be read or written.
    """
    before, _, after = _around_block(path, comment)
    newline = "\r\n" if "\r\n" in before + after else "\n"
    if before and not before.endswith("\n"):
        before += newline
    block = [f"{comment} {BEGIN} (written by tinct install; taken out by its --remove)", *lines, f"{comment} {END}"]
    return write_whole(path, (before + newline.join(block) + newline + after).encode("utf-8"))


def clear_block(path: Path, comment: str = "#") -> bool:
    """Take our block out of ``path``, and the file away if nothing else is in it; False if there was no block.

    Raises:
        UsageError: the markers in the file are damaged.
        OutputError: the file cannot be read or written.
    """
    before, block, after = _around_block(path, comment)
    if not block:
        return False
    if (before + after).strip():
        return write_whole(path, (before + after).encode("utf-8"))
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"{path} cannot be removed ({error.strerror})") from error
    return True


def _around_block(path: Path, comment: str) -> tuple[str, str, str]:
    """The text before our block, the block with its markers, and the text after it."""
    try:
        text = path.read_bytes().decode("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{path} cannot be read as UTF-8 text ({error}); mend or move it") from error
    lines = text.splitlines(keepends=True)
    begins = [index for index, line in enumerate(lines) if line.startswith(f"{comment} {BEGIN}")]
    ends = [index for index, line in enumerate(lines) if line.startswith(f"{comment} {END}")]
    if not begins and not ends:
        return text, "", ""
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        raise UsageError(
            f"{path} has no whole pair of the lines '{comment} {BEGIN}' and '{comment} {END}'; remove them and what "
            "Tinct wrote between them, and install again"
        )
    start, stop = begins[0], ends[0] + 1
    return "".join(lines[:start]), "".join(lines[start:stop]), "".join(lines[stop:])
