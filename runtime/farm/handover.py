"""What a chunk inside a shot takes from the frames before it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tinct.runtime.errors import StateError
from tinct.runtime.farm.folder import JobFolder, write_whole
from tinct.runtime.farm.paths import PathRule
from tinct.runtime.farm.plan import Chunk, Plan
from tinct.runtime.run.checkpoint import Checkpoint, Tally
from tinct.runtime.run.pipeline import follow_plate
from tinct.runtime.warm import Warm

SHOT, CHECKPOINT, PREROLL = "shot", "checkpoint", "preroll"


class Handover:
    """The states between the chunks of a plan, kept in the job's folder."""

    def __init__(self, plan: Plan, folder: JobFolder, rules: Sequence[PathRule], warm: Warm) -> None:
        self._plan, self._folder, self._rules, self._warm = plan, folder, rules, warm

    def start_of(self, chunk: Chunk, cancelled: Callable[[], bool] | None = None) -> tuple[Checkpoint | None, str]:
        """Where ``chunk`` starts, and how that was come by: ``shot`` (it takes nothing from before), ``checkpoint``
        (the state of an unbroken run, bit for bit) or ``preroll``.

        From the nearest state that is kept, else from the shot's start, the frames up to the chunk are taken through
        the network; with a pre-roll, no more than those.

        Raises:
            TinctError: as `follow_plate`.
        """
        if chunk.starts_shot:
            return None, SHOT
        kept = self._nearest(chunk)
        if kept is not None and kept.frame == chunk.first - 1:
            return kept, CHECKPOINT
        begin = chunk.shot_first if kept is None else kept.frame + 1
        preroll = self._plan.preroll
        if preroll is not None and chunk.first - begin > preroll:
            if preroll == 0:
                return None, PREROLL
            return self._followed(chunk, chunk.first - preroll, None, cancelled), PREROLL
        end = self._followed(chunk, begin, kept, cancelled)
        self.keep(chunk, end)
        return end, CHECKPOINT

    def relay(self, last: Chunk, cancelled: Callable[[], bool] | None = None) -> int:
        """Make the states at which the chunks of a shot begin, up to its ``last`` one; how many frames that took.

        Raises:
            TinctError: as `follow_plate`.
        """
        chunks = [one for one in self._plan.of_film(last.film) if one.shot == last.shot and not one.starts_shot]
        if self._nearest(last, exactly=True) is not None and all(self._nearest(one, exactly=True) for one in chunks):
            return 0
        begins = {one.first - 1: one for one in chunks}
        request = self._plan.request(last.film, last.shot_first, last.first - 1, self._rules)
        for checkpoint in follow_plate(request, start=None, cancelled=cancelled, warm=self._warm):
            if checkpoint.frame in begins:
                self.keep(begins[checkpoint.frame], checkpoint)
        return last.first - last.shot_first

    def keep(self, chunk: Chunk, checkpoint: Checkpoint) -> None:
        """Keep the state from which ``chunk`` starts, or others do.

        Raises:
            OutputError: it cannot be written.
        """
        place = self._folder.state(chunk.film, checkpoint.frame, self._plan.identity)
        write_whole(place, replace(checkpoint, done=0, tally=Tally()).to_bytes())

    def _nearest(self, chunk: Chunk, *, exactly: bool = False) -> Checkpoint | None:
        """The last state of the shot before ``chunk`` that is there and not damaged."""
        chunks = [one for one in self._plan.of_film(chunk.film) if one.shot == chunk.shot and one.first <= chunk.first]
        for one in reversed(chunks):
            if one.starts_shot or (exactly and one != chunk):
                return None
            place = self._folder.state(chunk.film, one.first - 1, self._plan.identity)
            try:
                return Checkpoint.from_bytes(place.read_bytes())
            except (OSError, StateError):
                continue
        return None

    def _followed(
        self, chunk: Chunk, begin: int, start: Checkpoint | None, cancelled: Callable[[], bool] | None
    ) -> Checkpoint:
        request = self._plan.request(chunk.film, begin, chunk.first - 1, self._rules)
        last = None
        for checkpoint in follow_plate(request, start=start, cancelled=cancelled, warm=self._warm):
            last = checkpoint
        assert last is not None, "there is a checkpoint after the last frame"
        return last
