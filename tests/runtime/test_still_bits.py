"""A still's lightness is that of its pixels to the last bit.

A sum left to NumPy's linear algebra is rounded as the processor and the environment have it, so that a worker that a
host started gave other bits than ``tinct colorize``.
"""

import numpy as np

from tinct.runtime.bank import STILL_VIEW, Reference, still_lightness
from tinct.runtime.picture.colour import luma_to_lightness


def test_a_neutral_still_has_the_lightness_of_the_plate_that_it_is() -> None:
    grey = np.random.default_rng(0).random((240, 420), np.float32)
    still = np.repeat(grey[..., None], 3, axis=2)
    wanted = luma_to_lightness(grey, STILL_VIEW)
    np.testing.assert_array_equal(still_lightness(still), wanted)
    np.testing.assert_array_equal(Reference(still).view(240, 1)[0][..., 0], wanted)
