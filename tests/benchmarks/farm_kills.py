"""Runs a job in several sessions and kills one of their processes every few seconds; the film must be that of one run.

    PYTHONPATH=.:tests/fakes python tests/benchmarks/farm_kills.py --sessions 4 --kills 20

Each kill is SIGKILL to a task's process or to a session's worker, by chance, once the shots are planned. Everything
that is killed was started by the run. A plate that cannot be read and a disk that is full are tried too, and must end
with the exit codes that ``docs/farm.md`` gives (the disk needs root, to mount a small file system).
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from small_disk import small_disk

import farm_processes
from drawn_film import draw_film

FRAMES, CUTS = 240, (40, 140)
TINCT = (sys.executable, "-m", "tinct")


def request(folder: Path) -> list[str]:
    """Options that the single run and the bundle have in common."""
    model = ["--model", "fake", "--backend", "fake", "--working-size", "64", "--threads", "1"]
    return [str(folder / "plate.mov"), "-r", f"{folder / 'still.png'}@3", "--shots", str(folder / "shots.csv"), *model]


def tinct(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call Tinct and wait."""
    words = [*TINCT, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=os.environ | environment)


def victims(runner: int, places: Path) -> list[tuple[str, int]]:
    """Processes of the run: tasks below ``runner``, and workers that keep their address under ``places``."""
    found = [("task", process) for _, process in farm_processes.tasks(runner)]
    return [*found, *(("worker", process) for process in farm_processes.workers(places))]


def killed_run(folder: Path, sessions: int, kills: int, every: float, chance: random.Random) -> Counter[str]:
    """Run the bundle and kill; what was killed, and how often tasks were tried again."""
    workers = folder / "tmp"
    workers.mkdir()
    words = [*TINCT, "farm", "run", str(folder / "bundle"), "--sessions", str(sessions), "--retries", "99", "--json"]
    runner = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(workers)})
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(runner.stdout or ()))
    reader.start()
    counts: Counter[str] = Counter()
    while runner.poll() is None:
        time.sleep(chance.uniform(0.5, 1.5) * every)
        found = victims(runner.pid, workers) if (folder / "film.mov.farm" / "plan.json").exists() else []
        if found and counts["killed"] < kills:
            kind, process = chance.choice(found)
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                counts[kind] += 1
                counts["killed"] += 1
    reader.join()
    last = json.loads(lines[-1])
    counts["tried again"] = last["again"]
    counts["exit code"] = runner.returncode
    made = Counter(farm_processes.frames_logged(folder / "film.mov.farm" / "logs"))
    counts["frames made twice"] = sum(made.values()) - len(made)
    return counts


def full_disk(folder: Path) -> str:
    """What a task says on a disk that is full."""
    place = folder / "disk"
    with small_disk(place, 1024) as mounted:
        if not mounted:
            return "not tried: it needs root on Linux"
        planned = tinct("farm", "task", "analyse", "--job", folder / "bundle" / "job.json", "--work", place / "work",
                        "--output", folder / "other.mov")  # fmt: skip
        (place / "filler").write_bytes(bytes((1 << 20) - 60_000))
        done = tinct("farm", "task", "colorize", "--work", place / "work", "--index", 1, "--of", 1)
        last = done.stdout.splitlines()[-1][:110]
        return f"analyse {planned.returncode}, colorize exit code {done.returncode}: {last}"


def corrupt_plate(folder: Path) -> str:
    """What the analysis says of a plate that is none."""
    (folder / "plate.mov").rename(folder / "good.mov")
    (folder / "plate.mov").write_bytes((folder / "good.mov").read_bytes()[:2000])
    done = tinct("farm", "task", "analyse", "--job", folder / "bundle" / "job.json", "--work", folder / "work")
    return f"exit code {done.returncode}: {done.stdout.splitlines()[-1][:120]}"


def main() -> int:
    """Print what was killed and whether the films are the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--every", type=float, default=3.0, help="seconds between kills, about")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tinct-farm-kills-") as name:
        folder = Path(name)
        draw_film(folder, FRAMES, cuts=CUTS)
        single = tinct("colorize", *request(folder), "-o", folder / "single.mov")
        bundle = tinct("farm", "bundle", *request(folder), "--result", folder / "film.mov", "--chunk", "24",
                       "--output", folder / "bundle")  # fmt: skip
        if single.returncode or bundle.returncode:
            sys.stdout.write(single.stderr + bundle.stderr)
            return 1
        sys.stdout.write(bundle.stdout)
        counts = killed_run(folder, options.sessions, options.kills, options.every, random.Random(options.seed))
        digests = [
            hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
            for path in (folder / "single.mov", folder / "film.mov")
        ]
        left = [path.name for path in folder.glob(".tinct-*") if not path.name.endswith(".done")]
        sys.stdout.write(f"{dict(counts)}; identical: {digests[0] == digests[1]}; left behind: {left}\n")
        sys.stdout.write(f"full disk: {full_disk(folder)}\n")
        sys.stdout.write(f"corrupt plate: {corrupt_plate(folder)}\n")
    return 0 if digests[0] == digests[1] and not left else 1


if __name__ == "__main__":
    sys.exit(main())
