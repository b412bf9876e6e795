"""Plates whose own tags say that they are in a space which only colour management reads."""

from collections.abc import Mapping

from tinct.runtime.media.image_file import HeaderAttribute
from tinct.runtime.media.plate import PlateInfo

_CURVES = {
    9: ("a logarithmic curve", "the camera's log space"),
    10: ("a logarithmic curve", "the camera's log space"),
    16: ("PQ (SMPTE ST 2084)", "'Rec.2100-PQ - Display'"),
    18: ("HLG (ARIB STD-B67)", "'Rec.2100-HLG - Display'"),
}
"""FFmpeg's numbers of transfer characteristics that are not read as video."""
_PRIMARIES = {
    "ACEScg": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044),
    "ACES2065-1": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077),
}
"""x and y of red, green and blue in EXR headers (SMPTE ST 2065-1 and ACES S-2014-004)."""
_SAME = 0.002


def space_advice(info: PlateInfo, metadata: Mapping[str, object]) -> str | None:
    """What a user should know of a plate that is not colour-managed, or None; ``metadata`` of one of its frames."""
    if info.colour.space is not None:
        return None
    if info.colour.transfer_tag in _CURVES:
        curve, space = _CURVES[info.colour.transfer_tag]
        return (
            f"{info.path} is tagged with {curve} and was taken for BT.709 video; name its space (--input-space {space})"
        )
    attribute = metadata.get("chromaticities")
    values = attribute.value if isinstance(attribute, HeaderAttribute) else None
    if not isinstance(values, (tuple, list)) or len(values) < 6:
        return None
    for name, primaries in _PRIMARIES.items():
        if all(abs(value - known) < _SAME for value, known in zip(values, primaries, strict=False)):
            return (
                f"{info.path} has the primaries of {name} and was taken for Rec.709; name them (--input-space {name})"
            )
    return None
