"""Makes the demo material beside it: a grey clip of three shots, its true colours, and a still for each shot.

    python -m tinct.runtime.demo.make_demo [FOLDER]

Camera moves over photographs that ship with scikit-image and are free of copyright: astronaut (NASA, public domain),
coffee (Rachel Michetti, CC0) and chelsea (Stefan van der Walt, CC0). Every frame is one sub-pixel affine crop of the
photograph. The stills are crops of another place, size and angle, with another exposure and without grain, as a
reference from another moment of the shot would be.
"""

import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

WIDTH, HEIGHT = 640, 360
FRAMES_PER_SHOT = 24
FRAME_RATE = Fraction(24)
GRAIN = 1.6 / 255
"""Standard deviation of the film grain in full scale."""


@dataclass(frozen=True)
class Framing:
    """Where the camera looks: centre ``x``, ``y`` and ``width`` of the view as shares of the photograph's width and
    height and width, ``angle`` in degrees."""

    x: float
    y: float
    width: float
    angle: float


@dataclass(frozen=True)
class Shot:
    """A camera move over ``photo`` from ``start`` to ``end``, and what its still shows."""

    photo: str
    start: Framing
    end: Framing
    still: Framing
    still_gain: float


SHOTS = (
    Shot(
        "astronaut",
        Framing(0.44, 0.36, 0.84, -2.0),
        Framing(0.55, 0.58, 0.74, 2.0),
        Framing(0.50, 0.50, 0.95, 0.0),
        1.06,
    ),
    Shot(
        "coffee", Framing(0.42, 0.50, 0.80, 0.0), Framing(0.58, 0.55, 0.62, 4.0), Framing(0.52, 0.52, 0.90, -3.0), 0.94
    ),
    Shot(
        "chelsea", Framing(0.60, 0.52, 0.66, 3.0), Framing(0.42, 0.46, 0.80, -1.0), Framing(0.50, 0.48, 0.88, 0.0), 1.04
    ),
)


def render(photo: Image, framing: Framing) -> Image:
    """The view of ``photo`` (H, W, 3) float32 0..1 that ``framing`` describes, (HEIGHT, WIDTH, 3)."""
    height, width = photo.shape[:2]
    scale = WIDTH / (framing.width * width)
    matrix = cv2.getRotationMatrix2D((framing.x * width, framing.y * height), framing.angle, scale)
    matrix[:, 2] += (WIDTH / 2 - framing.x * width, HEIGHT / 2 - framing.y * height)
    view = cv2.warpAffine(photo, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.clip(view, 0, 1).astype(np.float32)


def between(start: Framing, end: Framing, share: float) -> Framing:
    """The framing at ``share`` (0..1) of an eased move."""
    eased = share * share * (3 - 2 * share)

    def mix(a: float, b: float) -> float:
        return a + (b - a) * eased

    return Framing(mix(start.x, end.x), mix(start.y, end.y), mix(start.width, end.width), mix(start.angle, end.angle))


def frames_of(shot: Shot, photo: Image, grain: np.random.Generator) -> list[Image]:
    """The shot's frames in colour with film grain: one grey value a pixel, a little soft as grain is."""
    frames = []
    for index in range(FRAMES_PER_SHOT):
        view = render(photo, between(shot.start, shot.end, index / (FRAMES_PER_SHOT - 1)))
        noise = cv2.GaussianBlur(grain.standard_normal((HEIGHT, WIDTH), dtype=np.float32), (0, 0), 0.8)
        view = view + (GRAIN / float(noise.std()) * noise)[..., None]
        frames.append(np.clip(view, 0, 1))
    return frames


def encode(path: Path, frames: list[Image], *, pixel_format: str, crf: int) -> None:
    """Write ``frames`` (H, W, 3) sRGB-encoded 0..1 as H.264 with BT.709 tags."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAME_RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        stream.options = {"crf": str(crf), "preset": "veryslow", "tune": "grain", "threads": "1"}
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1
        for image in frames:
            frame = av.VideoFrame.from_ndarray(np.round(image * 255).astype(np.uint8), format="rgb24")
            frame = frame.reformat(format=pixel_format, dst_colorspace="ITU709", dst_color_range="MPEG")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main(folder: Path) -> None:
    """Make all of it in ``folder``."""
    import skimage.data

    grain = np.random.default_rng(709)
    colour: list[Image] = []
    for number, shot in enumerate(SHOTS):
        photo = getattr(skimage.data, shot.photo)().astype(np.float32) / 255
        colour += frames_of(shot, photo, grain)
        still = np.clip(render(photo, shot.still) * shot.still_gain, 0, 1)
        bgr = np.round(still[..., ::-1] * 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"still_{number + 1}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])
    weights = np.array((0.2126, 0.7152, 0.0722), np.float32)
    grey = [np.repeat((image @ weights)[..., None], 3, axis=2) for image in colour]
    encode(folder / "true_colour.mkv", colour, pixel_format="yuv444p", crf=13)
    encode(folder / "grey.mkv", grey, pixel_format="yuv420p", crf=13)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
