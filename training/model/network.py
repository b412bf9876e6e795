"""What every network of Tinct is: stateless and staged, `encode_reference` once a still, `colorize_frame` per frame."""

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn


class FrameInputs(NamedTuple):
    """A frame as every network takes it, H and W multiples of 32.

    ``luminance`` (B, 1, H, W) scaled; ``warped_ab`` (B, 2, H, W) previous colour moved to this frame, scaled ab;
    ``warped_validity`` (B, 1, H, W) 0..1: how far the motion is trusted; ``warped_confidence`` (B, 1, H, W) 0..1: what
    the network thought of that colour a frame ago; ``anchored_ab`` (B, 2, H, W) the colours of a still of the same
    view, read where motion composed from frame to frame leads, scaled ab; ``anchored_validity`` (B, 1, H, W) 0..1: how
    far those are trusted; ``hints`` (B, 3, H, W) scaled a, b and mask.
    """

    luminance: Tensor
    warped_ab: Tensor
    warped_validity: Tensor
    warped_confidence: Tensor
    anchored_ab: Tensor
    anchored_validity: Tensor
    hints: Tensor

    def past(self) -> tuple[Tensor, Tensor]:
        """For networks that take one colour from the past: the moved one, with the still's in its place as far as that
        is trusted, and how far one of them is."""
        validity = torch.maximum(self.warped_validity, self.anchored_validity)
        return torch.lerp(self.warped_ab, self.anchored_ab, self.anchored_validity), validity


class Colours(NamedTuple):
    """``ab`` (B, 2, H, W) scaled, ``confidence`` (B, 1, H, W) 0..1."""

    ab: Tensor
    confidence: Tensor


class ExemplarBased(nn.Module):
    """Colours frames from stills. ``VARIANT``: its name; ``BANK``: the names of its bank's tensors; ``FRAME``: what it
    takes of a frame; ``config`` scales Lab."""

    VARIANT: ClassVar[str]
    BANK: ClassVar[tuple[str, ...]]
    FRAME: ClassVar[Any] = FrameInputs
    config: Any

    @abstractmethod
    def encode_reference(self, still: Tensor) -> Any:
        """Encode a still into the tokens of the network's own bank.

        ``still`` (B, 3, H, W): scaled Lab, H and W multiples of 32.
        """

    @abstractmethod
    def colour_and_match(self, frame: FrameInputs, bank: Any, bank_bias: Tensor) -> tuple[Colours, Any]:
        """`colorize_frame` that also returns the copied colours, for training losses."""

    def colorize_frame(self, frame: FrameInputs, bank: Any, bank_bias: Tensor) -> Colours:
        """Colour one frame.

        ``bank``: the tokens of all stills; ``bank_bias`` (B, N): the logarithm of their weights. ab comes scaled.
        """
        return self.colour_and_match(frame, bank, bank_bias)[0]
