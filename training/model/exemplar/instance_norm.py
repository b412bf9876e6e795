"""Instance normalisation that half precision cannot break."""

import torch
from torch import Tensor, nn

EPSILON = 1e-5


class InstanceNorm(nn.Module):
    """Each channel of each picture to mean 0 and variance 1, without learned gain; constant channels become 0.

    Computed in float32 whatever comes in: in half precision the squares of a channel overflow, or its variance and
    `EPSILON` vanish, and either gives NaN.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) -> the same shape and type."""
        with torch.autocast(x.device.type, enabled=False):
            wide = x.float()
            centred = wide - wide.mean((2, 3), keepdim=True)
            variance = centred.square().mean((2, 3), keepdim=True)
            return (centred * torch.rsqrt(variance + EPSILON)).to(x.dtype)
