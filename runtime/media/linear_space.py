"""The linear RGB space that a colour-managed plate is composed in."""

from dataclasses import dataclass

Row = tuple[float, float, float]


@dataclass(frozen=True)
class LinearSpace:
    """Linear RGB whose equal values are neutral.

    ``to_xyz``: rows of the matrix to CIE XYZ, D65. ``luma_weights``: shares of R, G and B in its luminance; they sum
    to 1. ``scene``: values are scene-referred: they go far above 1, and are seen through a shoulder (view.py);
    otherwise 1 is the white of a display.
    """

    name: str
    to_xyz: tuple[Row, Row, Row]
    luma_weights: Row
    scene: bool
