"""Motion as training knows it, for the runtime's rules."""

from typing import ClassVar

from tinct.runtime.motion.base import Image, Motion, MotionSource
from tinct.runtime.motion.dis import agreement
from tinct.training.flow.dis import DisFlow


class TrainingMotion(MotionSource):
    """The data set's flows, trusted by the runtime's rule. They are searched at full resolution both ways, since
    training moves colours along either; the runtime's own way back is searched at half, for it only checks."""

    NAME: ClassVar[str] = "training"

    def estimate(self, previous: Image, current: Image) -> Motion:
        """See `MotionSource`."""
        backward, forward = DisFlow().flow(current, previous), DisFlow().flow(previous, current)
        return Motion(backward, agreement(backward, forward))
