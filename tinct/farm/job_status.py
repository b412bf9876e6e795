"""How far a job is, by what lies in its folder."""

from collections.abc import Iterator
from typing import Any

from tinct.farm.open_job import OpenedJob
from tinct.runtime.errors import PiecesError
from tinct.runtime.farm.folder import JobFolder
from tinct.runtime.farm.join import finished_film
from tinct.runtime.farm.log import read_logs
from tinct.runtime.farm.plan import Plan, read_plan
from tinct.runtime.farm.record import is_intact, read_record


def job_status(opened: OpenedJob) -> dict[str, Any]:
    """Films and their chunks, and the last failure of each task that failed last.

    Raises:
        OutputError: a log cannot be read.
    """
    folder = JobFolder(opened.work)
    plan = _plan(folder)
    films = []
    for number, film in enumerate(plan.films if plan else ()):
        assert plan is not None
        chunks = plan.of_film(number)
        made = [chunk for chunk in chunks if _is_there(plan, folder, chunk.name)]
        films.append(
            {
                "name": film.name,
                "output": film.request["output"],
                "finished": finished_film(plan, folder, number) is not None,
                "chunks": len(chunks),
                "made": len(made),
                "frames": sum(chunk.frames for chunk in chunks),
                "frames_made": sum(chunk.frames for chunk in made),
                "missing": [chunk.name for chunk in chunks if chunk not in made],
            }
        )
    last: dict[tuple[str, int], dict[str, Any]] = {}
    for line in read_logs(folder.logs):
        if line.get("event") in ("begun", "done", "failed"):
            key = (str(line["step"]), int(line["task"]))
            if key not in last or line["time"] >= last[key]["time"]:
                last[key] = line
    failed = [line for line in last.values() if line["event"] == "failed"]
    return {"name": opened.name, "planned": plan is not None, "films": films, "failed": failed}


def status_lines(found: dict[str, Any]) -> list[str]:
    """That for people."""
    lines = [found["name"]]
    if not found["planned"]:
        lines.append("not analysed yet")
    for film in found["films"]:
        if film["finished"]:
            lines.append(f"{film['name']}: finished, {film['frames']} frames in {film['output']}")
            continue
        missing = ", ".join(film["missing"][:8]) + (", ..." if len(film["missing"]) > 8 else "")
        lines.append(
            f"{film['name']}: {film['made']} of {film['chunks']} chunks, {film['frames_made']} of {film['frames']} "
            f"frames; missing: {missing or 'none, to be joined'}"
        )
    for line in found["failed"]:
        lines.append(f"{line['step']} {line['task']} failed last on {line['host']}: {line['message']}")
    return lines


def discard_damaged(opened: OpenedJob) -> Iterator[str]:
    """Take away the chunks that are not what was written, and yield their names."""
    folder = JobFolder(opened.work)
    plan = _plan(folder)
    for number in range(len(plan.films) if plan else 0):
        assert plan is not None
        if finished_film(plan, folder, number) is not None:
            continue
        for chunk in plan.of_film(number):
            place = folder.chunk(chunk.name)
            record = read_record(place)
            if place.exists() and (record is None or not is_intact(place, record)):
                folder.discard(place)
                yield chunk.name


def _is_there(plan: Plan, folder: JobFolder, name: str) -> bool:
    record = read_record(folder.chunk(name))
    return record is not None and record.identity == plan.identity


def _plan(folder: JobFolder) -> Plan | None:
    try:
        return read_plan(folder.plan)
    except PiecesError:
        return None
