"""Colour spaces: encoded luma to L*, sRGB to CIE Lab (D65) and back.

The white point is the image of RGB (1, 1, 1) under the matrix itself, so neutral and a = b = 0 mean the same; against
tables that round the white to (0.95047, 1, 1.08883) Lab differs by < 0.006. OpenCV's own float conversion interpolates
in tables and errs by up to 0.25, which is why it is not used.
"""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.runtime.compiled import pixels
from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.bands import for_row_bands
from tinct.runtime.picture.colour_loops import ENCODED, LINEAR, SCENE, lightness_of
from tinct.runtime.picture.transfer import Image, lab_curve, lab_curve_inverse, srgb_decode, srgb_encode

TRANSFERS = ("linear", "srgb", "bt709")
"""What `ColourTags.transfer` may say."""

_RGB_TO_XYZ = {
    "bt709": ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227)),
    "bt2020": ((0.636958, 0.144617, 0.168881), (0.262700, 0.677998, 0.059302), (0.0, 0.028073, 1.060985)),
}
"""Linear RGB to CIE XYZ, D65 (ITU-R BT.709-6 and BT.2020-2 primaries)."""


Primaries = str | LinearSpace
"""What red, green and blue are: ``"bt709"``, ``"bt2020"``, or a space of a colour-managed plate."""


def primaries_of(tags: ColourTags) -> Primaries:
    """The primaries of a plate with those tags; BT.601's are taken for BT.709's, as screens take them."""
    if tags.space is not None:
        return tags.space
    return "bt2020" if tags.matrix == "bt2020" else "bt709"


@cache
def xyz_ratios_to_rgb(primaries: Primaries) -> NDArray[np.float64]:
    """Inverse of `rgb_to_xyz_ratios`."""
    return np.asarray(np.linalg.inv(rgb_to_xyz_ratios(primaries)), np.float64)


def chroma_mixing(primaries: Primaries) -> Image:
    """What linear R, G, B get of X/Xn - Y/Yn and of Z/Zn - Y/Yn, (3, 2) float32: of no chroma exactly nothing."""
    return np.asarray(xyz_ratios_to_rgb(primaries)[:, ::2], np.float32, order="C")


def rgb_to_xyz_ratios(primaries: Primaries) -> NDArray[np.float64]:
    """The (3, 3) matrix from linear RGB to (X/Xn, Y/Yn, Z/Zn); every row sums to 1."""
    rows = primaries.to_xyz if isinstance(primaries, LinearSpace) else _RGB_TO_XYZ[primaries]
    matrix = np.asarray(rows, np.float64)
    ratios: NDArray[np.float64] = matrix / matrix.sum(axis=1, keepdims=True)
    return ratios


def check_transfer(tags: ColourTags) -> None:
    """Raise ValueError when ``tags.transfer`` is none of `TRANSFERS`."""
    if tags.transfer not in TRANSFERS:
        raise ValueError(f"transfer {tags.transfer!r} is unknown; use one of {', '.join(TRANSFERS)}")


def check_image(name: str, image: NDArray[np.float32], shape: Sequence[int | None]) -> None:
    """Raise ValueError when ``image`` is not float32 of ``shape``, where None stands for any extent above zero."""
    fits = image.ndim == len(shape) and all(
        extent > 0 and want in (None, extent) for extent, want in zip(image.shape, shape, strict=True)
    )
    if not fits or image.dtype != np.float32:
        wanted = " x ".join("any" if extent is None else str(extent) for extent in shape)
        have = " x ".join(map(str, image.shape))
        raise ValueError(f"{name} must be float32 of {wanted}, got {image.dtype} of {have}")


def luma_to_lightness(luma: Image, tags: ColourTags) -> Image:
    """L* that the network sees.

    Display-referred material ("srgb", and "bt709" as video is graded on a display) is read through the sRGB curve:
    the Lab view is that of the picture on the display, not of the scene before the camera. "linear" is read as it is;
    a colour-managed scene is seen through the shoulder of view.py.

    Args:
        luma: (H, W) float32, encoded as in the file, full scale 0..1; beyond is clipped, non-finite gives 0.
        tags: the plate's colour tags.

    Returns:
        (H, W) float32 L*, 0..100, D65.

    Raises:
        ValueError: ``luma`` is not a float32 plane, or the transfer is unknown.
    """
    check_image("luma", luma, (None, None))
    check_transfer(tags)
    kind = LINEAR if tags.transfer == "linear" else ENCODED
    if tags.space is not None and tags.space.scene:
        kind = SCENE
    lightness = np.empty(luma.shape, np.float32)

    def band(rows: slice, _: Image) -> None:
        lightness_of(pixels(luma[rows]), kind, lightness[rows].reshape(-1))

    for_row_bands(luma.shape[0], luma.shape[1], band)
    return lightness


def srgb_to_lab(rgb: Image) -> Image:
    """SRGB to CIE Lab, D65 (CIE 15:2004, IEC 61966-2-1).

    Args:
        rgb: (H, W, 3) float32 sRGB-encoded, full scale 0..1. Values beyond are converted, not clipped.

    Returns:
        (H, W, 3) float32: L* 0..100, a*, b*.

    Raises:
        ValueError: ``rgb`` is not such an image.
    """
    check_image("rgb", rgb, (None, None, 3))
    matrix = rgb_to_xyz_ratios("bt709").astype(np.float32)
    lab = np.empty(rgb.shape, np.float32)

    def band(rows: slice, scratch: Image) -> None:
        one, two, three = scratch.reshape(3, 3, *scratch.shape[1:])
        one[...] = np.moveaxis(rgb[rows], 2, 0)
        srgb_decode(one, two, three)
        _mix(matrix, two, one)
        fx, fy, fz = lab_curve(one, two, three)
        fx -= fy
        fx *= np.float32(500)
        np.subtract(fy, fz, out=fz)
        fz *= np.float32(200)
        fy *= np.float32(116)
        fy -= np.float32(16)
        cv2.merge((fy, fx, fz), lab[rows])

    for_row_bands(rgb.shape[0], rgb.shape[1], band, planes=9)
    return lab


def lab_to_srgb(lab: Image, *, clip: bool = True) -> Image:
    """CIE Lab, D65, to sRGB; inverse of `srgb_to_lab`.

    Args:
        lab: (H, W, 3) float32: L* 0..100, a*, b*.
        clip: clip to 0..1; otherwise colours outside the gamut keep their values beyond 0..1.

    Returns:
        (H, W, 3) float32 sRGB-encoded, full scale 0..1.

    Raises:
        ValueError: ``lab`` is not such an image.
    """
    check_image("lab", lab, (None, None, 3))
    matrix = xyz_ratios_to_rgb("bt709").astype(np.float32)
    rgb = np.empty(lab.shape, np.float32)

    def band(rows: slice, scratch: Image) -> None:
        one, two, three = scratch.reshape(3, 3, *scratch.shape[1:])
        lab_roots(lab[rows, :, 0], lab[rows, :, 1], lab[rows, :, 2], one)
        lab_curve_inverse(one, two, three)
        _mix(matrix, two, one)
        srgb_encode(one, two, three)
        if clip:
            np.maximum(two, np.float32(0), out=two)
            np.minimum(two, np.float32(1), out=two)
        cv2.merge(tuple(two), rgb[rows])

    for_row_bands(lab.shape[0], lab.shape[1], band, planes=9)
    return rgb


def lab_roots(lightness: Image, a: Image, b: Image, out: Image) -> None:
    """``f(X/Xn), f(Y/Yn), f(Z/Zn)`` of Lab planes (H, W) into ``out`` (3, H, W)."""
    fx, fy, fz = out
    np.multiply(lightness, np.float32(1 / 116), out=fy)
    fy += np.float32(16 / 116)
    np.multiply(a, np.float32(1 / 500), out=fx)
    fx += fy
    np.multiply(b, np.float32(-1 / 200), out=fz)
    fz += fy


def _mix(matrix: Image, planes: Image, out: Image) -> None:
    """``out[i] = sum_j matrix[i, j] planes[j]`` for (3, H, W) arrays."""
    np.matmul(matrix, planes.reshape(3, -1), out=out.reshape(3, -1))
