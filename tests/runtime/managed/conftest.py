"""Plates in named spaces, and the job on the fake backend."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tinct.runtime.media import ColourTags, PlateInfo, ResultFrame, open_writer
from tinct.runtime.run.pipeline import ColorizeReport, ColorizeRequest, StillAt, colorize_plate

HEIGHT, WIDTH = 64, 96

CINEON = """ocio_profile_version: 2
roles: {aces_interchange: ACES2065-1, scene_linear: ACES2065-1, default: Cineon}
file_rules: [!<Rule> {name: Default, colorspace: Cineon}]
displays: {screen: [!<View> {name: plain, colorspace: Cineon}]}
colorspaces:
  - !<ColorSpace> {name: ACES2065-1, encoding: scene-linear}
  - !<ColorSpace> {name: coordinates, isdata: true}
  - !<ColorSpace>
    name: Cineon
    aliases: [film log]
    encoding: log
    to_scene_reference: !<LogAffineTransform> {base: 10, log_side_slope: 0.293255, log_side_offset: 0.669599,
                                               lin_side_slope: 0.989202, lin_side_offset: 0.010798, direction: inverse}
"""
"""Cineon printing density as Kodak gives it: 95 black, 685 white, 0.002 density a code, gamma 0.6."""


@pytest.fixture
def cineon(tmp_path: Path) -> Path:
    """A studio's own configuration."""
    path = tmp_path / "studio.ocio"
    path.write_text(CINEON)
    return path


@pytest.fixture
def still(tmp_path: Path) -> Path:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), np.stack([40 + 2 * x, 60 + 2 * y, 230 - x], axis=-1).clip(0, 255).astype(np.uint8))
    return path


@pytest.fixture
def grey_plate(tmp_path: Path) -> Callable[..., Path]:
    """Write a grey plate of one frame with Tinct's writer; returns the pattern that names it."""

    def make(name: str, luma: np.ndarray, *, bits: int, is_float: bool = False) -> Path:
        path = tmp_path / "plate" / name
        tags = ColourTags(transfer="linear" if is_float else "srgb", matrix_tag=0)
        info = PlateInfo(Path("none"), luma.shape[1], luma.shape[0], (7,), bits, is_float, tags, Fraction(24))
        with open_writer(path, info) as writer:
            writer.write(ResultFrame(7, np.repeat(luma[..., None], 3, axis=-1)))
            writer.commit()
        return path

    return make


@pytest.fixture
def job(still: Path, tmp_path: Path) -> Callable[..., ColorizeReport]:
    """Colour ``plate`` into ``output`` on the fake backend."""

    def run(plate: Path, output: str, **changes: object) -> ColorizeReport:
        request = ColorizeRequest(
            plate, (StillAt(still),), tmp_path / output, model="fake", backend="fake", working_size=64
        )
        return colorize_plate(replace(request, **changes))

    return run
