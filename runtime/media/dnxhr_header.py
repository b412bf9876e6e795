"""The colour matrix in DNxHR's frame headers.

FFmpeg's encoder leaves the field at "BT.709" whatever it is told, and decoders believe it over the container.
"""

from typing import Any

_AT = 0x2C
_SHIFT, _MASK = 1, 0b110
_FIELD = {1: 0, 9: 1, 10: 2}
_UNSPECIFIED = 3
"""Values of the two bits at 2C hex (SMPTE ST 2019-1, colour volume): BT.709, BT.2020, BT.2020 constant, not said."""


def mark_matrix(packet: Any, matrix: int) -> None:
    """Write ``matrix`` (FFmpeg's AVColorSpace) into an encoded DNxHR frame; what the field cannot say is left open."""
    data = bytearray(bytes(packet))
    data[_AT] = data[_AT] & ~_MASK | _FIELD.get(matrix, _UNSPECIFIED) << _SHIFT
    packet.update(bytes(data))
