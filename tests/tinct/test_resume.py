"""Runs that are killed and go on: ``tinct colorize --resume`` on the fake backend, in processes that really die."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO
import pytest

from tinct.runtime.run.work_folder import find_unfinished

FRAMES, EVERY = 14, 4
"""Frames of the plate, and from checkpoint to checkpoint."""

KILLED = """
import os, signal, sys
import tinct.cli
from tinct.runtime.run import plate_run
from tinct.runtime.run.journal import Journal
from tinct.runtime.media import movie_part, staging, writer_movie, writer_sequence, ycbcr
from tinct.runtime.run.work_folder import WorkFolder

plate_run.CHECKPOINT_FRAMES = {every}

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def before(owner, name, call):
    inner, count = getattr(owner, name), 0
    def counted(*arguments, **options):
        nonlocal count
        count += 1
        if count == call:
            die()
        return inner(*arguments, **options)
    setattr(owner, name, counted)

def half_a_line():
    inner, count = Journal.append, 0
    def half(self, entry):
        nonlocal count
        inner(self, entry)
        count += 1
        if count == 3:
            end = os.path.getsize(self.path)
            os.truncate(self.path, end - 20)
            die()
    Journal.append = half

{point}
sys.exit(tinct.cli.main(sys.argv[1:]))
"""

POINTS = {
    "while a part is encoded": "before(movie_part.MoviePart, 'write', 7)",
    "when a part is closed and no line says so": "before(Journal, 'append', 3)",
    "in the middle of a line of the journal": "half_a_line()",
    "while the parts are joined": "before(writer_movie.JoinedMovie, 'write', 1)",
    "between two renames": "before(staging.os, 'replace', 3)",
}


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """A grey sequence of 14 frames from 1001 on."""
    folder = tmp_path / "plate"
    folder.mkdir()
    y, x = np.mgrid[:48, :64]
    for number in range(FRAMES):
        grey = 127 + 100 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)
        cv2.imwrite(str(folder / f"shot.{1001 + number}.png"), grey.astype(np.uint8))
    return folder / "shot.%04d.png"


def options(plate: Path, still: Path, output: Path) -> list[str]:
    hint = ["--hint", "1002,30,20,#1f5fa8"]
    job = ["colorize", plate, "-r", f"{still}@1002", "-o", output, *hint]
    return [str(part) for part in (*job, "--model", "fake", "--backend", "fake", "--working-size", 64)]


def results(output: Path) -> dict[str, bytes]:
    files = output.parent.glob("r.*") if "%" in output.name else output.parent.glob(output.name)
    return {path.name: path.read_bytes() for path in sorted(files)}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinct.runtime.run.plate_run.CHECKPOINT_FRAMES", EVERY)


@pytest.fixture
def killed() -> Callable[[str, list[str]], None]:
    """Run the command line in a process that kills itself at a point."""

    def run(point: str, arguments: list[str]) -> None:
        script = KILLED.format(every=EVERY, point=point)
        done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr

    return run


@pytest.mark.parametrize(("name", "point"), [(("film.mov", "r.%04d.png")[i == 4], p) for i, p in enumerate(POINTS)])
@pytest.mark.usefixtures("short")
def test_a_run_that_was_killed_goes_on_to_the_same_result(
    tinct, killed, plate: Path, still: Path, tmp_path: Path, name: str, point: str
) -> None:
    whole, broken = tmp_path / "whole" / name, tmp_path / "broken" / name
    assert tinct(*options(plate, still, whole)).code == 0
    killed(POINTS[point], options(plate, still, broken))
    begun = find_unfinished(broken.parent)
    assert len(begun) == 1
    assert begun[0].total == FRAMES
    if "rename" not in point:
        assert results(broken) == {}
    refused = tinct(*options(plate, still, broken))
    assert refused.code == (2 if begun[0].done else 0)
    if begun[0].done:
        assert "--resume" in refused.error
        outcome = tinct(*options(plate, still, broken), "--resume", "--json")
        assert outcome.code == 0, outcome.err
        assert json.loads(outcome.out.splitlines()[-1])["resumed"] == begun[0].done
    assert results(broken) == results(whole)
    assert [path.name for path in broken.parent.glob(".*") if not path.name.endswith(".done")] == []


@pytest.mark.parametrize("point", ["before(Journal, 'append', 3)", "before(staging.os, 'replace', 3)"])
@pytest.mark.usefixtures("short")
def test_passes_in_a_folder_of_their_own_go_on_too(
    tinct, killed, plate: Path, still: Path, tmp_path: Path, point: str
) -> None:
    """Picture and passes have the same file names, in folders of their own."""
    found = []
    for begun in ("whole", "broken"):
        folder = tmp_path / begun
        named = ["--passes", "chroma,confidence", "--passes-output", str(folder / "{pass}" / "r.%04d.exr")]
        arguments = [*options(plate, still, folder / "r.%04d.exr"), *named]
        if begun == "broken":
            killed(point, arguments)
            arguments += ["--resume"]
        assert tinct(*arguments).code == 0
        files = sorted(path for path in folder.rglob("*.exr"))
        found.append({str(path.relative_to(folder)): _pixels(path) for path in files})
    assert found[0] == found[1]
    assert len(found[0]) == 3 * FRAMES


@pytest.mark.usefixtures("short")
def test_resume_starts_fresh_where_nothing_is_and_says_so_where_all_is_done(
    tinct, plate: Path, still: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.mov"
    first = tinct(*options(plate, still, film), "--resume", "--json")
    assert first.code == 0, first.err
    assert json.loads(first.out.splitlines()[-1])["resumed"] == 0
    data, age = film.read_bytes(), film.stat().st_mtime_ns
    again = tinct(*options(plate, still, film), "--resume")
    assert again.code == 0, again.err
    assert "finished before" in again.out
    assert (film.read_bytes(), film.stat().st_mtime_ns) == (data, age)
    assert tinct(*options(plate, still, film)).code == 2, "without --resume it is an output that exists"
    film.write_bytes(b"somebody else's")
    assert "there already" in tinct(*options(plate, still, film), "--resume").error
    assert film.read_bytes() == b"somebody else's"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (["--chroma", "0.5"], "chroma was 1.0 and is now 0.5"),
        (["--frames", "1001-1012"], "frames was 1001-1014 and is now 1001-1012"),
        (["--codec", "prores_4444"], "codec was null and is now prores_4444"),
        (["--hint", "1003,1,1,#ff0000"], "hints was"),
    ],
)
@pytest.mark.usefixtures("short")
def test_resume_with_other_parameters_names_them(
    tinct, plate: Path, still: Path, tmp_path: Path, change: list[str], named: str
) -> None:
    film = tmp_path / "film.mov"
    work = begun_work(tinct, plate, still, film)
    before = {path.name: path.read_bytes() for path in work.iterdir()}
    outcome = tinct(*options(plate, still, film), "--resume", *change)
    assert outcome.code == 2
    assert named in outcome.error
    assert {path.name: path.read_bytes() for path in work.iterdir()} == before, "nothing is lost by asking"


@pytest.mark.usefixtures("short")
def test_a_sequence_begun_with_another_range_is_named(tinct, killed, plate: Path, still: Path, tmp_path: Path) -> None:
    frames = tmp_path / "out" / "r.%04d.png"
    killed("before(writer_sequence, 'sync_folder', 2)", options(plate, still, frames))
    outcome = tinct(*options(plate, still, frames), "--resume", "--frames", "1001-1008")
    assert outcome.code == 2
    assert "frames was 1001-1014 and is now 1001-1008" in outcome.error


@pytest.mark.usefixtures("short")
def test_other_stills_and_another_plate_are_named(tinct, plate: Path, still: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mov"
    begun_work(tinct, plate, still, film)
    pixels = cv2.imread(str(still))
    cv2.imwrite(str(still), pixels[..., ::-1].copy())
    assert "stills was" in tinct(*options(plate, still, film), "--resume").error
    cv2.imwrite(str(still), pixels)
    cv2.imwrite(str(plate.parent / "shot.1014.png"), np.zeros((48, 64), np.uint8))
    assert "plate was" in tinct(*options(plate, still, film), "--resume").error


@pytest.mark.usefixtures("short")
def test_a_stopped_run_says_what_is_kept_and_overwrite_starts_afresh(
    tinct, plate: Path, still: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    film = tmp_path / "film.mov"
    begun_work(tinct, plate, still, film)
    assert f"{2 * EVERY} of {FRAMES} frames are kept" in caplog.text
    assert "--resume" in caplog.text
    outcome = tinct(*options(plate, still, film), "--overwrite", "--chroma", "0.5", "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out.splitlines()[-1])["resumed"] == 0
    assert find_unfinished(tmp_path) == ()


@pytest.mark.usefixtures("short")
def test_a_damaged_part_or_checkpoint_does_not_count(tinct, plate: Path, still: Path, tmp_path: Path) -> None:
    whole, film = tmp_path / "whole.mov", tmp_path / "film.mov"
    assert tinct(*options(plate, still, whole)).code == 0
    for name, done in (("checkpoint-00000008", 4), ("part-00000004.mov", 4), ("part-00000000.mov", 0)):
        work = begun_work(tinct, plate, still, film)
        os.truncate(work / name, 100)
        outcome = tinct(*options(plate, still, film), "--resume", "--json")
        assert outcome.code == 0, outcome.err
        assert json.loads(outcome.out.splitlines()[-1])["resumed"] == done
        assert film.read_bytes() == whole.read_bytes()
        film.unlink()


@pytest.mark.usefixtures("short")
def test_parts_of_a_movie_in_the_making_can_be_played(tinct, plate: Path, still: Path, tmp_path: Path) -> None:
    import av

    work = begun_work(tinct, plate, still, tmp_path / "film.mov")
    for part in ("part-00000000.mov", "part-00000004.mov"):
        with av.open(str(work / part)) as movie:
            assert sum(1 for _ in movie.decode(video=0)) == EVERY


@pytest.mark.usefixtures("short")
def test_a_full_disk_is_one_line_and_can_be_gone_on_from(
    tinct, plate: Path, still: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from tinct.runtime.media.staging import writing_to
    from tinct.runtime.run.journal import Entry, Journal

    whole, film = tmp_path / "whole.mov", tmp_path / "film.mov"
    assert tinct(*options(plate, still, whole)).code == 0
    inner, lines = Journal.append, 0

    def full(self: Journal, entry: Entry) -> None:
        nonlocal lines
        lines += 1
        if lines == 4:
            with writing_to(self.path):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        inner(self, entry)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", full)
        outcome = tinct(*options(plate, still, film))
    assert outcome.code == 1
    assert "No space left on device" in outcome.error
    assert not film.exists()
    resumed = tinct(*options(plate, still, film), "--resume")
    assert resumed.code == 0, resumed.err
    assert film.read_bytes() == whole.read_bytes()


def begun_work(tinct, plate: Path, still: Path, film: Path) -> Path:
    """Leave a run of ``film`` interrupted after two checkpoints; returns its folder."""
    from tinct.runtime.media.movie_part import MoviePart

    inner, count = MoviePart.write, 0

    def stopped(self: MoviePart, frame: object) -> None:
        nonlocal count
        count += 1
        if count == 2 * EVERY + 2:
            raise KeyboardInterrupt
        inner(self, frame)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MoviePart, "write", stopped)
        outcome = tinct(*options(plate, still, film))
    assert outcome.code == 130
    (begun,) = find_unfinished(film.parent)
    assert begun.done == 2 * EVERY
    return begun.folder


def _pixels(path: Path) -> bytes:
    """Samples of an EXR file; its header holds the time of writing."""
    return OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT).tobytes()
