"""``tinct export --engine`` as a user meets it where something is missing."""

from pathlib import Path

import pytest

from tinct.cli import main
from tinct.runtime.backends.tensorrt_library import missing_tensorrt

TINY = Path(__file__).parents[1] / "goldens" / "tiny_bundle"


def said(capsys, *words):
    """Exit code and what was said of the error."""
    code = main([str(word) for word in ("export", *words)])
    return code, capsys.readouterr().err


def test_without_the_full_tensorrt(capsys, tmp_path):
    if missing_tensorrt("tensorrt") is None:
        pytest.skip("tensorrt is installed")
    code, message = said(capsys, TINY, "--engine", "tensorrt", "--output", tmp_path / "engines")
    assert code == 1
    assert "tensorrt is not installed; install tinct[gpu]" in message
    assert not (tmp_path / "engines").exists()


def test_another_flavour_is_no_choice(capsys):
    assert said(capsys, TINY, "--engine", "cuda")[0] == 2


def test_no_such_model(capsys):
    code, message = said(capsys, "nobody", "--engine", "tensorrt_rtx")
    assert code == 2
    assert "no model named 'nobody'" in message


def test_a_checkpoint_needs_a_folder_to_go_to(capsys, tmp_path):
    checkpoint = tmp_path / "last.pt"
    checkpoint.write_bytes(b"")
    code, message = said(capsys, checkpoint)
    assert code == 2
    assert "--output BUNDLE" in message


def test_sizes_out_of_range(capsys, tmp_path):
    pytest.importorskip("tensorrt_rtx", reason="tensorrt_rtx is not installed: no engine can be compiled")
    words = (TINY, "--engine", "tensorrt_rtx", "--output", tmp_path / "engines")
    for option, value, expected in (("--stills", 0, "--stills is 0"), ("--working-size", 16, "at least 32")):
        code, message = said(capsys, *words, option, value)
        assert code == 2
        assert expected in message
    assert not (tmp_path / "engines").exists()


def test_info_says_why_a_backend_for_gpus_cannot_run(capsys):
    assert main(["info", "fake"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in ("tensorrt", "tensorrt rtx", "onnxruntime cuda"):
        assert any(line.split("  ")[1:2] == [name] or line.strip().startswith(name) for line in lines), name
