"""Malformed traffic at a worker for a while, with a well-behaved client beside it: no crash, no hang, no growth.

Run: PYTHONPATH=. python tests/benchmarks/worker_fuzz.py [--seconds 60] [--seed 1]
"""

import argparse
import json
import random
import socket
import sys
import tempfile
import time
from pathlib import Path

from tinct.plugin.client import Client, write_installation
from tinct.runtime.worker import endpoint, handshake, wire


def raw(folder: str, dice: random.Random) -> socket.socket:
    """A stream to the worker, with the right key most of the time."""
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(5)
    stream.connect(f"{folder}/{endpoint.SOCKET}")
    greeting = stream.recv(handshake.GREETING.size)
    key = bytes.fromhex(Path(folder, endpoint.KEY).read_text()) if dice.random() < 0.9 else dice.randbytes(32)
    answer = handshake.PROTOCOL.to_bytes(2, "big") + dice.randbytes(32)
    stream.sendall(answer + handshake.seal(key, b"client", greeting + answer))
    stream.recv(handshake.VERDICT.size)
    return stream


CALLS = (
    "open", "render", "references", "restore", "hints", "status", "pixel", "probe", "thumbnail", "rank", "shots",
    "make_library", "colorize", "cancel",
)  # fmt: skip
PATHS = ("/nowhere/a.mov", "../a.png", "/etc/passwd", "/dev/zero", "/proc/self/mem", "/a\0b", "")


def mutated(dice: random.Random) -> bytes:
    """A message with some bytes changed, cut off, or put in."""
    header = {"call": dice.choice(CALLS), "session": 1, "size": 64, "frame": dice.randrange(9), "count": 3}
    header |= {"path": dice.choice(PATHS), "library": dice.choice(PATHS), "stills": dice.choice(PATHS), "x": 3, "y": 5}
    header |= {"run": {"input": dice.choice(PATHS), "output": "/nowhere/out.mov", "references": [{"path": "/a.png"}]}}
    header |= {"model": "fake", "width": 64, "height": 48, "working_size": 64, "number": dice.randrange(9)}
    header |= (
        {"outputs": ["rgb"], "stills": [{"array": "a", "weight": 1.0}], "hints": []} if dice.random() < 0.5 else {}
    )
    payload = dice.randbytes(dice.choice([0, 64 * 48 * 4, 300]))
    name = dice.choice(["luma", "a", "checkpoint"])
    shape = [48, 64] if len(payload) > 300 else [len(payload) // 4]
    header["arrays"] = [{"name": name, "dtype": "float32", "shape": shape}]
    text = json.dumps(header).encode()
    data = bytearray(wire.HEAD.pack(wire.MAGIC, len(text), len(payload)) + text + payload)
    for _ in range(dice.choice([0, 0, 1, 3])):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data[: dice.randrange(len(data))] if dice.random() < 0.1 else data)


def resident(pid: int) -> float:
    """MB that the process has in memory."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as base:
        folder, record = f"{base}/w", f"{base}/installation.json"
        write_installation(record, sys.executable, {"PYTHONPATH": str(Path.cwd())})
        with Client(folder=folder, installation=record) as client:
            session = client.open_session(64, 48, model="fake", working_size=64)
            picture, slowest, streams, messages, memory = bytes(64 * 48 * 4), 0.0, 0, 0, []
            want = session.render(0, picture, preview=True).arrays["rgb"]
            end = time.monotonic() + options.seconds
            while time.monotonic() < end:
                streams += 1
                try:
                    with raw(folder, dice) as stream:
                        for _ in range(dice.randrange(1, 20)):
                            messages += 1
                            stream.sendall(mutated(dice))
                            stream.settimeout(0.05)
                            stream.recv(1 << 20)
                except OSError:
                    pass  # thrown out, or left in the middle
                started = time.monotonic()
                assert session.render(0, picture, preview=True).arrays["rgb"] == want
                slowest = max(slowest, time.monotonic() - started)
                memory.append(resident(client.status()["pid"]))
            assert client.connections == 1
            client.stop()
    eighths = [f"{memory[min(len(memory) - 1, len(memory) * part // 8)]:.0f}" for part in range(9)]
    print(f"{streams} connections, {messages} messages; the other client's slowest frame {1e3 * slowest:.0f} ms")  # noqa: T201
    print(f"memory in MB, from eighth to eighth of the time: {' '.join(eighths)}")  # noqa: T201


if __name__ == "__main__":
    main()
