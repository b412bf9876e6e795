"""The last task of a film: its chunks, verified, become the result, whole or not at all."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.packet import Packet
from av.video.stream import VideoStream

from tinct.runtime.errors import PiecesError
from tinct.runtime.farm.analysis import film_request
from tinct.runtime.farm.folder import JobFolder, here, write_whole
from tinct.runtime.farm.paths import PathRule
from tinct.runtime.farm.plan import Chunk, Plan
from tinct.runtime.farm.record import ChunkRecord, is_intact, packet_hash, read_record, stored_hashes
from tinct.runtime.media import PlateInfo, open_plate
from tinct.runtime.media.base import Piece
from tinct.runtime.media.codecs import MOVIE_SUFFIXES
from tinct.runtime.media.ffmpeg_errors import writing_movie
from tinct.runtime.media.movie_part import JoinedParts
from tinct.runtime.media.movie_stream import MovieStream
from tinct.runtime.media.staging import StagingFolder, check_target, writing_to
from tinct.runtime.media.writer_movie import JoinedMovie
from tinct.runtime.run.checkpoint import Tally
from tinct.runtime.run.plate_run import run_warnings
from tinct.runtime.run.request import ColorizeRequest
from tinct.runtime.run.request_checks import hint_warnings, still_warnings

ProgressCall = Callable[[int, int], None]


@dataclass(frozen=True)
class VerifiedParts(JoinedParts):
    """Parts whose packets must have the hashes that their records give, by the parts' names."""

    hashes: Mapping[str, Sequence[str]]

    def read(self, piece: Piece) -> Iterator["Packet[VideoStream]"]:
        """Packets of one part, each of which is as it was written.

        Raises:
            PiecesError: one is not.
        """
        wanted = self.hashes[piece.name]
        try:
            for index, packet in enumerate(super().read(piece)):
                if index >= len(wanted) or packet_hash(packet) != wanted[index]:
                    raise _damaged(piece.name)
                yield packet
        except (OSError, av.error.FFmpegError) as error:
            raise _damaged(piece.name) from error


def missing_chunks(plan: Plan, folder: JobFolder, film: int) -> tuple[Chunk, ...]:
    """The chunks of a film that are not there, or are of another plan."""
    return tuple(chunk for chunk in plan.of_film(film) if _record(plan, folder, chunk) is None)


def finished_film(plan: Plan, folder: JobFolder, film: int, rules: Sequence[PathRule] = ()) -> dict[str, Any] | None:
    """The report of a film that is joined and whose files are still there, of the sizes they had."""
    try:
        receipt = json.loads(folder.receipt(film).read_bytes())
        base = _output_folder(film_request(plan.films[film], rules))
        whole = all((base / name).stat().st_size == size for name, size in receipt["files"])
        return dict(receipt["report"]) if whole and receipt["identity"] == plan.identity else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def join_film(
    plan: Plan,
    folder: JobFolder,
    film: int,
    *,
    rules: Sequence[PathRule] = (),
    progress: ProgressCall | None = None,
) -> dict[str, Any]:
    """Make the result of a film from its chunks, or find that it is made.

    Args:
        plan: of the job.
        folder: of the job.
        film: which of its films.
        rules: how files are called here.
        progress: hears how many frames are done of how many.

    Returns:
        the report: output, frames, backend, model, confidence, warnings, as that of a run over the whole film.

    Raises:
        PiecesError: chunks are missing or damaged; those that are damaged were taken away.
        OutputError: the result cannot be written.
        OutputExistsError: it is there already.
    """
    if (report := finished_film(plan, folder, film, rules)) is not None:
        return report
    chunks = plan.of_film(film)
    records = [_record(plan, folder, chunk) for chunk in chunks]
    lacking = [chunk.name for chunk, record in zip(chunks, records, strict=True) if record is None]
    if lacking:
        raise PiecesError(
            f"{len(lacking)} of {len(chunks)} chunks of {plan.films[film].name} are not there: "
            f"{', '.join(lacking[:8])}; let the step colorize run again"
        )
    found = [record for record in records if record is not None]
    request = film_request(plan.films[film], rules)
    with open_plate(Path(request.input), frames=request.frames) as plate:
        info = plate.info
    joining = _Joining(folder, request, info, chunks, found, progress)
    with folder.claimed(f"join-{film:03}") as mine:
        if (report := finished_film(plan, folder, film, rules)) is not None:
            return report
        files = joining.publish(clear=mine)
        report = film_report(plan, film, request, info, found)
        base = _output_folder(request)
        sizes = [[os.path.relpath(path, base), path.stat().st_size] for path in files]
        receipt = {"identity": plan.identity, "files": sizes, "report": report}
        write_whole(folder.receipt(film), (json.dumps(receipt, sort_keys=True) + "\n").encode())
    for attempt in folder.attempt("").glob(f"{film:03}.*"):
        shutil.rmtree(attempt, ignore_errors=True)
    return report


@dataclass(frozen=True)
class _Joining:
    folder: JobFolder
    request: ColorizeRequest
    info: PlateInfo
    chunks: Sequence[Chunk]
    records: Sequence[ChunkRecord]
    progress: ProgressCall | None

    def publish(self, *, clear: bool) -> list[Path]:
        """The files of the result under their final names; ``clear`` away what joins that were killed left."""
        output = Path(self.request.output)
        base = _output_folder(self.request)
        start = f".tinct-join-{output.name or 'film'}-"
        if clear and base.is_dir():
            for left in base.glob(f"{start}*"):
                shutil.rmtree(left, ignore_errors=True)
        staging = StagingFolder(base, f"{start}{here()}")
        staging.make()
        try:
            movie = output.suffix.lower() in MOVIE_SUFFIXES and not output.is_dir()
            files = self._movie(staging, output) if movie else self._sequence(staging, base)
            for target in files.values():
                check_target(target, overwrite=self.request.overwrite, sources=(Path(self.request.input),))
            staging.publish(files)
        finally:
            staging.remove()
        return list(files.values())

    def _movie(self, staging: StagingFolder, output: Path) -> dict[str, Path]:
        management = self.request.spaces.open()
        written = self.info if management is None else management.written_info(self.info, output)
        stream = MovieStream.of(output, written, self.request.codec)
        pieces, hashes = [], {}
        for chunk, record in zip(self.chunks, self.records, strict=True):
            for piece in record.pieces:
                name = f"{chunk.name}/{piece.name}"
                pieces.append(Piece(name, piece.size, piece.frames))
                hashes[name] = record.hashes[piece.name]
        parts = VerifiedParts(self.folder.chunk(""), pieces, stream, hashes)
        try:
            with writing_movie(output):
                joined = JoinedMovie(staging.path / output.name, written, stream)
                try:
                    joined.write(parts)
                except BaseException:
                    joined.discard()
                    raise
        except PiecesError as error:
            self._discard_damaged()
            raise error
        return {output.name: output}

    def _sequence(self, staging: StagingFolder, base: Path) -> dict[str, Path]:
        files, done = {}, 0
        for chunk, record in zip(self.chunks, self.records, strict=True):
            for piece in record.pieces:
                source = self.folder.chunk(chunk.name) / piece.name
                name = f"{chunk.name}~{piece.name}"
                with writing_to(staging.path):
                    _copy(source, staging.path / name)
                files[name] = Path(os.path.normpath(base / record.targets[piece.name]))
                if list(stored_hashes(staging.path / name)) != list(record.hashes[piece.name]):
                    self._discard_damaged()
                    raise _damaged(f"{chunk.name}/{piece.name}")
            done += chunk.frames
            if self.progress is not None:
                self.progress(done, len(self.info.frames))
        return files

    def _discard_damaged(self) -> None:
        for chunk, record in zip(self.chunks, self.records, strict=True):
            place = self.folder.chunk(chunk.name)
            if not is_intact(place, record):
                self.folder.discard(place)


def film_report(
    plan: Plan, film: int, request: ColorizeRequest, info: PlateInfo, records: Sequence[ChunkRecord]
) -> dict[str, Any]:
    """The report of a film, as that of a run over the whole of it, with what its chunks took."""
    tally = merged_tally(records)
    lost = [(request.hints[index], last) for index, last in _lost(plan.of_film(film), records)]
    backends = sorted({f"{one.backend} {one.precision}" for one in records})
    chosen = plan.films[film].stills.get("warnings", ())
    warnings = [
        *chosen,
        *still_warnings(request, info),
        *hint_warnings(request, info),
        *run_warnings(info, tally, lost),
    ]
    if len(backends) > 1:
        warnings.append(f"chunks were made with {', '.join(backends)}, which differ slightly; name one --backend")
    return {
        "output": str(request.output),
        "frames": len(info.frames),
        "backend": records[0].backend,
        "model": records[0].model,
        "confidence": tally.mean_confidence,
        "warnings": warnings,
        "chunks": len(records),
        "seconds": round(sum(one.seconds.get("all", 0.0) for one in records), 3),
        "prerolled": sum(one.start == "preroll" for one in records),
    }


def merged_tally(records: Iterable[ChunkRecord]) -> Tally:
    """What a run over all chunks would have noticed, to the last bit of the mean confidence."""
    merged = Tally()
    for record in records:
        one = Tally(**record.tally)
        merged.first_odd = merged.first_odd if merged.odd_frames else one.first_odd
        merged.odd_pixels += one.odd_pixels
        merged.odd_frames += one.odd_frames
        merged.first_colour = one.first_colour if merged.first_colour is None else merged.first_colour
        merged.advice = merged.advice or one.advice
        for frame in record.frames:
            if not frame.grey:
                merged.confidence += frame.mean
                merged.coloured += 1
    return merged


def _lost(chunks: Sequence[Chunk], records: Sequence[ChunkRecord]) -> Iterator[tuple[int, int]]:
    """Hints that were lost, in the order in which a run over the whole film loses them."""
    for index, (chunk, record) in enumerate(zip(chunks, records, strict=True)):
        last_of_film = index + 1 == len(chunks)
        if last_of_film or chunks[index + 1].shot != chunk.shot:
            yield from record.lost
            if not last_of_film:
                yield from record.followed


def _record(plan: Plan, folder: JobFolder, chunk: Chunk) -> ChunkRecord | None:
    record = read_record(folder.chunk(chunk.name))
    return record if record is not None and record.identity == plan.identity else None


def _output_folder(request: ColorizeRequest) -> Path:
    output = Path(request.output)
    return output if output.is_dir() or not output.suffix else output.parent


def _copy(source: Path, target: Path) -> None:
    """A second name for ``source`` where the file system can give it one, else a copy."""
    try:
        os.link(source, target)
    except FileNotFoundError as error:
        raise _damaged(str(source)) from error
    except OSError:
        shutil.copyfile(source, target)


def _damaged(name: str) -> PiecesError:
    return PiecesError(f"{name} is not what was written; its chunk was taken away: let the step colorize run again")
