"""The work of a run in a hidden folder beside its output: there until the result has its final name.

In it lie the staged files, the journal, and the last two checkpoints. A piece of the result counts once it and the
checkpoint after it are on disk and the journal says so; whatever else lies there was being written when the run ended
and is made again. When all is done the journal says that it will now rename, so that a run that ends in between can be
finished. What remains beside the output is its receipt, a hidden file that says how the result was made.
"""

import json
import logging
import os
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tinct.runtime.errors import BegunOtherwiseError, OutputError, OutputExistsError, StateError
from tinct.runtime.media.base import Piece
from tinct.runtime.media.formats import staging_place
from tinct.runtime.media.frame_range import parse_frames
from tinct.runtime.media.plate import PlateInfo
from tinct.runtime.media.staging import StagingFolder, sync_file, sync_folder, writing_to
from tinct.runtime.run.checkpoint import Checkpoint
from tinct.runtime.run.journal import Entry, Journal, read_journal
from tinct.runtime.run.request_facts import Facts, differences

JOURNAL = "journal"
SCHEMA = 1
_log = logging.getLogger(__name__)


class WorkFolder:
    """A context manager: leaving it before `publish` keeps what is settled for another run, and removes the rest."""

    def __init__(
        self,
        output: Path,
        info: PlateInfo,
        facts: Facts,
        *,
        resume: bool,
        overwrite: bool,
        place: tuple[Path, str] | None = None,
    ) -> None:
        """Look at what is there; nothing is written before `begin`.

        Args:
            output: the result, as `open_writer` takes it.
            info: the plate, cut to the frames of the run.
            facts: see `request_facts`.
            resume: go on with the work that is there, if any.
            overwrite: start afresh where work or a result is there.
            place: a folder, and the name of the hidden folder in it; None: beside the output.

        Raises:
            BegunOtherwiseError: ``resume``, and the work or the result there is of other facts.
            OutputExistsError: work is there, and neither ``resume`` nor ``overwrite`` was said.
            OutputError: another run is at work on it.
        """
        self._folder, name = staging_place(output, info) if place is None else place
        self.staging = StagingFolder(self._folder, name)
        self.overwrite = overwrite
        self.finished: Mapping[str, Any] | None = None
        """Facts of the result's report, if there is nothing left to do."""
        self.pieces: tuple[Piece, ...] = ()
        """What an earlier run had settled."""
        self.checkpoint: Checkpoint | None = None
        """Where an earlier run stood after them."""
        self.done = 0
        """Frames that count."""
        self._output = output
        self._info = info
        self._facts = facts
        self._receipt = self._folder / f"{name}.done"
        self._journal = Journal.open(self.staging.path / JOURNAL)
        self._published = self._begun = self._resumes = False
        try:
            self._look(resume=resume, overwrite=overwrite)
        except BaseException:
            self._close()
            raise

    def begin(self) -> None:
        """Open the journal for this run, and clear away what does not count.

        Raises:
            OutputError: not writable, or another run was quicker.
        """
        self.staging.make()
        if self._resumes:
            assert self._journal is not None, "what is resumed has a journal"
            names = {JOURNAL, *(piece.name for piece in self.pieces)}
            if self.checkpoint is not None:
                names.add(_checkpoint_name(self.checkpoint.done))
        else:
            header = {
                "kind": "begin",
                "schema": SCHEMA,
                "output": str(self._output),
                "frames": len(self._info.frames),
                "overwrite": self.overwrite,
                "facts": self._facts,
            }
            if self._journal is not None:
                self._journal.restart(header)
            else:
                self._journal = Journal.create(self.staging.path / JOURNAL, header)
            sync_folder(self._folder)
            names = {JOURNAL}
        self._begun = True
        for path in self.staging.path.iterdir():
            if path.name not in names:
                path.unlink(missing_ok=True)

    def settle(self, pieces: Sequence[Piece], checkpoint: Checkpoint) -> None:
        """Let ``pieces``, which are on disk, count, together with the ``checkpoint`` after them.

        Raises:
            OutputError: the disk is full or gone; the pieces do not count.
        """
        assert self._journal is not None, "settled after begin"
        before, data = self.done, checkpoint.to_bytes()
        name = _checkpoint_name(checkpoint.done)
        path = self.staging.path / name
        with writing_to(path):
            path.write_bytes(data)
            sync_file(path)
            sync_folder(self.staging.path)
        self._journal.append(
            {
                "kind": "settled",
                "done": checkpoint.done,
                "pieces": [asdict(piece) for piece in pieces],
                "checkpoint": {"name": name, "size": len(data), "crc": zlib.crc32(data)},
            }
        )
        self.done = checkpoint.done
        for old in self.staging.path.glob("checkpoint-*"):
            if old.name not in (name, _checkpoint_name(before)):
                old.unlink(missing_ok=True)

    def publish(self, files: Mapping[str, Path], report: Mapping[str, Any]) -> None:
        """Give the staged ``files`` their final names and leave a receipt with ``report``; the folder goes.

        Raises:
            OutputError: a file cannot be flushed to disk or moved; another run with ``resume`` can finish.
        """
        assert self._journal is not None, "published after begin"
        with writing_to(self._output):
            for name in files:
                sync_file(self.staging.path / name)
            sizes = {name: (self.staging.path / name).stat().st_size for name in files}
        self._journal.append(
            {
                "kind": "publish",
                "files": {name: [os.path.relpath(target, self._folder), sizes[name]] for name, target in files.items()},
                "report": report,
            }
        )
        self._finish_publishing()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        kept = self._journal is not None and (self.done or self._publishing is not None)
        if not self._published and self._begun and kept:
            _log.warning(
                "%s: %d of %d frames are kept in %s; go on with --resume",
                self._output, self.done, len(self._info.frames), self.staging.path,
            )  # fmt: skip
        elif not self._published and (self._begun or (self._journal is None and not self._at_work)):
            self.staging.remove()
        self._close()

    def _look(self, *, resume: bool, overwrite: bool) -> None:
        """Decide whether this run resumes, is finished already, or starts afresh."""
        if self._journal is not None:
            header = self._journal.entries[0]
            if resume:
                self._refuse_other_facts(header["facts"], "was begun")
                self.overwrite = overwrite or bool(header["overwrite"])
                self._take_over(self._journal)
                return
            settled = [entry["done"] for entry in self._journal.entries if entry["kind"] == "settled"]
            if settled and not overwrite:
                raise OutputExistsError(
                    f"{self._output} was begun before, and {settled[-1]} of {header['frames']} frames are done. "
                    "Go on with --resume, or start afresh with --overwrite."
                )
            return
        if resume and (receipt := _read_receipt(self._receipt)) is not None and _is_intact(self._folder, receipt):
            self._refuse_other_facts(receipt["facts"], "was made")
            self.finished = receipt["report"]
            shutil.rmtree(self.staging.path, ignore_errors=True)
        elif resume:
            self._refuse_other_range()

    def _take_over(self, journal: Journal) -> None:
        """Find what counts of the work that ``journal`` tells of."""
        self._resumes = True
        if self._publishing is not None:
            self._finish_publishing()
            return
        pieces: list[Piece] = []
        keep = 1
        for index, entry in enumerate(journal.entries[1:], start=1):
            if entry["kind"] != "settled":
                break
            new = [Piece(**piece) for piece in entry["pieces"]]
            if any(_size(self.staging.path / piece.name) != piece.size for piece in new):
                break
            pieces += new
            checkpoint = self._read_checkpoint(entry["checkpoint"])
            if checkpoint is not None:
                self.pieces, self.checkpoint, self.done = tuple(pieces), checkpoint, checkpoint.done
                keep = index + 1
        journal.keep(keep)

    def _read_checkpoint(self, facts: Mapping[str, Any]) -> Checkpoint | None:
        """The checkpoint that a journal names, or None when it is gone or damaged."""
        try:
            data = (self.staging.path / facts["name"]).read_bytes()
            if len(data) != facts["size"] or zlib.crc32(data) != facts["crc"]:
                return None
            return Checkpoint.from_bytes(data)
        except (OSError, StateError):
            return None

    @property
    def _publishing(self) -> Entry | None:
        """The journal's last entry, if it says that files are being renamed."""
        last = self._journal.last if self._journal is not None else None
        return last if last is not None and last["kind"] == "publish" else None

    @property
    def _at_work(self) -> bool:
        """Whether some run keeps a journal here."""
        return bool(read_journal(self.staging.path / JOURNAL))

    def _finish_publishing(self) -> None:
        """Rename what is not renamed yet, leave the receipt, and remove the folder."""
        entry = self._publishing
        assert entry is not None, "only called after the journal says so"
        targets = {name: self._folder / target for name, (target, _) in entry["files"].items()}
        self.staging.move({name: target for name, target in targets.items() if (self.staging.path / name).exists()})
        files = list(entry["files"].values())
        for target, size in files:
            if _size(self._folder / target) != size:
                raise OutputError(f"{self._folder / target} is not what was written; start afresh with --overwrite.")
        receipt = {"facts": self._facts, "files": files, "report": entry["report"]}
        self._write_receipt(receipt)
        self.finished = entry["report"]
        self._published = True
        self._close()
        shutil.rmtree(self.staging.path, ignore_errors=True)

    def _write_receipt(self, receipt: Mapping[str, Any]) -> None:
        path = self.staging.path / "receipt"
        with writing_to(self._receipt):
            path.write_text(json.dumps(receipt, sort_keys=True) + "\n", encoding="utf-8")
            sync_file(path)
            path.replace(self._receipt)
            sync_folder(self._folder)

    def _refuse_other_facts(self, begun: Facts, what: str) -> None:
        found = differences(begun, self._facts)
        if found:
            raise BegunOtherwiseError(
                f"{self._output} {what} otherwise: {'; '.join(found)}. Resume it as it {what}, or start afresh with "
                "--overwrite and without --resume."
            )

    def _refuse_other_range(self) -> None:
        """Refuse where the same sequence was begun with a range that shares frames with this one."""
        for other in find_unfinished(self._folder):
            frames = parse_frames(other.facts["frames"])
            if other.output == str(self._output) and set(frames) & set(self._info.frames):
                self._refuse_other_facts(other.facts, "was begun")

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()


@dataclass(frozen=True)
class Unfinished:
    """A run that was begun: its work ``folder``, its ``output``, and how many frames are ``done`` of ``total``."""

    folder: Path
    output: str
    done: int
    total: int
    facts: Facts


def find_unfinished(folder: Path) -> tuple[Unfinished, ...]:
    """The runs with outputs in ``folder`` that were begun and not finished, whether they are at work or not."""
    found = []
    for path in sorted(folder.glob(f".tinct-*/{JOURNAL}")):
        entries = read_journal(path)
        if entries:
            done = [entry["done"] for entry in entries if entry["kind"] == "settled"]
            header = entries[0]
            last = done[-1] if done else 0
            found.append(Unfinished(path.parent, header["output"], last, header["frames"], header["facts"]))
    return tuple(found)


def _checkpoint_name(done: int) -> str:
    return f"checkpoint-{done:08}"


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _is_intact(folder: Path, receipt: Mapping[str, Any]) -> bool:
    """Whether all files that a receipt in ``folder`` names are there, of the sizes that it names."""
    return all(_size(folder / target) == size for target, size in receipt["files"])


def _read_receipt(path: Path) -> Mapping[str, Any] | None:
    try:
        receipt = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return receipt if isinstance(receipt, dict) and {"facts", "files", "report"} <= receipt.keys() else None
