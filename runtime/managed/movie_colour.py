"""Tags of a result whose values are in a named space and not linear."""

import re

from tinct.runtime.media.plate import ColourTags

_KNOWN = (
    (r"pq", 9, 16, "bt2020"),
    (r"hlg", 9, 18, "bt2020"),
    (r"1886|camera.?rec.?709|g24.*709|gamma 2\.4.*709", 1, 1, "bt709"),
    (r"srgb.*p3", 12, 13, "bt709"),
    (r"srgb", 1, 13, "bt709"),
)
"""Part of a space's name, and FFmpeg's numbers for its primaries and its curve, and the matrix of its Y'CbCr."""
_UNSPECIFIED = 2


def movie_tags(space: str, plate: ColourTags) -> ColourTags:
    """Tags for values in ``space``, which is encoded; one that movies have no number for (log, most) stays untagged.

    The name stands in ``transfer``, whence it comes into EXR headers.
    """
    for pattern, primaries, transfer, matrix in _KNOWN:
        if re.search(pattern, space, re.IGNORECASE):
            return ColourTags(matrix, space, plate.full_range, primaries, transfer, _matrix_tag(plate))
    return ColourTags(plate.matrix, space, plate.full_range, _UNSPECIFIED, _UNSPECIFIED, _matrix_tag(plate))


def _matrix_tag(plate: ColourTags) -> int:
    """RGB material stays RGB; the writer finds the number of the matrix by itself."""
    return 0 if plate.matrix_tag == 0 else _UNSPECIFIED
