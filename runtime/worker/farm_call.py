"""The call ``farm``: a chunk of a farm's job, with what the worker keeps warm."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinct.runtime.errors import PiecesError
from tinct.runtime.farm.chunk_task import ChunkTask
from tinct.runtime.farm.folder import JobFolder
from tinct.runtime.farm.paths import PathRule
from tinct.runtime.farm.plan import Plan, read_plan
from tinct.runtime.farm.record import ChunkRecord
from tinct.runtime.warm import Warm
from tinct.runtime.worker.fields import Fields, whole_path
from tinct.runtime.worker.long_call import LongCall


def run_chunk(request: Fields, warm: Warm, call: LongCall) -> dict[str, Any]:
    """Colour the chunk ``chunk`` of the plan in the folder ``work``, or make the states of its shot (``relay``), and
    tell the client of each frame.

    Raises:
        TinctError: of `ChunkTask`.
        OSError: the client is gone.
    """
    folder = JobFolder(Path(whole_path(request, "work")))
    plan = read_plan(folder.plan)
    rules = tuple(_rule(Fields(one, "a rule")) for one in request.listed("rules"))
    task = ChunkTask(plan, folder, rules=rules, warm=warm)
    return work_on(task, plan, request.text("chunk"), call, relay=request.flag("relay", False))


def work_on(task: ChunkTask, plan: Plan, name: str, call: "LongCall | Listener", *, relay: bool) -> dict[str, Any]:
    """Do that, and return the facts of it.

    Raises:
        PiecesError: the plan has no such chunk.
        TinctError: of `ChunkTask`.
    """
    chunk = next((one for one in plan.chunks if one.name == name), None)
    if chunk is None:
        raise PiecesError(f"the plan has no chunk {name[:40]}; let the step analyse run again")
    if relay:
        return {"facts": {"followed": task.relay(chunk, call.cancelled)}}
    return {"facts": record_facts(task.colorize(chunk, news=call.tell, cancelled=call.cancelled))}


class Listener:
    """Takes the place of a client where there is no worker."""

    def tell(self, news: Mapping[str, Any]) -> None:
        """Hear how far it is."""

    def cancelled(self) -> bool:
        """Whether the work is to stop."""
        return False


def record_facts(record: ChunkRecord) -> dict[str, Any]:
    """A record as JSON, without what is told of each frame."""
    means = [frame.mean for frame in record.frames if not frame.grey]
    return {
        "frames": len(record.frames),
        "start": record.start,
        "backend": record.backend,
        "precision": record.precision,
        "seconds": dict(record.seconds),
        "confidence": round(sum(means) / len(means), 4) if means else 0.0,
    }


def _rule(fields: Fields) -> PathRule:
    return PathRule(fields.text("source"), fields.text("destination"), fields.flag("windows", False))
