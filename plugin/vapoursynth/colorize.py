"""``Colorize``: a clip in colour, each frame the same in whatever order they are asked for."""

from __future__ import annotations

import re
import weakref
from collections.abc import Sequence
from typing import Any

import vapoursynth as vs

from tinct.plugin.client import Client
from tinct.plugin.effect import PlateDescription, create_instance
from tinct.plugin.params import ParameterError, StillInForce, defaults, format_stills
from tinct.plugin.vapoursynth.clip_pictures import mask_format, matrix_of, picture_format, result_clip, transfer_of
from tinct.plugin.vapoursynth.coloured_frames import ColouredFrames

REACH = 50
"""Frames that are coloured in passing, at most, to make one right that is not the next."""
FOR_FILES = frozenset(
    ("stills", "mask", "view", "passes", "inputSpace", "outputSpace", "stillSpace", "ocio", "cacheFolder")
)
"""Parameters of hosts that hand files over, and those that have a form of their own here."""


def colorize(
    clip: Any,
    stills: str | Sequence[Any] = (),
    *,
    mask: Any = None,
    first_frame: int = 0,
    transfer: str | None = None,
    full_range: bool | None = None,
    reach: int = REACH,
    **parameters: Any,
) -> Any:
    """Return ``clip`` in colour: RGB with the samples of the clip (GRAY8 gives RGB24, GRAYS gives RGBS).

    Args:
        clip: GRAY or RGB, 8 to 16 bits or 32-bit float.
        stills: a path, or a list of paths and of (path, frame, weight), where frame is the plate's frame from which the
            still is in force (None: from the start) and weight counts beside the others.
        mask: a GRAY clip of the same size that limits the colour (white: all of it).
        first_frame: the plate's number of the clip's frame 0.
        transfer: ``srgb``, ``bt709`` or ``linear``; None takes the frame's property, and sRGB where there is none.
        full_range: of grey integers; None takes the frame's property, and limited range where there is none.
        reach: how many frames are coloured in passing, at most, when one is asked for that does not follow; where it
            would take more, the frame is a preview.
        **parameters: of the effect, written ``like_this``: ``model``, ``backend``, ``chroma``, ``working_size``, ...

    Raises:
        ValueError: the clip's format, or a parameter, is wrong.
        ClientError: the worker cannot be reached, or refuses.
    """
    with clip.get_frame(0) as frame:
        properties = dict(frame.props)
    form = picture_format(clip, full_range, properties)
    plate = PlateDescription(
        clip.width,
        clip.height,
        matrix_of(properties),
        transfer or transfer_of(properties),
        limit=form.bits is not None,
        first=first_frame,
    )
    masked = None if mask is None else mask_format(mask, clip)
    client = Client(notice=lambda text: vs.core.log_message(vs.MESSAGE_TYPE_WARNING, text))
    effect = create_instance(client, plate, _values(stills, parameters))
    frames = ColouredFrames(clip, form, effect, first_frame, reach)
    if mask is not None:
        frames.limit_to(mask, masked)
    weakref.finalize(frames, client.close)
    blank = result_clip(clip)
    coloured = vs.core.std.ModifyFrame(blank, [blank, clip], frames.give)
    coloured.std.SetVideoCache(mode=0)  # VapourSynth would keep previews; `frames` keeps what is right
    return coloured


def _values(stills: str | Sequence[Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The effect's values of what a script wrote."""
    known = {
        re.sub("[A-Z]", lambda match: "_" + match[0].lower(), name): name
        for name in defaults()
        if name not in FOR_FILES
    }
    strange = [name for name in parameters if name not in known]
    if strange:
        raise ParameterError(f"Colorize has no parameter {strange[0]!r}; it has {', '.join(sorted(known))}")
    listed = [stills] if isinstance(stills, str) else list(stills)
    named = [StillInForce(*one) if isinstance(one, (tuple, list)) else StillInForce(str(one)) for one in listed]
    return {**{known[name]: value for name, value in parameters.items()}, "stills": format_stills(named)}
