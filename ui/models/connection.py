"""How the panel reaches the worker: a client for each kind of work, so that one kind never waits for another."""

from __future__ import annotations

import threading
from typing import Callable

from tinct.plugin.client import Client

Connect = Callable[[str], Client]
"""The client of that kind of work; the same one every time."""


class Connections:
    """Clients by the name of what they are for, made when they are first needed."""

    def __init__(self, make: Callable[[], Client] = Client):
        """``make`` gives a new client."""
        self._make = make
        self._clients: dict[str, Client] = {}
        self._lock = threading.Lock()

    def __call__(self, purpose: str) -> Client:
        """The client for that purpose."""
        with self._lock:
            if purpose not in self._clients:
                self._clients[purpose] = self._make()
            return self._clients[purpose]

    def close(self) -> None:
        """Leave the worker; a call that is under way ends first."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()
