"""Luminance and round trips: what of a plate's luminance is in the result, for each format and bit depth.

    python tests/benchmarks/luminance.py [PART_OF_A_NAME]

A grey plate (ramps, shapes, grain; for scene-linear ones up to 8, with values below 0) is written, coloured on the fake
backend with chroma 1, and the result's file is read again. ``luminance``: largest difference to the plate's in the
file's own luma, as a share of full scale (8 for scenes) and in codes of the file, of which one is allowed; with a named
space it is the luminance in linear light, as the grey value of the space that has it. ``mean``: its mean difference.
``grey``: the largest with chroma 0, where the result should be the plate. Lossy codecs change the luma by themselves:
``grey`` then says by how much.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.managed import ColourManagement, ColourSpaces
from tinct.runtime.managed.config import DEFAULT_CONFIG
from tinct.runtime.media import ColourTags, PlateInfo, ResultFrame, open_plate, open_writer
from tinct.runtime.media.channels import to_float
from tinct.runtime.media.image_file import read_image
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate

Image = NDArray[np.float32]

HEIGHT, WIDTH = 128, 256
FRAMES = (1, 2)
RGB = 0
"""FFmpeg's matrix number of RGB material."""


@dataclass(frozen=True)
class Case:
    """One row: ``file`` is the name of plate and result, ``codec`` is for movies, ``space`` for managed runs."""

    name: str
    file: str
    bits: int
    colour: ColourTags
    is_float: bool = False
    codec: str | None = None
    space: str | None = None
    lossy: bool = False


def cases() -> Iterator[Case]:
    srgb, linear = ColourTags(transfer="srgb", matrix_tag=RGB), ColourTags(transfer="linear", matrix_tag=RGB)
    video = ColourTags()
    yield Case("EXR half, linear Rec.709", "p.%04d.exr", 16, linear, is_float=True)
    yield Case("EXR float, linear Rec.709", "p.%04d.exr", 32, linear, is_float=True)
    yield Case("EXR half, ACEScg", "p.%04d.exr", 16, linear, is_float=True, space="ACEScg")
    yield Case("EXR float, ACEScg", "p.%04d.exr", 32, linear, is_float=True, space="ACEScg")
    yield Case("EXR float, ACES2065-1", "p.%04d.exr", 32, linear, is_float=True, space="ACES2065-1")
    yield Case("EXR half, ARRI LogC3", "p.%04d.exr", 16, linear, is_float=True, space="ARRI LogC3 (EI800)")
    for bits in (8, 10, 12, 16):
        yield Case(f"DPX {bits}, as video", "p.%04d.dpx", bits, srgb)
    for bits in (10, 12):
        yield Case(f"DPX {bits}, ADX10", "p.%04d.dpx", bits, srgb, space="ADX10")
    # ADX16 has codes for densities that no film has: its picture goes up to 0.35.
    yield Case("DPX 16, ADX16", "p.%04d.dpx", 16, srgb, space="ADX16")
    yield Case("TIFF float, linear Rec.709", "p.%04d.tif", 32, linear, is_float=True)
    for kind, suffix in (("TIFF", "tif"), ("PNG", "png")):
        for bits in (8, 16):
            yield Case(f"{kind} {bits}, sRGB", f"p.%04d.{suffix}", bits, srgb)
    yield Case("PNG 16, sRGB - Display", "p.%04d.png", 16, srgb, space="sRGB - Display")
    for bits in (8, 10, 12, 16):
        yield Case(f"FFV1 {bits} 4:4:4, BT.709 legal", "p.mkv", bits, video, codec="ffv1")
    yield Case("FFV1 10 4:4:4, BT.709 full", "p.mkv", 10, ColourTags(full_range=True), codec="ffv1")
    yield Case("FFV1 10 4:4:4, BT.601 legal", "p.mkv", 10, ColourTags("bt601"), codec="ffv1")
    yield Case("FFV1 10 4:4:4, BT.2020 legal", "p.mkv", 10, ColourTags("bt2020"), codec="ffv1")
    yield Case("FFV1 12 RGB", "p.mkv", 12, ColourTags(matrix_tag=RGB), codec="ffv1")
    for name, file in (("prores_422hq", "p.mov"), ("prores_4444", "p.mov"), ("dnxhr_hqx", "p.mxf")):
        yield Case(f"{name} 10", file, 10, video, codec=name, lossy=True)
    yield Case("h264 8 4:2:0", "p.mp4", 8, video, codec="h264", lossy=True)
    yield Case("h265 10 4:2:0", "p.mp4", 10, video, codec="h265", lossy=True)


def picture(number: int, *, scene: bool) -> Image:
    """Luma with a ramp over the whole range, shapes and grain."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    luma = x / (WIDTH - 1) * 0.7 + 0.2 * np.sin((y + number) / 11) * np.cos(x / 23) + 0.1 * ((x // 16 + y // 16) % 2)
    luma += np.random.default_rng(number).normal(0, 0.01, luma.shape)
    luma = luma**3 * 8 if scene else np.clip(luma, 0, 1)
    # Half floats: others would be written as red, green and blue that are not quite equal.
    return luma.astype(np.float16).astype(np.float32)


def measure(case: Case, folder: Path) -> str:
    """The row of ``case``."""
    scene = case.is_float and "Log" not in case.name
    plate = folder / "plate" / case.file
    info = PlateInfo(folder, WIDTH, HEIGHT, FRAMES, case.bits, case.is_float, case.colour, Fraction(24))
    with open_writer(plate, info, codec=case.codec) as writer:
        for number in FRAMES:
            grey = picture(number, scene=scene) * np.float32(0.35 if case.space == "ADX16" else 1)
            writer.write(ResultFrame(number, np.repeat(grey[..., None], 3, axis=-1)))
        writer.commit()
    spaces = ColourSpaces(DEFAULT_CONFIG, case.space) if case.space else ColourSpaces()
    still = folder / "still.png"
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    cv2.imwrite(str(still), np.stack([40 + y, 60 + x // 2, 230 - x // 2], axis=-1).clip(0, 255).astype(np.uint8))
    errors = []
    for chroma in (1.0, 0.0):
        result = folder / f"chroma{chroma:.0f}" / case.file
        request = ColorizeRequest(
            plate, (StillAt(still),), result, model="fake", backend="fake", working_size=64, chroma=chroma,
            codec=case.codec, spaces=spaces,
        )  # fmt: skip
        colorize_plate(request)
        errors.append(difference(plate, result, spaces))
    scale = 8 if scene else 1
    legal = case.colour.matrix_tag != RGB and not case.colour.full_range
    steps = 219 * 2 ** (case.bits - 8) if legal else 2**case.bits - 1
    (worst, mean), (grey, _) = errors
    codes = "" if case.is_float else f"{worst * steps:.2f}"
    lossy = "   lossy" if case.lossy else ""
    return f"{case.name:30} {worst / scale:9.1e} {codes:>7} {mean / scale:9.1e} {grey / scale:9.1e}{lossy}"


def difference(plate: Path, result: Path, spaces: ColourSpaces) -> tuple[float, float]:
    """Largest and mean difference of luma over all frames, in the plate's own encoding."""
    management = spaces.open()
    worst, total = 0.0, 0.0
    with open_plate(plate) as before, open_plate(result) as after:
        for number, other in zip(before.info.frames, after.info.frames, strict=True):
            luma = before.read(number).luma.astype(np.float64)
            if management is None:
                shown = after.read(other).luma
            else:
                shown = encoded_luminance(Path(str(result) % other), management)
            gap = np.abs(luma - shown)
            worst, total = max(worst, float(gap.max())), total + float(gap.mean())
    return worst, total / len(FRAMES)


def encoded_luminance(path: Path, management: ColourManagement) -> Image:
    """The grey of the input space that has the luminance of the picture in ``path``, (H, W)."""
    header, stored = read_image(path)
    rgb = management.to_working.apply(np.ascontiguousarray(to_float(stored, header)[..., :3]))
    luminance = (rgb.astype(np.float64) @ np.array(management.working.luma_weights)).astype(np.float32)
    return management.to_output.apply(np.repeat(luminance[..., None], 3, axis=-1))[..., 0]


def main() -> None:
    sys.stdout.write(f"{'file':30} {'luminance':>9} {'codes':>7} {'mean':>9} {'grey':>9}\n")
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for case in cases():
        if wanted not in case.name:
            continue
        folder = Path(tempfile.mkdtemp())
        try:
            sys.stdout.write(measure(case, folder) + "\n")
            sys.stdout.flush()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
