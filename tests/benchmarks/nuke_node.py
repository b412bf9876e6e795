"""What the Nuke node costs beside the colouring itself, in the fake Nuke of the tests with a real worker.

PYTHONPATH=.:tests/fakes python tests/benchmarks/nuke_node.py [--frames 12] [--model lite] [--backend auto]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from fake_nuke.application import NukeApplication
from fake_nuke.artist import Artist, shoot
from tinct.cli import main as tinct
from tinct.plugin.client import Client

DEMO = Path(__file__).parents[2] / "runtime" / "demo"


def measure(label: str, artist: Artist, button: str = "render") -> None:
    began = time.perf_counter()
    artist.press(button)
    said = artist.wait().splitlines()[0]
    print(f"{label:44} {time.perf_counter() - began:8.3f} s   {said}")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=12, help="of the demo clip that are rendered")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tinct-") as folder:
        home = Path(folder) / "dot_nuke"
        home.mkdir()
        tinct(["install", "nuke", "--path", str(home)])
        os.environ["TINCT_WORKER_FOLDER"] = str(Path(folder) / "w")
        os.environ["TINCT_INSTALLATION"] = str(home / "tinct_for_nuke/tinct/plugin/tinct_installation.json")
        artist = Artist(NukeApplication(home).start(), shoot(Path(folder) / "footage"))
        read = artist.nuke.make("Read", file=str(DEMO / "grey.mkv"), first=1, last=90)
        node = artist.create(read)
        for name, value in (("model", options.model), ("backend", options.backend), ("workingSize", 0)):
            artist.nuke.edit(node, name, value)
        artist.nuke.edit(node, "last", options.frames)
        artist.footage = DEMO
        artist.add_still("still_1.jpg")
        artist.nuke.frame = 2
        measure("first preview, the worker starts", artist, "preview")
        artist.nuke.frame = 3
        measure("another preview", artist, "preview")
        measure(f"{options.frames} frames", artist)
        measure("the same again", artist)
        artist.add_still("still_2.jpg", frame=options.frames // 2 + 1)
        measure("a still added in the middle", artist)
        with Client(start=False) as client:
            client.stop()
        artist.nuke.quit()


if __name__ == "__main__":
    main()
