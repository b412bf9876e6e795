"""The gamut: chroma shortened in Lab, at its own lightness and hue, until the colour can be shown.

Shortening in encoded or linear RGB would be simpler, but turns the hue of strong colours (red to magenta or pink). The
largest chroma of every lightness and hue stands in a table, so that the time per frame does not depend on the picture.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from tinct.runtime.media.linear_space import LinearSpace
from tinct.runtime.media.plate import ColourTags
from tinct.runtime.picture.colour import Primaries, primaries_of, xyz_ratios_to_rgb
from tinct.runtime.picture.transfer import LAB_BREAK, Image

LARGEST_CHROMA = 512.0
UPPER_END = 1.031
"""Linear R, G, B may go this far: on the way from grey to yellow at one lightness red rises to 1.03 before it is 1."""
_HALVINGS = 20
_SLACK = np.float32(1.01)
"""Between its entries the table is low by up to 1 % at the gamut's corners; colours inside must not be touched."""


class Gamut(NamedTuple):
    """What compiled loops want of a gamut, float32, read-only.

    ``table``: (planes, 201 * 361) `largest_chroma`, or its first plane alone where there is no upper end. ``safe``:
    (201,) squares of the chroma that every hue has room for between a row of the table and the next.
    """

    table: Image
    safe: Image


@cache
def gamut_of(tags: ColourTags, *, limit: bool) -> Gamut:
    """The gamut of a plate; R, G and B have an upper end but where it is managed, or linear without ``limit``."""
    if tags.space is not None:
        planes = largest_scene_chroma(tags.space)
    else:
        planes = largest_chroma(primaries_of(tags))[: 1 if tags.transfer == "linear" and not limit else 2]
    narrowest = planes.min(axis=(0, 2))
    safe = np.minimum(narrowest, np.append(narrowest[1:], narrowest[-1])) ** 2
    safe.setflags(write=False)
    return Gamut(planes.reshape(len(planes), -1), safe)


@cache
def largest_chroma(primaries: Primaries) -> Image:
    """Table of the largest chroma inside the gamut, with 1 % of slack, float32 (2, 201, 361).

    A row for each half unit of L*, a column for each degree of hue. The first plane keeps linear R, G, B above 0,
    the second below `UPPER_END`: either is smooth, so the edge where they meet, knife-sharp at yellow, stays
    exact.
    """
    to_rgb = xyz_ratios_to_rgb(primaries)
    lightness = np.linspace(0, 100, 201)[:, None]
    hue = np.radians(np.linspace(0, 360, 361))[None, :]
    fy = (lightness + 16) / 116
    low = np.zeros((2, 201, 361))
    high = np.full_like(low, LARGEST_CHROMA)
    for _ in range(_HALVINGS):
        chroma = (low + high) / 2
        roots = np.stack([fy + chroma * np.cos(hue) / 500, fy + 0 * chroma, fy - chroma * np.sin(hue) / 200])
        ratios = np.where(roots > LAB_BREAK, roots * roots * roots, 3 * LAB_BREAK**2 * (roots - 4 / 29))
        rgb = np.tensordot(to_rgb, ratios, axes=1)
        inside = np.stack([(rgb[:, 0] >= 0).all(axis=0), (rgb[:, 1] <= UPPER_END).all(axis=0)])
        low, high = np.where(inside, chroma, low), np.where(inside, high, chroma)
    table = low.astype(np.float32) * _SLACK
    table.setflags(write=False)
    return table


@cache
def largest_scene_chroma(space: LinearSpace) -> Image:
    """`largest_chroma` of a managed plate, (1, 201, 361): those of ``space`` and BT.2020 stay above 0, no upper end.

    Spaces of cameras and archives reach beyond the colours that exist: without BT.2020's bound there would be violets
    of next to no luminance.
    """
    table = np.minimum(largest_chroma(space)[:1], largest_chroma("bt2020")[:1])
    table.setflags(write=False)
    return table
