"""A session on the worker, which outlives the worker.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tinct.plugin.worker_errors import ClientError, WorkerRefused
from tinct.plugin.worker_types import FROM_FILE, Frame, Hint, HintSeen, PlateFacts, Still
from tinct.plugin.worker_wire import Array

if TYPE_CHECKING:
    from tinct.plugin.client import Client


class Session:
    """A session on the worker. It outlives the worker: what was set and the last checkpoint are kept here."""

    def __init__(self, client: Client, wanted: dict[str, Any], checkpoint_every: int) -> None:
        """For `Client.open_session`."""
        self._client = client
        self._wanted = wanted
        self._every = checkpoint_every
        self._number = 0
        self._connection = 0
        self._memory: mmap.mmap | None = None
        self._stills: tuple[dict[str, Any], list[tuple[str, Array]]] = ({"stills": []}, [])
        self._hints: list[dict[str, Any]] = []
        self._checkpoint: bytes | None = None
        self._since: list[tuple[dict[str, Any], list[tuple[str, Array]]]] = []
        self.model = ""
        self.backend = ""
        self.plate: PlateFacts | None = None
        """What the worker knows of the plate, in a session of `Client.open_plate`."""
        self.restored = 0
        """How often the session was opened again on another connection."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def set_references(self, stills: Sequence[Still], timeout: float | None = None) -> None:
        """Replace all stills.

        Raises:
            WorkerRefused: a still cannot be used; the session stands as before.
            ClientError: the worker cannot be reached.
        """
        listed: list[dict[str, Any]] = []
        arrays: list[tuple[str, Array]] = []
        for index, still in enumerate(stills):
            facts: dict[str, Any] = {"frame": still.frame, "weight": still.weight}
            if still.path is not None:
                facts["path"] = os.path.abspath(str(still.path))
                facts["crop"] = None if still.crop is None else list(still.crop)
                facts["turn"] = still.turn
            else:
                facts["array"] = f"still {index}"
                shape = None if still.shape is None else (*still.shape, 3)
                arrays.append((facts["array"], Array.of(still.pixels, shape, "a still").kept()))
            listed.append(facts)
        self._change({"call": "references", "stills": listed}, arrays, timeout)
        self._stills = ({"stills": listed}, arrays)

    def set_hints(self, hints: Sequence[Hint], timeout: float | None = None) -> None:
        """Replace all hints; points are followed from the frames that come now.

        Raises:
            WorkerRefused: a hint lies outside the picture.
            ClientError: the worker cannot be reached.
        """
        listed = [{"frame": one.frame, "x": one.x, "y": one.y, "colour": list(one.colour)} for one in hints]
        self._change({"call": "hints", "hints": listed}, [], timeout)
        self._hints = listed

    def render(
        self,
        number: int,
        picture: Any,
        mask: Any = None,
        outputs: Sequence[str] = ("rgb",),
        continues: bool = False,
        preview: bool = False,
        borrow: bool = False,
        timeout: float | None = None,
        view_size: int | None = None,
    ) -> Frame:
        """Colour frame ``number`` of the plate.

        Frame n takes the state of frame n - 1; after any other it starts fresh (``was_reset``), unless it ``continues``
        the frame before although their numbers do not follow.

        Args:
            number: the plate's own.
            picture: (H, W) luma or (H, W, 3) RGB, float32, encoded as the session was told: anything with a buffer or
                ``__array_interface__``, contiguous; plain bytes are told apart by their size. `FROM_FILE`: the
                worker reads it.
            mask: (H, W) float32 0..1 that limits the colour.
            outputs: of ``rgb``, ``ab`` and ``confidence``; and for a screen, of 8 bits, sRGB, with no side over
                ``view_size``: ``view`` (the result), ``plate_view`` and ``chroma_view`` (h, w, 3), and
                ``confidence_view`` (h, w).
            continues: see above.
            preview: leave the session as it was, so that nothing follows from this frame.
            borrow: do not copy the result out of shared memory; it then holds until this session's next call.
            timeout: seconds; None = the client's.
            view_size: in pixels; None = 960.

        Raises:
            ValueError: the picture or the mask has another size or type.
            WorkerRefused: the worker could not.
            ClientError: the worker cannot be reached.
        """
        height, width = self._size
        arrays = []
        if picture is not FROM_FILE:
            given = Array.of(picture, None, "the picture", ((height, width), (height, width, 3)))
            arrays.append(("rgb" if len(given.shape) == 3 else "luma", given))
        if mask is not None:
            arrays.append(("mask", Array.of(mask, None, "the mask", ((height, width),))))
        header = {
            "call": "render", "number": number, "outputs": list(outputs), "continues": continues, "preview": preview,
            "view_size": view_size,
        }  # fmt: skip
        last = not preview and len(self._since) + 1 >= self._every
        reply, got = self._call(dict(header, checkpoint=last), arrays, timeout, borrow)
        if last:
            self._keep(got.pop("checkpoint"))
        elif not preview:
            self._since.append((dict(header, outputs=[]), [(name, array.kept()) for name, array in arrays]))
        hints = tuple(HintSeen(*one) for one in reply.get("hints", ()))
        return Frame(number, reply["was_reset"], reply["mean_confidence"], got, reply["seconds"], hints)

    def pixel(self, x: int, y: int, timeout: float | None = None) -> dict[str, Any]:
        """What there is at a pixel of the frame that was rendered last: ``plate`` (luma) and ``rgb`` (result) as in the
        file, ``lab`` of the result on a screen, and ``confidence``; None where a value is not finite.

        Raises:
            WorkerRefused: it lies outside the picture, or no frame was rendered since the worker began.
            ClientError: the worker cannot be reached.
        """
        reply, _ = self._call({"call": "pixel", "x": x, "y": y}, [], timeout)
        return dict(reply["pixel"])

    def reset(self, timeout: float | None = None) -> None:
        """Forget the frame before; the stills stay."""
        self._change({"call": "reset"}, [], timeout)

    def snapshot(self, timeout: float | None = None) -> bytes:
        """A checkpoint after the last frame, from which `restore` goes on bit for bit."""
        return bytes(self._call({"call": "snapshot"}, [], timeout)[1]["checkpoint"])

    def restore(self, checkpoint: bytes, timeout: float | None = None) -> None:
        """Go on from a `snapshot` of a session with the same model, sizes, stills and hints.

        Raises:
            WorkerRefused: the checkpoint is of another session; this one stands as before.
            ClientError: the worker cannot be reached.
        """
        array = Array(memoryview(bytes(checkpoint)), "uint8", (len(checkpoint),))
        self._change({"call": "restore"}, [("checkpoint", array)], timeout)

    def close(self) -> None:
        """End the session; harmless when it has ended, or the worker is gone."""
        client, self._memory = self._client, None
        with client._lock:
            if self._number and client._stream is not None and self._connection == client.connections:
                with contextlib.suppress(ClientError, OSError):  # it ends with the connection
                    client.call({"call": "close", "session": self._number})
            self._number = 0

    def reopen(self) -> None:
        """Open the session on the connection that stands now, with all that was set, at the last checkpoint.

        Raises:
            WorkerRefused: the worker could not, for one because a still's file has changed meanwhile.
            ClientError: the worker cannot be reached.
            OSError: the stream broke.
        """
        client = self._client
        with client._lock:
            client.connect()
            reply, _, self._memory = client.call(dict(self._wanted, call="open"))
            again = self._number != 0
            self._number, self._connection = reply["session"], client.connections
            self.model, self.backend = reply["model"], reply["backend"]
            if reply.get("plate"):
                self.plate = PlateFacts(**reply["plate"])
            if not again:
                return
            self.restored += 1
            self._once(dict(self._stills[0], call="references"), self._stills[1])
            if self._hints:
                self._once({"call": "hints", "hints": self._hints}, [])
            if self._checkpoint is not None:
                state = Array(memoryview(self._checkpoint), "uint8", (len(self._checkpoint),))
                self._once({"call": "restore"}, [("checkpoint", state)])
            for header, arrays in self._since:
                self._once(header, arrays)

    @property
    def _size(self) -> tuple[int, int]:
        """Height and width of the plate."""
        if self.plate is not None:
            return self.plate.height, self.plate.width
        return self._wanted["height"], self._wanted["width"]

    def _change(self, header: dict[str, Any], arrays: list[tuple[str, Array]], timeout: float | None) -> None:
        """A call after which the checkpoint is another one."""
        _, got = self._call(dict(header, checkpoint=True), arrays, timeout)
        self._keep(got["checkpoint"])

    def _keep(self, checkpoint: memoryview) -> None:
        self._checkpoint = bytes(checkpoint)
        self._since = []

    def _call(
        self, header: dict[str, Any], arrays: list[tuple[str, Array]], timeout: float | None, borrow: bool = False
    ) -> tuple[dict[str, Any], dict[str, memoryview]]:
        """A call that is repeated once, from the last checkpoint, if the worker has died or has let the session go."""

        def work() -> tuple[dict[str, Any], dict[str, memoryview]]:
            with self._client._lock:
                self._client.connect()
                if self._connection != self._client.connections:
                    self.reopen()
                try:
                    return self._once(header, arrays, timeout, borrow)
                except WorkerRefused as error:
                    if error.kind != "SessionGoneError":
                        raise
                    self.reopen()
                    return self._once(header, arrays, timeout, borrow)

        result: tuple[dict[str, Any], dict[str, memoryview]] = self._client.repeated(work, header["call"])
        return result

    def _once(
        self,
        header: dict[str, Any],
        arrays: Sequence[tuple[str, Array]],
        timeout: float | None = None,
        borrow: bool = False,
    ) -> tuple[dict[str, Any], dict[str, memoryview]]:
        reply, got, _ = self._client.call(dict(header, session=self._number), arrays, self._memory, timeout, borrow)
        return reply, got
