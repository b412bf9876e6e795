"""The display-referred view in which a scene-linear plate is compared with stills.

Stills are pictures on a display: nothing in them is brighter than white. A scene goes on above 1, so its luminance Y is
seen through a shoulder::

    V(Y) = Y              up to 1/2
    V(Y) = 1 - 1 / (4 Y)  above

V is smooth (both pieces have value 1/2 and slope 1 at 1/2), rises for ever, and 0.18, which stills show as middle
grey, stays where it is; 1 is seen as 0.75 (L* 89), 4 as 0.94, 16 as 0.98. It acts on luminance alone: chromaticity is
that of the scene, so no hue bends, as it does where a tone curve acts on R, G and B one by one. Going back needs no
inverse of a rendering: the plate's own Y is there, and a colour of the view is scaled by Y / V(Y).
"""

import numpy as np

from tinct.runtime.picture.transfer import Image

_KNEE = np.float32(0.5)


def view_gain(luminance: Image) -> Image:
    """``Y / V(Y)``, any shape, float32: 1 up to the knee and for negative or non-finite values."""
    # With y = max(Y, 1/2): y / (1 - 1 / (4 y)) = y + y / (4 y - 1); so has gain_of in colour_loops.py.
    y = np.maximum(luminance, _KNEE)
    y[~np.isfinite(y)] = _KNEE
    return np.asarray(y + y / (4 * y - 1), np.float32)
