"""Colour tags and timecode of movies, between FFmpeg's numbers and Tinct's names."""

from collections.abc import Iterable, Mapping

from tinct.runtime.media.plate import ColourTags
from tinct.runtime.media.timecode import parse_timecode

UNSPECIFIED = 2
RGB_MATRIX = 0

_MATRICES = {1: "bt709", 7: "bt709", 4: "bt601", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}
"""AVColorSpace to luma weights; SMPTE 240M (7) and FCC (4) are within 0.012 of the ones they are given."""

_TRANSFERS = {8: "linear", 13: "srgb"}
_MATRIX_TAGS = {"bt709": 1, "bt601": 6, "bt2020": 9}
_TRANSFER_TAGS = {"bt709": 1, "srgb": 13, "linear": 1}
"""AVColorTransferCharacteristic to write; linear plates are encoded with BT.709 on the way into a movie."""

SD_HEIGHT = 576
"""Untagged material up to this height is standard definition and has BT.601 luma; taller has BT.709."""


def colour_tags(
    *, matrix: int, primaries: int, transfer: int, full_range: bool, is_rgb: bool, height: int
) -> ColourTags:
    """Return the tags of a movie from FFmpeg's ``AVCOL_*`` numbers (2 = unspecified)."""
    by_primaries = {9: "bt2020", 5: "bt601", 6: "bt601"}.get(primaries, "bt709")
    guess = "bt601" if height <= SD_HEIGHT else "bt709"
    return ColourTags(
        matrix=by_primaries if is_rgb else _MATRICES.get(matrix, guess),
        transfer=_TRANSFERS.get(transfer, "bt709"),
        full_range=full_range and not is_rgb,
        primaries_tag=primaries,
        transfer_tag=transfer,
        matrix_tag=RGB_MATRIX if is_rgb else matrix,
    )


def written_tags(colour: ColourTags, height: int) -> tuple[int, int, int]:
    """Return (matrix, primaries, transfer) to write on a Y'CbCr movie.

    What the plate says is kept. What it leaves open is filled in, since a coloured picture without tags is shown with
    whatever colours the player guesses.
    """
    matrix = colour.matrix_tag if _MATRICES.get(colour.matrix_tag) == colour.matrix else _MATRIX_TAGS[colour.matrix]
    primaries = colour.primaries_tag
    if colour.transfer not in _TRANSFER_TAGS and colour.transfer_tag == UNSPECIFIED:
        return matrix, primaries, UNSPECIFIED  # a log or another curve that movies have no number for
    if primaries in (0, UNSPECIFIED):
        primaries = {"bt709": 1, "bt601": 5 if height == SD_HEIGHT else 6, "bt2020": 9}[colour.matrix]
    transfer = colour.transfer_tag
    if transfer in (0, UNSPECIFIED, 8):
        transfer = _TRANSFER_TAGS[colour.transfer]
    return matrix, primaries, transfer


def find_timecode(metadata: Iterable[Mapping[str, str]]) -> str | None:
    """The first timecode in metadata dictionaries of streams and container."""
    for entries in metadata:
        for key, value in entries.items():
            if key.lower() == "timecode" and (timecode := parse_timecode(value)):
                return timecode
    return None
