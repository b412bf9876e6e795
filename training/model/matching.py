"""Coarse-to-fine attention from a frame's cells to the tokens of all stills in force.

A token is a cell of 8 x 8 pixels of a still; it carries the descriptors and colours of its four 4 x 4 sub-cells too.
Nq = h w cells of the frame, N tokens of the bank, K candidates, S = 4 sub-cells.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

SUBCELLS = 4


class Bank(NamedTuple):
    """Tokens of the stills, joined along axis 1.

    ``key8`` (B, N, Cc) coarse descriptors; ``value8`` (B, N, 2) scaled ab, mean of the cell; ``key4`` (B, N, S*Cf) and
    ``value4`` (B, N, S*2) those of its sub-cells, sub-cell after sub-cell (top left, top right, bottom left,
    bottom right).
    """

    key8: Tensor
    value8: Tensor
    key4: Tensor
    value4: Tensor


class Match(NamedTuple):
    """``coarse`` (B, 2, h, w) and ``fine`` (B, 2, 2h, 2w) copied colour, scaled ab; ``similarity`` (B, 1, h, w) peak
    logit; ``certainty`` (B, 1, h, w) probability that falls on the candidates, 0..1; ``rivalry`` (B, 1, h, w), 0 or
    more: by how much another cell of the frame has a higher logit with the same token. What no still shows takes its
    colour from a token that something else in the frame fits better; without gradient."""

    coarse: Tensor
    fine: Tensor
    similarity: Tensor
    certainty: Tensor
    rivalry: Tensor


def tokens(grid: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, h w, C)."""
    return grid.flatten(2).transpose(1, 2)


def subcell_tokens(grid: Tensor) -> Tensor:
    """(B, C, 2h, 2w) -> (B, h w, S*C), sub-cell after sub-cell."""
    batch, channels, height, width = grid.shape
    cells = grid.reshape(batch, channels, height // 2, 2, width // 2, 2)
    return cells.permute(0, 2, 4, 3, 5, 1).reshape(batch, height * width // SUBCELLS, SUBCELLS * channels)


def subcell_grid(values: Tensor, height: int, width: int) -> Tensor:
    """Inverse of `subcell_tokens`: (B, h w, S, C) -> (B, C, 2h, 2w) with h = ``height``, w = ``width``."""
    batch, channels = values.shape[0], values.shape[-1]
    cells = values.reshape(batch, height, width, 2, 2, channels)
    return cells.permute(0, 5, 1, 3, 2, 4).reshape(batch, channels, 2 * height, 2 * width)


def match(query8: Tensor, query4: Tensor, bank: Bank, bias: Tensor, candidates: int) -> Match:
    """Copy colour from ``bank`` to the frame.

    ``query8`` (B, Cc, h, w) and ``query4`` (B, Cf, 2h, 2w) are the frame's descriptors, ``bias`` (B, N) the
    logarithm of each token's weight. Attention over all tokens at stride 8; at stride 4 over the sub-cells of the
    ``candidates`` best tokens. Runs in float32: half precision loses the differences of large logits.
    """
    height, width = query8.shape[-2:]
    logits = tokens(query8) @ bank.key8.transpose(1, 2) + bias[:, None, :]
    probability = F.softmax(logits, -1)
    coarse = (probability @ bank.value8).transpose(1, 2).reshape(-1, 2, height, width)
    best, index = torch.topk(logits, candidates, dim=-1)
    certainty = probability.gather(-1, index).sum(-1)  # a logsumexp would go over all logits once more
    fine = _refine(query4, bank, best, index)
    rows = logits.detach().unflatten(1, (height, width))
    highest = rows.amax(2).amax(1)  # of each token, in the whole frame; row by row is faster on processors
    rivalry = highest.gather(1, index[..., 0]) - best[..., 0].detach()
    cells = (best[..., 0], certainty, rivalry)
    return Match(coarse, subcell_grid(fine, height, width), *(cell.reshape(-1, 1, height, width) for cell in cells))


def _refine(query4: Tensor, bank: Bank, best: Tensor, index: Tensor) -> Tensor:
    """Colour of the frame's sub-cells (B, Nq, S, 2) from those of the tokens ``index`` (B, Nq, K) with logits
    ``best``."""
    queries = subcell_tokens(query4).unflatten(-1, (SUBCELLS, -1))
    keys = _gather(bank.key4, index).unflatten(-1, (SUBCELLS, -1)).flatten(2, 3)  # B, Nq, K*S, Cf
    values = _gather(bank.value4, index).unflatten(-1, (SUBCELLS, -1)).flatten(2, 3)
    logits = queries @ keys.transpose(2, 3) + best.repeat_interleave(SUBCELLS, -1)[:, :, None, :]
    return F.softmax(logits, -1) @ values


def _gather(rows: Tensor, index: Tensor) -> Tensor:
    """Rows (B, N, C) at ``index`` (B, Nq, K) -> (B, Nq, K, C)."""
    batch, count = rows.shape[:2]
    offset = torch.arange(batch, device=index.device)[:, None, None] * count
    return rows.flatten(0, 1)[index + offset]
