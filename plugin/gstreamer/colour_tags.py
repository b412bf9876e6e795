"""What GStreamer's caps say of colour, in Tinct's names."""

from __future__ import annotations

from typing import Any

from gi.repository import GstVideo

_TRANSFERS = {
    GstVideo.VideoTransferFunction.UNKNOWN: "srgb",  # as of a PNG file, which is where untagged pictures come from
    GstVideo.VideoTransferFunction.SRGB: "srgb",
    GstVideo.VideoTransferFunction.GAMMA10: "linear",
    GstVideo.VideoTransferFunction.BT709: "bt709",
    GstVideo.VideoTransferFunction.BT601: "bt709",
    GstVideo.VideoTransferFunction.BT2020_10: "bt709",
    GstVideo.VideoTransferFunction.BT2020_12: "bt709",
}
"""BT.601, BT.709 and BT.2020 have one curve."""
_PRIMARIES = {
    GstVideo.VideoColorPrimaries.SMPTE170M: "bt601",
    GstVideo.VideoColorPrimaries.SMPTE240M: "bt601",
    GstVideo.VideoColorPrimaries.BT470BG: "bt601",
    GstVideo.VideoColorPrimaries.BT2020: "bt2020",
}


def transfer_of(info: Any) -> str:
    """The name of the transfer function of a `GstVideo.VideoInfo`.

    Raises:
        ValueError: Tinct does not know it.
    """
    function = info.colorimetry.transfer
    if function not in _TRANSFERS:
        raise ValueError(
            f"tinctcolorize does not know the transfer function {function.value_nick}; put videoconvert and caps with "
            "colorimetry=bt709 or sRGB before it"
        )
    return _TRANSFERS[function]


def matrix_of(info: Any) -> str:
    """The name of the luma weights: grey and RGB caps name none, so that the primaries tell them."""
    return _PRIMARIES.get(info.colorimetry.primaries, "bt709")
