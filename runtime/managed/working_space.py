"""The linear space that a managed plate is composed in, measured through its configuration."""

import numpy as np
from numpy.typing import NDArray

from tinct.runtime.errors import UsageError
from tinct.runtime.managed.config import ColourConfig
from tinct.runtime.media.linear_space import LinearSpace, Row

_ACES_TO_XYZ_D60 = np.array(
    [
        [0.9525523959, 0.0, 0.0000936786],
        [0.3439664498, 0.7281660966, -0.0721325464],
        [0.0, 0.0, 1.0088251844],
    ]
)
"""SMPTE ST 2065-1 RGB to CIE XYZ at its own white (ACES technical bulletin TB-2014-004)."""
_ACES_TO_XYZ_D65 = np.array(
    [
        [0.9382798522, -0.0044514452, 0.0166275235],
        [0.3373687708, 0.7295215880, -0.0668903588],
        [0.0011739475, -0.0037107076, 1.0915945143],
    ]
)
"""The same, adapted to D65 (Bradford), as the built-in configurations go to displays."""
_AP1_TO_AP0 = np.array(
    [
        [0.6954522414, 0.1406786965, 0.1638690622],
        [0.0447945634, 0.8596711185, 0.0955343182],
        [-0.0055258826, 0.0040252103, 1.0015006723],
    ]
)
"""ACEScg primaries in ACES2065-1 (ACES technical bulletin TB-2014-004)."""
_SAME = 1e-4
_NEUTRAL = 0.02
"""A space in which equal R, G and B are further than this from neutral is no space for a grey plate."""


def measure_linear_space(config: ColourConfig, name: str, *, scene: bool) -> LinearSpace:
    """Return the linear space ``name`` of ``config`` with its matrix and luminance weights.

    The weights are those at the space's own white: ACES's for ACES2065-1 and ACEScg (0.272, 0.674, 0.054), D65 for all
    others, among them Rec.709 (0.213, 0.715, 0.072) and camera spaces.

    Raises:
        UsageError: the configuration does not relate to ACES, or the space's equal R, G and B are not neutral.
    """
    unit = np.concatenate([np.eye(3), np.zeros((1, 3))]).astype(np.float32)
    seen = config.to_aces(name).apply(unit).astype(np.float64)
    to_aces = (seen[:3] - seen[3]).T
    white = to_aces.sum(axis=1)
    if not white.min() > 0 or np.ptp(white) > _NEUTRAL * white.mean():
        raise UsageError(
            f"equal red, green and blue of {name!r} of {config.name} are not neutral, so a black-and-white plate "
            "cannot be in it; name the space that the plate's file is in"
        )
    to_aces /= white[:, None] / white.mean()
    own_white = any(np.allclose(to_aces, known, atol=_SAME) for known in (np.eye(3), _AP1_TO_AP0))
    weights = ((_ACES_TO_XYZ_D60 if own_white else _ACES_TO_XYZ_D65) @ to_aces)[1]
    matrix = _ACES_TO_XYZ_D65 @ to_aces
    return LinearSpace(name, (_row(matrix[0]), _row(matrix[1]), _row(matrix[2])), _row(weights / weights.sum()), scene)


def _row(values: NDArray[np.float64]) -> Row:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
