"""Compares ways to bring chroma from working size to full size.

    python tests/benchmarks/upsampling.py [FOLDER_OF_COLOUR_IMAGES]

True chroma of each image (without a folder: some of scikit-image's) is reduced by area averaging and enlarged again,
led by the full lightness; RGB with exact lightness is compared with the image. Columns: mean PSNR in dB; gain over
bilinear, mean and of the worst image; the gain with grain of 4 L* in the lightness; on charts, how many pixels of full
colour error lie along a colour edge that has a luminance step of 40 L*, 15 L*, or none.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.picture.colour import lab_to_srgb, srgb_to_lab
from tinct.runtime.picture.upsample import upsample_chroma

Image = NDArray[np.float32]
Method = Callable[[Image, Image, Image], Image]

FACTORS = (2, 4, 8)
GRAIN = 4.0
SAMPLES = ("astronaut", "coffee", "chelsea", "rocket", "retina")
SIDE_A, SIDE_B = (40, -30), (-20, 40)
MOST_IMAGES = 60


def bilinear(ab: Image, small: Image, full: Image) -> Image:
    return cv2.resize(ab, full.shape[::-1], interpolation=cv2.INTER_LINEAR)


def bicubic(ab: Image, small: Image, full: Image) -> Image:
    return cv2.resize(ab, full.shape[::-1], interpolation=cv2.INTER_CUBIC)


def guided(ab: Image, small: Image, full: Image, *, epsilon: float = 20.0) -> Image:
    """Fast guided filter (He & Sun 2015), radius 1 at working size."""

    def mean(image: Image) -> Image:
        return cv2.blur(image, (3, 3))

    variance = mean(small * small) - mean(small) ** 2
    slope = (mean(ab * small[..., None]) - mean(ab) * mean(small)[..., None]) / (variance + epsilon)[..., None]
    offset = mean(ab) - slope * mean(small)[..., None]
    return bilinear(mean(slope), small, full) * full[..., None] + bilinear(mean(offset), small, full)


def joint_bilateral(ab: Image, small: Image, full: Image, *, sigma: float = 16.0) -> Image:
    """Joint bilateral upsampling (Kopf et al. 2007) over the four nearest pixels."""
    (h, w), (height, width) = small.shape, full.shape
    y, x = (np.arange(height) + 0.5) * h / height - 0.5, (np.arange(width) + 0.5) * w / width - 0.5
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    total, weights = np.zeros((height, width, 2)), np.zeros((height, width))
    for dy in (0, 1):
        for dx in (0, 1):
            rows, columns = np.clip(top + dy, 0, h - 1), np.clip(left + dx, 0, w - 1)
            near = np.outer(np.abs(1 - dy - y + top), np.abs(1 - dx - x + left))
            unlike = (full - small[rows][:, columns]) / sigma
            weight = near * (np.exp(-unlike * unlike / 2) + 1e-3)
            total += weight[..., None] * ab[rows][:, columns]
            weights += weight
    return (total / weights[..., None]).astype(np.float32)


METHODS: dict[str, Method] = {
    "bilinear": bilinear,
    "bicubic": bicubic,
    "guided filter": guided,
    "joint bilateral": joint_bilateral,
    "tinct": upsample_chroma,
}


def load(folder: Path | None) -> list[Image]:
    """Images as (H, W, 3) Lab, sides multiples of 8."""
    if folder is None:
        from skimage import data

        pictures = [getattr(data, name)() for name in SAMPLES]
    else:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))[:MOST_IMAGES]
        pictures = [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]
    cut = [picture[: picture.shape[0] // 8 * 8, : picture.shape[1] // 8 * 8] for picture in pictures]
    return [srgb_to_lab(picture.astype(np.float32) / np.float32(255)) for picture in cut]


def enlarge(method: Method, lab: Image, lightness: Image, factor: int) -> Image:
    size = (lab.shape[1] // factor, lab.shape[0] // factor)
    ab = cv2.resize(np.ascontiguousarray(lab[..., 1:]), size, interpolation=cv2.INTER_AREA)
    return method(ab, cv2.resize(lightness, size, interpolation=cv2.INTER_AREA), lightness)


def psnr(method: Method, lab: Image, factor: int, grain: float) -> float:
    noise = np.random.default_rng(7).normal(0, grain, lab.shape[:2]).astype(np.float32)
    ab = enlarge(method, lab, lab[..., 0] + noise, factor)
    error = lab_to_srgb(np.concatenate([lab[..., :1], ab], axis=-1)) - lab_to_srgb(lab)
    return float(-10 * np.log10(np.mean(np.square(error))))


def bleed(method: Method, step: float, factor: int, side: int = 96) -> float:
    """Pixels of full colour error per row of a slanted edge between two colours."""
    rows, columns = np.mgrid[:side, :side]
    right = columns + 0.35 * rows >= side // 2 + 17
    lab = np.where(right[..., None], (40 + step, *SIDE_A), (40, *SIDE_B)).astype(np.float32)
    error = enlarge(method, lab, np.ascontiguousarray(lab[..., 0]), factor) - lab[..., 1:]
    return float(np.linalg.norm(error, axis=-1).sum() / np.linalg.norm(np.subtract(SIDE_A, SIDE_B)) / side)


def main() -> None:
    images = load(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    lines = [f"{len(images)} images", f"{'factor method':24}  PSNR   gain  worst  grain  bleed 40    15     0"]
    for factor in FACTORS:
        base = {grain: np.array([psnr(bilinear, lab, factor, grain) for lab in images]) for grain in (0.0, GRAIN)}
        for name, method in METHODS.items():
            clean, grainy = (np.array([psnr(method, lab, factor, grain) for lab in images]) for grain in base)
            gain = clean - base[0.0]
            edges = "  ".join(f"{bleed(method, step, factor):4.2f}" for step in (40, 15, 0))
            lines.append(
                f"{factor:<7}{name:17} {clean.mean():5.2f}  {gain.mean():+5.2f}  {gain.min():+5.2f}  "
                f"{(grainy - base[GRAIN]).mean():+5.2f}      {edges}"
            )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
