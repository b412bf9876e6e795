"""The render queue: shots that a process of its own renders one after the other, whether the panel is open or not."""

from __future__ import annotations

from collections.abc import Sequence

from tinct.runtime.project import Project
from tinct.runtime.project.queue_folder import CANCELLED, DONE, FAILED, OPEN, RUNNING, QueueFolder
from tinct.ui.lane import Post
from tinct.ui.models.document import Document
from tinct.ui.models.messages import Messages
from tinct.ui.models.processes import Processes
from tinct.ui.models.queue_watch import QueueCall, QueueSeen, QueueWatch, Task
from tinct.ui.signal import Signal

ABOUT = "queue"


class RenderQueue:
    """``changed``: tasks; ``rendered``: the shot of that id has another result; ``progressed``: a frame was rendered:
    project, shot's id, frame, confidence.

    It lies on disk beside the project (`QueueFolder`) and is read and written by a thread, so that the UI thread never
    waits for a disk. What was queued is rendered as it was then; changes since want another `add`.
    """

    def __init__(self, document: Document, messages: Messages, post: Post, processes: Processes):
        """The queue of ``document``, once that has a file; ``post`` as in `Lane`."""
        self.changed, self.rendered, self.progressed = Signal(), Signal(), Signal()
        self._document, self._messages, self._post, self._processes = document, messages, post, processes
        self._tasks: list[Task] = []
        self.is_held = False
        self._path: str | None = None
        self._watch: QueueWatch | None = None
        document.changed.connect(self._follow)

    @property
    def tasks(self) -> list[Task]:
        """All tasks in their order."""
        return list(self._tasks)

    @property
    def running(self) -> Task | None:
        """The one that is under way."""
        return next((task for task in self._tasks if task.state == RUNNING), None)

    @property
    def has_place(self) -> bool:
        """Whether there is a project file for it to lie beside."""
        return self._document.path is not None

    def task(self, shot: str) -> Task | None:
        """The task of a shot."""
        return next((task for task in self._tasks if task.shot == shot), None)

    def add(self, ids: Sequence[str]) -> None:
        """Queue shots as they are now, in place of what waits of them. Those without a still are left out, and those
        that are under way."""
        if self._watch is None:
            self._messages.problem("Save the project first: the queue lies beside it.", ABOUT)
            return
        self._refuse([shot.name for shot in map(self._document.shot, ids) if shot is not None and not shot.stills])
        wanted = []
        for id in ids:
            shot, task = self._document.shot(id), self.task(id)
            if shot is not None and shot.stills:
                if task is not None and task.state == RUNNING:
                    self._messages.note(f"{shot.name} is being rendered as it was queued; cancel that first.", ABOUT)
                else:
                    wanted.append(shot)
        if not wanted:
            return
        project, shots = self._document.project, [shot.id for shot in wanted]
        kept = [task for task in self._tasks if task.shot not in shots]
        self._tasks = kept + [Task(shot.id, shot.name, output=project.output.place(shot.name)) for shot in wanted]
        self._do(lambda queue: queue.add(project, shots))

    def pause(self) -> None:
        """Stop after the frame that is under way; what is done is kept."""
        self.is_held = True
        self._do(lambda queue: queue.hold(True))

    def resume(self) -> None:
        """Go on with what waits."""
        self.is_held = False
        self._do(lambda queue: queue.hold(False))

    def cancel(self, shot: str) -> None:
        """Take a shot out of the line; frames that were done are kept for `add`."""
        task = self.task(shot)
        if task is None or task.state not in OPEN:
            return
        self._tasks = [one._replace(state=CANCELLED) if one.shot == shot else one for one in self._tasks]

        def work(queue: QueueFolder) -> None:
            for queued in queue.shots():
                if queued.shot.id == shot and queued.state in OPEN:
                    queue.tell(queued.order.id, shot, CANCELLED, text="cancelled; what was done is kept")

        self._do(work)

    def remove_finished(self) -> None:
        """Show open tasks alone."""
        self._tasks = [task for task in self._tasks if task.state in OPEN]
        self._do(lambda queue: queue.clear())

    def close(self) -> None:
        """Look no more. What is queued goes on being rendered."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    # What the disk says

    def _follow(self, before: Project, after: Project) -> None:
        """Another file, another queue."""
        if self._document.path == self._path:
            return
        self.close()
        self._path, self._tasks, self.is_held = self._document.path, [], False
        if self._path is not None:
            self._watch = QueueWatch(QueueFolder(self._path), self._post, self._processes, self._show, self._complain)
        self.changed.emit()

    def _do(self, work: QueueCall) -> None:
        if self._watch is not None:
            self._watch.do(work)
        self.changed.emit()

    def _show(self, watch: QueueWatch, seen: QueueSeen, done: int) -> None:
        if watch is not self._watch:
            return
        if seen.of is not None:
            for row in seen.frames:
                self.progressed.emit(seen.of.order.project, seen.of.shot.id, row.frame, row.confidence)
        if done != watch.asked or (seen.tasks == self._tasks and seen.is_held == self.is_held):
            return
        before = {task.shot: (task.order, task.state) for task in self._tasks}
        self._tasks, self.is_held = seen.tasks, seen.is_held
        self.changed.emit()
        for task in seen.tasks:
            if task.state in (DONE, FAILED) and before.get(task.shot) != (task.order, task.state):
                self.rendered.emit(task.shot)

    def _complain(self, text: str) -> None:
        if text:
            self._messages.problem(text, ABOUT)
        else:
            self._messages.settle(ABOUT)

    def _refuse(self, without: Sequence[str]) -> None:
        """Say which shots cannot be rendered."""
        self._messages.settle(ABOUT)
        if without:
            some = ", ".join(without[:3]) + (", …" if len(without) > 3 else "")
            verb = "has" if len(without) == 1 else "have"
            self._messages.problem(
                f"{some} {verb} no still and cannot be rendered; give one that shows the colours.", ABOUT
            )
