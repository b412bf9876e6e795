"""What has been coloured, by what it depends on.

::

    CACHE/segments/KEY.FIRST-LAST/result.%04d.exr   what the worker wrote
                                  begun.json        the files that it is made of
                                  record.json       the same and the worker's report; written when all is done
    CACHE/results/KEY/result.%04d.exr               a range put together of segments: hard links, no further space
    CACHE/plates/KEY/plate.%04d.exr                 plates that Nuke had to write

Everything may be deleted while nothing is rendering. A result never changes under its name: when a plate did, its
segment is rendered anew and the result has another name, while the one before keeps its frames.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinct.plugin.nuke.clip import Clip
from tinct.plugin.nuke.segments import Segment
from tinct.plugin.state_key import state_key

BEGUN = "begun.json"
RECORD = "record.json"
RESULT = "result.%04d.exr"


class Coloured(NamedTuple):
    """A segment that is in the cache: its ``folder``, the worker's ``report``, and a name of the ``clips``' state."""

    folder: str
    report: dict[str, Any]
    clips: str


class ResultCache:
    """The results below ``folder``."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def key(self, plate: Clip, mask: Clip | None, segment: Segment) -> str:
        """Names all that the segment's frames depend on but the contents of its clips, which its record has."""
        return state_key(
            segment.values,
            plate=os.path.abspath(plate.file),
            mask=None if mask is None else os.path.abspath(mask.file),
            first=segment.first,
        )

    def place(self, key: str, segment: Segment) -> str:
        """Where the segment is to be written."""
        return os.path.join(self.folder, "segments", f"{key}.{segment.first}-{segment.last}")

    def find(self, key: str, plate: Clip, mask: Clip | None, segment: Segment) -> Coloured | None:
        """The segment, or a longer one that begins with it, if it is there and its clips have not changed since."""
        pattern = os.path.join(self.folder, "segments", f"{glob.escape(key)}.{segment.first}-*")
        for folder in sorted(glob.glob(pattern)):
            record = _read(os.path.join(folder, RECORD))
            if record is None or not {"last", "clips", "report"} <= set(record) or record["last"] < segment.last:
                continue
            now = _stamps(plate, mask, segment.first, segment.last)
            then = {name: stamps[: len(now[name])] for name, stamps in record["clips"].items()}
            result = Clip(os.path.join(folder, RESULT), segment.first, record["last"], plate.offset)
            if then == now and not result.missing(segment.first, segment.last):
                return Coloured(folder, record["report"], _digest(now))
        return None

    def begin(self, folder: str, plate: Clip, mask: Clip | None, segment: Segment) -> bool:
        """Say that work on a segment begins in ``folder``; gives whether what lies there is of the same clips.

        Raises:
            OSError: it cannot be written.
        """
        os.makedirs(folder, exist_ok=True)
        now = _stamps(plate, mask, segment.first, segment.last)
        then = _read(os.path.join(folder, BEGUN))
        write_json(os.path.join(folder, BEGUN), {"clips": now})
        return then is not None and then.get("clips") == now

    def keep(
        self, folder: str, plate: Clip, mask: Clip | None, segment: Segment, report: dict[str, Any]
    ) -> Coloured | None:
        """Say that the segment in ``folder`` is done; None if its clips have changed since it was begun.

        Raises:
            OSError: it cannot be written.
        """
        clips = _stamps(plate, mask, segment.first, segment.last)
        if (_read(os.path.join(folder, BEGUN)) or {}).get("clips") != clips:
            return None
        record = {"first": segment.first, "last": segment.last, "clips": clips, "report": report}
        write_json(os.path.join(folder, RECORD), record)
        return Coloured(folder, report, _digest(clips))

    def join(self, pieces: Sequence[tuple[Segment, Coloured]], offset: int) -> str:
        """One sequence of all ``pieces``; gives its file name.

        ``offset``: of the numbers in those folders, as a `Clip` has it; the sequence has Nuke's.

        Raises:
            OSError: it cannot be written.
        """
        named = [[one.first, one.last, os.path.basename(there.folder), there.clips] for one, there in pieces]
        place = os.path.join(self.folder, "results", _digest(named))
        whole = Clip(os.path.join(place, RESULT), pieces[0][0].first, pieces[-1][0].last)
        os.makedirs(place, exist_ok=True)
        for segment, there in pieces:
            part = Clip(os.path.join(there.folder, RESULT), segment.first, segment.last, offset)
            for frame in range(segment.first, segment.last + 1):
                _link(part.frame_file(frame), whole.frame_file(frame))
        return whole.file


def write_json(path: str, document: Any) -> None:
    """Write ``document`` whole or not at all."""
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(document, stream)
    os.replace(temporary, path)


def _stamps(plate: Clip, mask: Clip | None, first: int, last: int) -> dict[str, list[list[int] | None]]:
    clips = {"plate": plate} if mask is None else {"plate": plate, "mask": mask}
    return {
        name: [None if stamp is None else list(stamp) for stamp in clip.stamps(first, last)]
        for name, clip in clips.items()
    }


def _read(path: str) -> dict[str, Any] | None:
    try:
        with open(path, encoding="utf-8") as stream:
            record = json.load(stream)
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _digest(document: Any) -> str:
    return hashlib.sha256(json.dumps(document).encode("utf-8")).hexdigest()[:32]


def _link(source: str, target: str) -> None:
    """``target`` as another name of ``source``; a copy where the file system knows no such thing."""
    try:
        if os.path.samefile(source, target):
            return
    except OSError:
        pass  # there is no target yet
    temporary = f"{target}.{os.getpid()}.new"
    try:
        os.link(source, temporary)
    except OSError:
        shutil.copy2(source, temporary)
    os.replace(temporary, target)
