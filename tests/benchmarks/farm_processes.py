"""The processes of a farm's job that runs on this machine, as Linux lists them."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

STEPS = ("analyse", "relay", "colorize", "join")


def below(runner: int) -> set[int]:
    """All processes that ``runner`` started, and those that they did."""
    found, frontier = set[int](), [runner]
    while frontier:
        parent = frontier.pop()
        for thread in Path(f"/proc/{parent}/task").glob("*"):
            with suppress(OSError):
                frontier += map(int, (thread / "children").read_text().split())
        found.add(parent)
    return found - {runner}


def tasks(runner: int) -> Iterator[tuple[str, int]]:
    """The tasks at work below ``runner``: their steps and processes."""
    for process in below(runner):
        with suppress(OSError):
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"python") and b"task" in words:
                yield words[words.index(b"task") + 1].decode(), process


def workers(folder: Path) -> Iterator[int]:
    """The processes of sessions' workers that keep their address under ``folder``, the run's folder for such."""
    for address in folder.glob("tinct-farm-*/worker.json"):
        with suppress(OSError, ValueError):
            yield int(json.loads(address.read_text())["pid"])


def peak(process: int) -> float:
    """Most memory that a process has held so far, in MB; 0 where there is none."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def frames_logged(logs: Path) -> list[tuple[str, int]]:
    """Chunk and number of each frame that tasks say they have made, as often as they say it."""
    found = []
    for path in logs.glob("colorize-*.jsonl"):
        for line in path.read_text().splitlines():
            with suppress(ValueError, KeyError):
                entry = json.loads(line)
                if entry["event"] == "frame":
                    found.append((entry["chunk"], entry["frame"]))
    return found
