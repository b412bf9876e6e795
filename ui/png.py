"""PNG files of 8-bit pictures, with the standard library alone (ISO/IEC 15948)."""

from __future__ import annotations

import os
import struct
import zlib

from tinct.ui.picture import Picture

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_bytes(picture: Picture) -> bytes:
    """``picture``, whose values are sRGB-encoded, as the content of a PNG file."""
    stride = picture.width * picture.channels
    rows = b"".join(b"\0" + picture.data[start : start + stride] for start in range(0, len(picture.data), stride))
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2 if picture.channels == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"sRGB", b"\0"), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def write_png(path: str, picture: Picture) -> None:
    """Write ``picture`` to ``path``, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "wb") as file:
        file.write(png_bytes(picture))
    os.replace(temporary, path)
