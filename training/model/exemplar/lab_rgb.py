"""Lab (D65) to sRGB in PyTorch, for stills that a trunk looks at in colour.

Source of the formulas: CIE 15:2004 section 8.2.1 (Lab), IEC 61966-2-1 (sRGB).
"""

import torch
from torch import Tensor

WHITE = (0.950456, 1.0, 1.088754)
"""XYZ of D65, Y = 1."""
XYZ_TO_RGB = (
    (3.2404813432, -1.5371515163, -0.4985363262),
    (-0.9692549500, 1.8759900015, 0.0415559266),
    (0.0556466391, -0.2040413384, 1.0573110696),
)
DELTA = 6.0 / 29.0


def lab_to_rgb(lab: Tensor) -> Tensor:
    """``lab`` (B, 3, H, W): L* 0..100, a and b -> sRGB-encoded (B, 3, H, W) float32, clipped to 0..1."""
    with torch.autocast(lab.device.type, enabled=False):
        light, a, b = lab.float().unbind(1)
        y = (light + 16.0) / 116.0
        root = torch.stack([y + a / 500.0, y, y - b / 200.0], 1)
        linear = torch.where(root > DELTA, root.clamp_min(0) ** 3, 3 * DELTA**2 * (root - 4.0 / 29.0))
        xyz = linear * _constant(WHITE, lab).reshape(1, 3, 1, 1)
        rgb = (_constant(XYZ_TO_RGB, lab).reshape(1, 3, 3, 1, 1) * xyz[:, None]).sum(2)
        encoded = 1.055 * rgb.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
        return torch.where(rgb > 0.0031308, encoded, 12.92 * rgb).clamp(0, 1)


def _constant(values: tuple[object, ...], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=like.device)
