"""Chunks join to what one run gives, bit for bit, whatever befalls the tasks that make them."""

import hashlib
import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tinct.runtime.errors import CancelledError, MediaError, OutputError, OutputExistsError, PiecesError
from tinct.runtime.farm.analysis import analyse
from tinct.runtime.farm.chunk_task import ChunkTask
from tinct.runtime.farm.exit_codes import exit_code, is_retryable
from tinct.runtime.farm.folder import JobFolder
from tinct.runtime.farm.join import join_film, missing_chunks
from tinct.runtime.farm.plan import Chunk, Plan
from tinct.runtime.farm.record import read_record
from tinct.runtime.run.pipeline import ColorizeReport, colorize_plate


def files_of(folder: Path) -> dict[str, str]:
    """SHA-256 of everything under ``folder``."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".done")
    }


def whole_run(plan: Plan, output: Path) -> ColorizeReport:
    """What one run over the whole film gives."""
    request = plan.request(0, plan.films[0].first, plan.films[0].last)
    return colorize_plate(replace(request, output=output, overwrite=False, resume=False))


def colour(plan: Plan, folder: JobFolder, chunks: list[Chunk] | None = None) -> None:
    for chunk in plan.chunks if chunks is None else chunks:
        ChunkTask(plan, folder).colorize(chunk)


@pytest.mark.parametrize("result", ["film.mov", "film.mp4", "r.%04d.png"])
def test_the_film_is_that_of_one_run(make_job, folder: JobFolder, tmp_path: Path, result: str) -> None:
    plan = analyse(make_job(result), folder)
    wanted = whole_run(plan, tmp_path / "single" / result)
    colour(plan, folder, list(reversed(plan.chunks)))
    report = join_film(plan, folder, 0)
    assert files_of(tmp_path / "farm") == files_of(tmp_path / "single")
    assert (report["confidence"], tuple(report["warnings"])) == (wanted.confidence, wanted.warnings)
    assert any("hint" in warning for warning in wanted.warnings)


def test_a_relay_makes_the_states_that_chunks_start_from(planned: Plan, folder: JobFolder, tmp_path: Path) -> None:
    task = ChunkTask(planned, folder)
    assert [task.relay(chunk) for share in planned.relays(3) for chunk in share] == [8]
    assert [task.relay(chunk) for share in planned.relays(3) for chunk in share] == [0]
    colour(planned, folder, [planned.chunks[2]])
    record = read_record(folder.chunk(planned.chunks[2].name))
    assert record is not None
    assert record.start == "checkpoint"
    colour(planned, folder)
    join_film(planned, folder, 0)
    whole_run(planned, tmp_path / "single" / "film.mov")
    assert files_of(tmp_path / "farm") == files_of(tmp_path / "single")


def test_a_preroll_is_told_and_only_used_without_a_checkpoint(make_job, folder: JobFolder) -> None:
    plan = analyse(make_job("film.mov", preroll=3), folder)
    task = ChunkTask(plan, folder)
    assert task.colorize(plan.chunks[2]).start == "preroll"
    folder.discard(folder.chunk(plan.chunks[2].name))
    task.colorize(plan.chunks[1])
    assert task.colorize(plan.chunks[2]).start == "checkpoint"


def test_what_is_done_is_not_done_again(planned: Plan, folder: JobFolder) -> None:
    colour(planned, folder)
    before = {path: path.stat().st_mtime_ns for path in (folder.path / "chunks").rglob("*")}
    colour(planned, folder)
    assert {path: path.stat().st_mtime_ns for path in (folder.path / "chunks").rglob("*")} == before
    report = join_film(planned, folder, 0)
    assert join_film(planned, folder, 0) == report


def test_missing_chunks_are_named(planned: Plan, folder: JobFolder) -> None:
    colour(planned, folder, list(planned.chunks[:2]))
    assert [chunk.name for chunk in missing_chunks(planned, folder, 0)] == ["000.00002", "000.00003"]
    with pytest.raises(PiecesError, match=r"2 of 4 chunks of film are not there: 000\.00002, 000\.00003"):
        join_film(planned, folder, 0)


@pytest.mark.parametrize("result", ["film.mov", "r.%04d.png"])
def test_a_damaged_piece_is_found_taken_away_and_made_again(
    make_job, folder: JobFolder, tmp_path: Path, result: str
) -> None:
    plan = analyse(make_job(result), folder)
    colour(plan, folder)
    record = read_record(folder.chunk(plan.chunks[1].name))
    assert record is not None
    piece = folder.chunk(plan.chunks[1].name) / record.pieces[0].name
    data = bytearray(piece.read_bytes())
    data[len(data) // 2] ^= 0x40
    piece.write_bytes(data)
    with pytest.raises(PiecesError, match="colorize run again"):
        join_film(plan, folder, 0)
    assert not list((tmp_path / "farm").glob("*[0-9m].*"))
    assert [chunk.name for chunk in missing_chunks(plan, folder, 0)] == ["000.00001"]
    colour(plan, folder)
    join_film(plan, folder, 0)
    whole_run(plan, tmp_path / "single" / result)
    assert files_of(tmp_path / "farm") == files_of(tmp_path / "single")


def test_a_result_that_came_meanwhile_is_not_replaced(planned: Plan, folder: JobFolder, tmp_path: Path) -> None:
    colour(planned, folder)
    (tmp_path / "farm").mkdir(exist_ok=True)
    (tmp_path / "farm" / "film.mov").write_bytes(b"somebody else's")
    with pytest.raises(OutputExistsError):
        join_film(planned, folder, 0)
    assert files_of(tmp_path / "farm") == {"film.mov": hashlib.sha256(b"somebody else's").hexdigest()}


def test_two_at_once_on_one_chunk_are_safe(planned: Plan, folder: JobFolder, tmp_path: Path) -> None:
    children = [start(planned, folder, chunk) for chunk in planned.chunks for _ in range(2)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)
    join_film(planned, folder, 0)
    whole_run(planned, tmp_path / "single" / "film.mov")
    assert files_of(tmp_path / "farm") == files_of(tmp_path / "single")
    assert not [path for path in (folder.path / "attempts").iterdir() if "discarded" not in path.name]


def test_kills_lose_nothing(planned: Plan, folder: JobFolder, tmp_path: Path) -> None:
    chance = random.Random(1)
    killed = 0
    for chunk in planned.chunks:
        for _ in range(3):
            child = start(planned, folder, chunk)
            time.sleep(chance.uniform(0.0, 0.25))
            os.kill(child, signal.SIGKILL)
            killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert os.waitpid(start(planned, folder, chunk), 0)[1] == 0
    assert killed
    join_film(planned, folder, 0)
    whole_run(planned, tmp_path / "single" / "film.mov")
    assert files_of(tmp_path / "farm") == files_of(tmp_path / "single")


def test_an_attempt_that_was_stopped_is_gone_on_with(planned: Plan, folder: JobFolder) -> None:
    done: list[int] = []
    with pytest.raises(CancelledError):
        ChunkTask(planned, folder).colorize(
            planned.chunks[1], news=lambda news: done.append(news["done"]), cancelled=lambda: len(done) >= 6
        )
    seen: list[int] = []
    ChunkTask(planned, folder).colorize(planned.chunks[1], news=lambda news: seen.append(news["done"]))
    assert seen[0] == 5
    assert len(seen) <= 4


@pytest.fixture
def disk(mount_disk) -> Path:
    return mount_disk(2048)


def test_a_full_disk_is_worth_another_try(make_job, disk: Path) -> None:
    folder = JobFolder(disk / "work")
    plan = analyse(make_job("film.mov"), folder)
    filler = disk / "filler"
    filler.write_bytes(bytes((2 << 20) - 70_000))
    with pytest.raises(OutputError) as caught:
        colour(plan, folder)
    assert is_retryable(exit_code(caught.type))
    assert not [path for path in (folder.path / "chunks").glob("*") if read_record(path) is None]
    filler.unlink()
    colour(plan, folder)
    assert not missing_chunks(plan, folder, 0)


def test_a_corrupt_plate_is_final(make_job, folder: JobFolder, tmp_path: Path) -> None:
    (tmp_path / "bad.mov").write_bytes(b"no movie at all")
    with pytest.raises(MediaError) as caught:
        analyse(make_job("film.mov", input=str(tmp_path / "bad.mov")), folder)
    assert not is_retryable(exit_code(caught.type))


def start(plan: Plan, folder: JobFolder, chunk: Chunk) -> int:
    """Colour ``chunk`` in a process of its own; its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        ChunkTask(plan, folder).colorize(chunk)
        code = 0
    finally:
        os._exit(code)
