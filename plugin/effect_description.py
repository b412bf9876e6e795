"""What the effect tells a host of itself, in OpenFX's terms: the actions Describe and DescribeInContext.

Standard library alone, Python 3.9: this file goes into hosts as it stands. Actions and properties are those of
ofxImageEffect.h 1.5.
"""

from __future__ import annotations

from typing import NamedTuple

from tinct.plugin.params import PARAMETERS, Parameter

IDENTIFIER = "org.tinct.Colorize"
VERSION = (1, 0)
CONTEXTS = ("OfxImageEffectContextFilter", "OfxImageEffectContextGeneral")


class ContextError(ValueError):
    """The effect has no such context."""


class EffectDescriptor(NamedTuple):
    """What Describe tells a host.

    ``sequential_render``: 2, best rendered first to last but right anyway. ``temporal_clip_access``: other frames than
    the rendered one are fetched. ``supports_tiles``: always whole pictures. ``render_thread_safety``: one render of an
    instance at a time.
    """

    identifier: str
    label: str
    grouping: str
    version: tuple[int, int]
    contexts: tuple[str, ...]
    pixel_depths: tuple[str, ...] = ("OfxBitDepthFloat",)
    sequential_render: int = 2
    temporal_clip_access: bool = True
    supports_tiles: bool = False
    supports_multi_resolution: bool = False
    render_thread_safety: str = "OfxImageEffectRenderInstanceSafe"


class ClipDescriptor(NamedTuple):
    """A clip of the effect and what it takes."""

    name: str
    components: tuple[str, ...]
    optional: bool = False
    is_mask: bool = False
    temporal_access: bool = False


class ContextDescriptor(NamedTuple):
    """What DescribeInContext tells a host."""

    context: str
    clips: tuple[ClipDescriptor, ...]
    parameters: tuple[Parameter, ...]


def describe() -> EffectDescriptor:
    """Describe."""
    return EffectDescriptor(IDENTIFIER, "Tinct", "Colour", VERSION, CONTEXTS)


def describe_in_context(context: str) -> ContextDescriptor:
    """DescribeInContext.

    Raises:
        ContextError: the effect has no such context.
    """
    if context not in CONTEXTS:
        raise ContextError("the effect has no context {!r}; it has {}".format(context, ", ".join(CONTEXTS)))
    clips = (
        ClipDescriptor("Source", ("OfxImageComponentAlpha", "OfxImageComponentRGB"), temporal_access=True),
        ClipDescriptor("Mask", ("OfxImageComponentAlpha",), optional=True, is_mask=True),
        ClipDescriptor("Output", ("OfxImageComponentRGB",)),
    )
    return ContextDescriptor(context, clips, PARAMETERS)
