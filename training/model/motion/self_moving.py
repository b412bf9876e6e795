"""A network that moves the previous result itself, so that nothing but the frame need come from outside."""

from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from tinct.training.model.motion.carry import trust
from tinct.training.model.motion.network import MotionNet
from tinct.training.model.motion.patch_search import PatchSearch
from tinct.training.model.motion.sampling import sample_along
from tinct.training.model.network import Colours, ExemplarBased, FrameInputs


class MovingInputs(NamedTuple):
    """A frame and what came before it, H and W multiples of 32.

    ``luminance`` (B, 1, H, W) scaled; of the frame before, not moved: ``previous_luminance`` (B, 1, H, W) scaled,
    ``warped_ab`` (B, 2, H, W) its colour in Lab units, ``warped_validity`` (B, 1, H, W) 1 where it has one, else 0,
    ``warped_confidence`` (B, 1, H, W) 0..1; ``hints`` (B, 3, H, W) a, b in Lab units and mask.
    """

    luminance: Tensor
    previous_luminance: Tensor
    warped_ab: Tensor
    warped_validity: Tensor
    warped_confidence: Tensor
    hints: Tensor


class SelfMoving(nn.Module):
    """An exemplar-based network behind a motion network, or a search for motion.

    It takes and gives ab in Lab units: what comes out is what goes in with the next frame, bit for bit, and need not
    leave the device.
    """

    FRAME: ClassVar[Any] = MovingInputs

    def __init__(self, network: ExemplarBased, motion: MotionNet | PatchSearch) -> None:
        """Both must scale luminance alike.

        Raises:
            ValueError: they do not.
        """
        super().__init__()
        if (network.config.l_mean, network.config.l_scale) != (motion.config.l_mean, motion.config.l_scale):
            raise ValueError("the network and its motion scale luminance differently")
        self.network = network
        self.motion = motion
        self.config = replace(network.config, ab_scale=1.0)
        self.VARIANT = network.VARIANT
        self.BANK = network.BANK

    def encode_reference(self, still: Tensor) -> Any:
        """As the network's own, of a still whose ab is in Lab units."""
        return self.network.encode_reference(torch.cat([still[:, :1], still[:, 1:] / self._ab_scale], 1))

    def colorize_frame(self, frame: MovingInputs, bank: Any, bank_bias: Tensor) -> Colours:
        """As the network's own, with what came before moved to the frame, and ab in Lab units."""
        ab, confidence = self.network.colorize_frame(self.moved(frame), bank, bank_bias)
        return Colours(self._ab_scale * ab, confidence)

    def moved(self, frame: MovingInputs) -> FrameInputs:
        """The frame as the network takes it."""
        flows = self.motion(frame.previous_luminance, frame.luminance)
        before = torch.cat([frame.warped_ab / self._ab_scale, frame.warped_confidence, frame.warped_validity], 1)
        ab, confidence, there = sample_along(before, flows.backward).split([2, 1, 1], 1)
        sure = trust(flows, frame.previous_luminance, frame.luminance, l_scale=self.motion.config.l_scale)
        validity = sure * there
        # flow from the frame to a still is composed outside the graph, where this network's flows are not known
        hints = torch.cat([frame.hints[:, :2] / self._ab_scale, frame.hints[:, 2:]], 1)
        return FrameInputs(frame.luminance, ab, validity, confidence, 0 * ab, 0 * validity, hints)

    @property
    def _ab_scale(self) -> float:
        return float(self.network.config.ab_scale)
