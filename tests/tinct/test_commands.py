"""The commands beside ``colorize`` and ``demo``."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from tinct.benchmark.stand_in import StandIn
from tinct.runtime.bundle import find_bundle, shipped_bundles
from tinct.runtime.errors import UsageError
from tinct.torch_extra import extra


def test_models_names_every_shipped_model(tinct) -> None:
    outcome = tinct("models")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()] == list(shipped_bundles())
    facts = json.loads(tinct("models", "--json").out)
    assert [fact["name"] for fact in facts] == list(shipped_bundles())


def test_info_shows_what_the_manifest_says(tinct) -> None:
    manifest = find_bundle("fake").manifest
    outcome = tinct("info", "fake")
    assert outcome.code == 0
    for wanted in (
        "version",
        manifest.motion,
        manifest.licence,
        f"{manifest.working_size} px",
        "onnxruntime",
        "sha256",
    ):
        assert wanted in outcome.out
    facts = json.loads(tinct("info", "fake", "--json").out)
    assert facts["parameters"] == manifest.parameters
    assert facts["frame_flops"] == manifest.frame_flops
    assert set(facts["graphs"]) == {"reference", "frame"}
    assert facts["backends"]["fake"] == "available"


def test_info_checks_the_files_of_a_bundle(tinct, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(find_bundle("fake").folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = {"frame.onnx": "0" * 64}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "frame.onnx").write_bytes(b"x")
    outcome = tinct("info", folder)
    assert outcome.code == 1
    assert "frame.onnx" in outcome.error


def test_info_of_no_model(tinct) -> None:
    outcome = tinct("info", "nonesuch")
    assert outcome.code == 2
    assert "fake" in outcome.error


def test_bench_prints_each_stage_and_the_ratio(tinct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandIn, "run", lambda self: None)  # its 404 GFLOP are seconds; the next test runs it
    out = tmp_path / "bench.json"
    outcome = tinct("bench", "--model", "fake", "--size", "64x96", "--rounds", "2", "--frames", "3", "--json", out)
    assert outcome.code == 0, outcome.err
    assert "of the yardstick" in outcome.out
    report = json.loads(out.read_text())
    assert report["threads"] == 2
    assert (report["height"], report["width"]) == (64, 96)
    (standing,) = report["standings"]
    assert standing["backend"] == "fake"
    assert standing["step"]["count"] == 4, "two rounds of two frames that have a previous one"
    assert sum(standing["shares"].values()) == pytest.approx(1)
    assert set(standing["shares"]) == {"motion", "network", "prepare", "upsample", "compose"}
    assert standing["step"]["lower"] <= standing["step"]["median"] <= standing["step"]["upper"]


def test_bench_pipeline_names_the_bottleneck(tinct, tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    options = ("--model", "fake", "--backend", "fake", "--size", "64x96", "--frames", "5", "--json", out)
    outcome = tinct("bench", "--pipeline", *options)
    assert outcome.code == 0, outcome.err
    report = json.loads(out.read_text())
    assert list(report["shares"]) == ["decode", "prepare", "infer", "compose", "encode"]
    assert report["fps"] == pytest.approx(5 / report["seconds"])
    assert report["bottleneck"] == max(report["busy"], key=report["busy"].get)
    assert f"bottleneck: {report['bottleneck']}" in outcome.out


def test_yardstick_has_the_cost_that_it_claims() -> None:
    import onnx

    from tinct.export.stand_in import build, count_flops, describe

    model = build()
    yardstick = StandIn(threads=1)
    assert yardstick.flops == pytest.approx(404e9, rel=0.01)
    assert yardstick.parameters == describe(model)["parameters"] == pytest.approx(60e6, rel=0.02)
    assert count_flops(model) == yardstick.flops
    product = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]> g (float[1, 4, 10, 12] x, float[6, 2, 3, 3] w, float[12, 5] m) '
        "=> (float[1, 6, 10, 5] y) { c = Conv<group = 2, pads = [1, 1, 1, 1]>(x, w)\n y = MatMul(c, m) }"
    )
    assert count_flops(product) == 2 * (6 * 10 * 12) * (2 * 3 * 3) + 2 * (6 * 10 * 5) * 12


@pytest.mark.parametrize("size", ["224", "axb", "0x0", "63x384", "224x9999"])
def test_bench_refuses_a_size(tinct, size: str) -> None:
    outcome = tinct("bench", "--model", "fake", "--size", size)
    assert outcome.code == 2
    assert size in outcome.error


def test_bench_refuses_more_frames_than_the_clip_has(tinct) -> None:
    outcome = tinct("bench", "--model", "fake", "--frames", "25")
    assert outcome.code == 2
    assert "--frames 25" in outcome.error


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Four frames of colours that move, 64x96."""
    path = tmp_path / "clip.mkv"
    y, x = np.mgrid[:64, :96]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "bgr0"
        for shift in range(4):
            rgb = np.stack([(x + 4 * shift) * 2 % 256, y * 3, np.full_like(x, 90)], axis=-1).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="bgr0")))
        container.mux(stream.encode(None))
    return path


def test_evaluate_measures_the_model_beside_the_baselines(tinct, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.json"
    arguments = ["--model", "fake", "--backend", "fake", "--working-size", "64", "--json", out]
    outcome = tinct("evaluate", clip, *arguments, "--sheets", tmp_path / "sheets")
    assert outcome.code == 0, outcome.err
    table = json.loads(out.read_text())
    assert {"fake", "grey", "copy", "flow", "hybrid"} <= set(table["means"])
    assert table["means"]["fake"]["psnr"] > 10
    assert "| fake" in outcome.out
    assert (tmp_path / "sheets" / "clip.png").is_file()


@pytest.mark.parametrize("command", [["bench"], ["evaluate", "clip.mkv"]])
def test_report_that_cannot_be_written_is_refused_before_the_work(tinct, tmp_path: Path, command: list[str]) -> None:
    outcome = tinct(*command, "--model", "fake", "--json", tmp_path / "none" / "report.json")
    assert outcome.code == 1
    assert "report.json" in outcome.error


def test_evaluate_without_clips(tinct, tmp_path: Path) -> None:
    outcome = tinct("evaluate", tmp_path / "none", "--model", "fake", "--backend", "fake")
    assert outcome.code == 2
    assert "none" in outcome.error
    (tmp_path / "empty").mkdir()
    outcome = tinct("evaluate", tmp_path / "empty", "--model", "fake", "--backend", "fake")
    assert outcome.code == 1
    assert "empty" in outcome.error


def test_missing_packages_are_named_with_the_extra_that_has_them() -> None:
    with (
        pytest.raises(UsageError, match=r"no_such_module.*pip install 'tinct\[train\]'"),
        extra("train", command="tinct train"),
    ):
        import no_such_module  # noqa: F401


def test_evaluate_without_torch_says_what_to_install(clip: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from tinct.cli import main\n"
        f"sys.exit(main(['evaluate', {str(clip)!r}, '--model', 'fake', '--backend', 'fake']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'tinct[evaluate]'" in done.stderr
    assert "Traceback" not in done.stderr
