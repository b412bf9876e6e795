"""Somebody who sits at a session: what hands and eyes do with a Tinct node."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from fake_nuke.application import NukeApplication
from fake_nuke.nodes import Node

Image = NDArray[np.float32]
FIRST, LAST = 1001, 1012
"""Frames of the plate that `shoot` makes."""


class Artist:
    """Works with one node at a time, ``node``, with its panel open."""

    def __init__(self, nuke: NukeApplication, footage: Path) -> None:
        self.nuke = nuke
        self.footage = footage
        self.cache = footage.parent / "cache"
        self.node = nuke.root if not nuke.root.nodes() else nuke.root.nodes()[-1]

    def create(self, source: Node | None = None) -> Node:
        """Make a node after ``source``, a Read of the plate unless it is given, with the fake model and backend."""
        self.nuke.select_only(source if source is not None else self.read())
        self.node = self.nuke.type_in_tab("Tinct")
        facts = {"model": "fake", "backend": "fake", "workingSize": 64, "cacheFolder": str(self.cache)}
        for name, value in facts.items():
            self.nuke.edit(self.node, name, value)
        return self.node

    def read(self) -> Node:
        """A Read of the plate."""
        return self.nuke.make("Read", file=str(self.footage / "plate.%04d.exr"), first=FIRST, last=LAST)

    def add_still(self, name: str, frame: int = FIRST) -> None:
        """Go to ``frame`` and choose the still ``name`` of the footage."""
        self.nuke.frame = frame
        self.nuke.answers.append([str(self.footage / name)])
        self.press("addStill")

    def press(self, button: str) -> None:
        """Press a button and do not wait."""
        self.nuke.press(self.node, button)

    def wait(self) -> str:
        """Wait until nothing is being rendered; gives what the panel says then."""
        self.nuke.main_thread.run_until(lambda: not self.status.startswith("rendering"))
        return self.status

    def render(self, button: str = "render") -> str:
        """Press Render range, or another button, and wait."""
        self.press(button)
        return self.wait()

    @property
    def status(self) -> str:
        """What the panel says."""
        return str(self.node["status"].value())

    def sees(self, frame: int, node: Node | None = None) -> Image:
        """What the Viewer shows, (H, W, 3); black where there is nothing."""
        channels = self.nuke.picture(node or self.node, frame)
        return np.stack([channels.get(name, np.zeros((64, 96), np.float32)) for name in "RGB"], axis=-1)

    def sees_all(self, node: Node | None = None) -> dict[int, Image]:
        """What the Viewer shows of every frame."""
        return {frame: self.sees(frame, node) for frame in range(FIRST, LAST + 1)}


def is_grey(values: Image) -> bool:
    """Whether a picture has no colour."""
    return bool(np.ptp(values, axis=-1).max() < 1e-6)


def same(one: dict[int, Image], other: dict[int, Image]) -> list[int]:
    """Frames that are equal bit for bit."""
    return [frame for frame, values in one.items() if np.array_equal(values, other[frame])]


def shoot(folder: Path) -> Path:
    """Make ``plate.%04d.exr``, frames `FIRST` to `LAST`, and the stills red.png, green.png and blue.png."""
    folder.mkdir()
    y, x = np.mgrid[:64, :96].astype(np.float32)
    for number in range(FIRST, LAST + 1):
        grey = 0.4 + 0.3 * np.sin((x + 2 * (number - FIRST)) / 9) * np.cos(y / 7)
        write_picture(folder / f"plate.{number}.exr", np.repeat(grey[..., None], 3, axis=-1), "float")
    for name, hue in (("red", 0.1), ("green", 0.5), ("blue", 0.9)):
        draw_still(folder / f"{name}.png", hue)
    return folder


def draw_still(path: Path, hue: float) -> None:
    """A colour picture."""
    y, x = np.mgrid[:64, :96].astype(np.float32)
    grey = 0.5 + 0.3 * np.sin(x / 9) * np.cos(y / 7)
    write_picture(path, np.stack([grey, grey * (1 - hue), grey * hue], axis=-1), "uint8")


def write_picture(path: Path, values: Image, depth: str) -> None:
    """Write (H, W, C) ``values``."""
    output = oiio.ImageOutput.create(str(path))
    assert output is not None
    assert output.open(str(path), oiio.ImageSpec(values.shape[1], values.shape[0], values.shape[2], depth))
    assert output.write_image(np.ascontiguousarray(values))
    assert output.close()
