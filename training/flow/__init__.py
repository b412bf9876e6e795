"""Optical flow, what it cannot be trusted with, and files of it."""

from pathlib import Path

from tinct.training.flow.base import FlowError, FlowSource

__all__ = ["FlowError", "FlowSource", "create_flow", "flow_names"]


def flow_names() -> tuple[str, ...]:
    """Names that `create_flow` knows."""
    return ("dis", "farneback", "raft_small", "raft_large")


def create_flow(name: str, *, weights: Path | None = None) -> FlowSource:
    """Flow source of that name. ``weights``: a file for RAFT; without it RAFT's weights are fetched from their hub.

    Raises:
        FlowError: no source of that name, weights for one that has none, or weights that cannot be had.
    """
    if name not in flow_names():
        raise FlowError(f"no flow source named {name!r}: they are {', '.join(flow_names())}")
    if name.startswith("raft_"):
        from tinct.training.flow.raft import HUB, RaftConfig, RaftFlow

        return RaftFlow(RaftConfig("small" if name == "raft_small" else "large", weights or HUB))
    if weights is not None:
        raise FlowError(f"the flow source {name!r} has no weights; {weights} is for RAFT")
    if name == "dis":
        from tinct.training.flow.dis import DisFlow

        return DisFlow()
    from tinct.training.flow.farneback import FarnebackFlow

    return FarnebackFlow()
