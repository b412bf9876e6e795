"""A call that takes long: its client hears how far it is, and may cancel it."""

import select
import socket
import time
from collections.abc import Mapping
from typing import Any

from tinct.runtime.errors import CancelledError, WorkerError
from tinct.runtime.worker.wire import read_message, write_message

SIGN_OF_LIFE_SECONDS = 1.0
"""A client hears from a call at least this often once its work has begun."""
OFTEN_SECONDS = 0.05
"""Of news that may be left out, no more is told than every so often."""


class LongCall:
    """What goes to and fro while one call of one client is under way."""

    def __init__(self, stream: socket.socket, *, call: object, seconds: float) -> None:
        """For the client at ``stream``.

        Args:
            stream: the connection.
            call: the call's number, which all messages about it carry.
            seconds: within which a message must be taken.
        """
        self._stream, self._call, self._seconds = stream, call, seconds
        self._told = time.monotonic()
        self._news: Mapping[str, Any] = {}

    def tell(self, news: Mapping[str, Any]) -> None:
        """Tell the client how far it is.

        Raises:
            OSError: it is gone.
        """
        self._news, self._told = news, time.monotonic()
        write_message(self._stream, {"id": self._call, "progress": dict(news)}, seconds=self._seconds)

    def look(self, news: Mapping[str, Any]) -> None:
        """`tell`, unless the client has just heard, and stop the work if it wants that.

        Raises:
            CancelledError: it does.
            WorkerError: it broke the protocol.
            OSError: it is gone.
        """
        if time.monotonic() - self._told >= OFTEN_SECONDS:
            self.tell(news)
        if self.cancelled():
            raise CancelledError("the client stopped the call")

    def cancelled(self) -> bool:
        """Whether the client wants the work stopped; also gives the sign of life.

        Raises:
            WorkerError: it broke the protocol.
            OSError: it is gone.
        """
        if time.monotonic() - self._told >= SIGN_OF_LIFE_SECONDS:
            self.tell(self._news)
        if not select.select([self._stream], [], [], 0)[0]:
            return False
        message = read_message(self._stream, seconds=self._seconds)
        if message is None:
            raise ConnectionResetError("the client went away while its call was under way")
        if message.header.get("call") != "cancel":
            raise WorkerError("a client may only cancel while its call is under way")
        return True
