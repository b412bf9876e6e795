"""Motion sources: where the previous frame's colour goes in this one."""

from tinct.runtime.errors import UnknownNameError
from tinct.runtime.motion.base import Motion, MotionSource

__all__ = ["NONE", "Motion", "MotionSource", "create_motion", "motion_names"]

NONE = "none"
"""Name under which a bundle says that it wants no motion from outside its graph."""


def motion_names() -> tuple[str, ...]:
    """Names that `create_motion` knows."""
    return ("dis", NONE)


def create_motion(name: str) -> MotionSource | None:
    """Motion source of that name; None for ``"none"``.

    Raises:
        UnknownNameError: no motion source of that name.
    """
    if name == NONE:
        return None
    if name == "dis":
        from tinct.runtime.motion.dis import DisMotion

        return DisMotion()
    raise UnknownNameError(f"no motion source named {name!r}: they are {', '.join(motion_names())}; upgrade Tinct")
