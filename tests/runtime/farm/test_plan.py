"""Films are cut at their shots, chunks are dealt out evenly, and plans come back as they were."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinct.runtime.errors import FrameRangeError, PiecesError, UsageError
from tinct.runtime.farm.analysis import analyse
from tinct.runtime.farm.folder import JobFolder
from tinct.runtime.farm.job import FarmJob, read_job
from tinct.runtime.farm.paths import PathRule, mapped_request, read_rules
from tinct.runtime.farm.plan import TASK_COST, cut_film, deal, read_plan
from tinct.runtime.run.shot_plan import ShotPlan


@given(st.integers(-5, 2000), st.integers(1, 600), st.sets(st.integers(0, 2600), max_size=8), st.integers(0, 100))
def test_chunks_cover_the_film_and_keep_to_shots_and_checkpoints(
    first: int, length: int, cuts: set[int], chunk: int
) -> None:
    last = first + length - 1
    chunks = cut_film(0, ShotPlan(resets=tuple(sorted(cuts))), first, last, chunk)
    assert [one.first for one in chunks] == [first, *(one.last + 1 for one in chunks[:-1])]
    assert chunks[-1].last == last
    assert {one.first for one in chunks if one.starts_shot} == {first} | {cut for cut in cuts if first < cut <= last}
    for one in chunks:
        assert (one.first - one.shot_first) % 4 == 0
        assert chunk == 0 or one.frames <= max(chunk, 4)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=40), st.integers(1, 12))
def test_tasks_get_neighbours_and_no_task_too_much(lengths: list[int], count: int) -> None:
    resets = [sum(lengths[: index + 1]) for index in range(len(lengths) - 1)]
    chunks = cut_film(0, ShotPlan(resets=tuple(resets)), 0, sum(lengths) - 1, 0)
    tasks = deal(chunks, count)
    assert len(tasks) == count
    assert sorted((chunk for task in tasks for chunk in task), key=lambda chunk: chunk.first) == list(chunks)
    assert all(after.first == before.last + 1 for task in tasks for before, after in pairwise(task))
    costs = [sum(chunk.frames + TASK_COST for chunk in task) for task in tasks]
    assert costs == sorted(costs, reverse=True), "the dearest begins first"
    assert max(costs) <= sum(costs) / count + max(lengths) + TASK_COST


def test_no_tasks_are_an_error() -> None:
    with pytest.raises(UsageError, match="must be 1 or more"):
        deal((), 0)


def test_a_plan_comes_back_as_it_was(make_job, folder: JobFolder) -> None:
    plan = analyse(make_job("film.mov"), folder)
    assert read_plan(folder.plan) == plan
    assert [(one.first, one.last) for one in plan.chunks] == [(0, 4), (5, 12), (13, 17), (18, 21)]
    assert analyse(make_job("film.mov"), folder) == plan


def test_a_plan_changes_with_what_the_result_depends_on(make_job, folder: JobFolder) -> None:
    one = analyse(make_job("film.mov"), folder).identity
    assert analyse(make_job("film.mov", chroma=0.5), folder).identity != one
    assert analyse(make_job("film.mov", chunk=4), folder).identity != one


def test_a_damaged_plan_is_told(folder: JobFolder, planned) -> None:
    folder.plan.write_text(folder.plan.read_text()[:100])
    with pytest.raises(PiecesError, match="let the step analyse run again"):
        read_plan(folder.plan)


def test_frames_with_gaps_are_refused(make_job, folder: JobFolder) -> None:
    with pytest.raises(FrameRangeError, match="without any"):
        analyse(make_job("film.mov", frames="0-10x2"), folder)


def test_an_output_that_is_there_is_refused_and_nothing_is_left(make_job, folder: JobFolder, tmp_path: Path) -> None:
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "film.mov").write_bytes(b"old")
    with pytest.raises(UsageError, match="there already"):
        analyse(make_job("film.mov"), folder)
    assert [path.name for path in (tmp_path / "farm").iterdir()] == ["film.mov"]


def test_a_job_comes_back_as_it_was(make_job, tmp_path: Path) -> None:
    job: FarmJob = make_job("film.mov")
    (tmp_path / "job.json").write_text(job.to_json())
    assert read_job(tmp_path / "job.json").to_json() == job.to_json()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 2, "films": []}', '{"schema": 1, "films": [], "name": "x"}'])
def test_what_is_no_job_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(UsageError):
        read_job(tmp_path / "job.json")


def test_paths_are_called_as_the_rules_say(tmp_path: Path) -> None:
    rules = {
        "version": "pathmapping-1.0",
        "path_mapping_rules": [
            {"source_path_format": "POSIX", "source_path": "/mnt", "destination_path": "/farm"},
            {"source_path_format": "POSIX", "source_path": "/mnt/stills", "destination_path": "/other"},
            {"source_path_format": "WINDOWS", "source_path": "Z:\\film", "destination_path": "/film"},
        ],
    }
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    found = read_rules(tmp_path / "rules.json")
    request = {"input": "/mnt/a.mov", "output": "Z:\\film\\b.mov", "references": [{"path": "/mnt/stills/c.png"}]}
    assert mapped_request(request, found) == {
        "input": "/farm/a.mov", "output": "/film/b.mov", "references": [{"path": "/other/c.png"}],
    }  # fmt: skip
    assert PathRule("/mnt", "/farm").apply("/mntx/a") is None
