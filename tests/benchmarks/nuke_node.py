"""What the Nuke node costs beside the colouring itself, and what it shows, in the tests' stand-in with a real worker.

Run: PYTHONPATH=.:tests/fakes python tests/benchmarks/nuke_node.py [--frames 12] [--picture docs/pictures/nuke.jpg]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from fake_nuke.application import NukeApplication
from fake_nuke.artist import Artist
from tinct.cli import main as tinct
from tinct.plugin.client import Client
from tinct.runtime.media import open_plate

DEMO = Path(__file__).parents[2] / "runtime" / "demo"


def decode(folder: Path, count: int) -> str:
    """The first frames of the demo clip as pictures; gives their name."""
    folder.mkdir()
    with open_plate(DEMO / "grey.mkv", frames=f"0-{count - 1}") as reader:
        for frame in reader.frames():
            grey = np.rint(np.clip(frame.luma, 0, 1) * 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"grey.{frame.number + 1001}.png"), cv2.merge([grey] * 3))
    return str(folder / "grey.%04d.png")


def measure(label: str, artist: Artist, button: str = "render") -> None:
    began = time.perf_counter()
    artist.press(button)
    said = artist.wait().splitlines()[0]
    print(f"{label:44} {time.perf_counter() - began:8.3f} s   {said}")  # noqa: T201


def draw(artist: Artist, path: str, frame: int) -> None:
    """Plate, result and confidence side by side, as the node shows them."""
    seen = []
    for rendered, view in ((False, "result"), (True, "result"), (True, "confidence")):
        artist.node["rendered"].setValue(rendered)
        artist.node["view"].setValue(view)
        channels = artist.nuke.picture(artist.node, frame)
        seen.append(np.stack([channels[name] for name in "BGR"], axis=-1))
    whole = np.hstack([cv2.resize(one, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for one in seen])
    cv2.imwrite(path, np.rint(np.clip(whole, 0, 1) * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=12, help="of the demo clip that are rendered")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--picture")
    options = parser.parse_args()
    last = 1000 + options.frames
    with tempfile.TemporaryDirectory(prefix="tinct-") as folder:
        home = Path(folder) / "dot_nuke"
        home.mkdir()
        tinct(["install", "nuke", "--path", str(home)])
        os.environ["TINCT_WORKER_FOLDER"] = str(Path(folder) / "w")
        os.environ["TINCT_INSTALLATION"] = str(home / "tinct_for_nuke/tinct/plugin/tinct_installation.json")
        plate = decode(Path(folder) / "plate", options.frames)
        artist = Artist(NukeApplication(home).start(), Path(folder) / "plate")
        node = artist.create(artist.nuke.make("Read", file=plate, first=1001, last=last))
        for name, value in (("model", options.model), ("backend", options.backend), ("workingSize", 0)):
            artist.nuke.edit(node, name, value)
        artist.footage = DEMO
        artist.add_still("still_1.jpg")
        artist.nuke.frame = 1002
        measure("first preview; the worker starts", artist, "preview")
        artist.nuke.frame = 1003
        measure("another preview", artist, "preview")
        measure(f"{options.frames} frames", artist)
        measure("the same again", artist)
        if options.picture:
            draw(artist, options.picture, last)
        artist.add_still("still_2.jpg", frame=1001 + options.frames // 2)
        measure("a still added in the middle", artist)
        with Client(start=False) as client:
            client.stop()
        artist.nuke.quit()


if __name__ == "__main__":
    main()
