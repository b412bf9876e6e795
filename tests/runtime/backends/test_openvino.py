"""What is OpenVINO's own: forms compiled per shape, and bfloat16."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.bundle import find_bundle, load_bundle

TINY = Path(__file__).parents[2] / "goldens" / "tiny_bundle"
pytest.importorskip("openvino")


def still(width):
    rng = np.random.default_rng(width)
    return {"still": rng.uniform(-1, 1, (1, 3, 32, width)).astype(np.float32)}


def test_many_sizes_in_turn_give_what_a_fresh_backend_gives():
    from tinct.runtime.backends.openvino_backend import OpenVinoBackend

    bundle = load_bundle(TINY)
    backend = OpenVinoBackend(bundle, threads=1)
    widths = [32 * k for k in range(1, 9)]
    for width in (*widths, *widths[:2]):
        expected = OpenVinoBackend(bundle, threads=1).encode_reference(still(width))
        np.testing.assert_array_equal(backend.encode_reference(still(width))["key8"], expected["key8"])


@pytest.mark.parametrize(("loss", "expected"), [(None, "f32"), (0.3, "f32"), (0.02, "bf16"), (-0.1, "bf16")])
def test_bfloat16_is_taken_where_it_was_measured_to_do_no_harm(monkeypatch, loss, expected):
    from tinct.runtime.backends import openvino_backend
    from tinct.runtime.backends.openvino_backend import OpenVinoBackend

    bundle = load_bundle(TINY)
    quality = {} if loss is None else {"bf16_loss_db": loss}
    measured = replace(bundle, manifest=replace(bundle.manifest, quality=quality))
    monkeypatch.setattr(openvino_backend, "_has_bf16", lambda: True)
    assert OpenVinoBackend(measured, threads=1).precision == expected
    monkeypatch.setattr(openvino_backend, "_has_bf16", lambda: False)
    assert OpenVinoBackend(measured, threads=1).precision == "f32"
    assert OpenVinoBackend(measured, threads=1, precision="bf16").precision == "bf16"


def test_bfloat16_stays_near():
    from tinct.runtime.backends.openvino_backend import OpenVinoBackend

    bundle = load_bundle(TINY)
    exact = OpenVinoBackend(bundle, threads=1).encode_reference(still(64))
    fast = OpenVinoBackend(bundle, threads=1, precision="bf16").encode_reference(still(64))
    np.testing.assert_allclose(fast["value8"], exact["value8"], atol=0.02)


def test_descriptors_are_float32_always():
    from tinct.runtime.backends.openvino_backend import OpenVinoBackend

    bundle = find_bundle("lite")
    luminance = np.random.default_rng(0).uniform(-1, 1, (1, 1, 224, 224)).astype(np.float32)
    exact, fast = (OpenVinoBackend(bundle, threads=1, precision=name) for name in ("f32", "bf16"))
    described = [one.describe({"luminance": luminance})["descriptor"] for one in (exact, fast)]
    np.testing.assert_array_equal(*described)
