"""``tinct train``."""

from pathlib import Path

import pytest

from tinct.training import loop


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """What the command asks of the training loop, which does nothing."""
    made: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(loop, "train", lambda recipe, **options: made.append((recipe, options)))
    return made


def test_a_slice_of_a_run(tinct, tmp_path: Path, calls) -> None:
    start, cache, output = tmp_path / "start.pt", tmp_path / "flows", tmp_path / "run"
    start.touch()
    command = ["train", "lite_gpu", "--data", tmp_path, "--output", output, "--resume", "--minutes", "9"]
    command += ["--steps", "500", "--weights", start, "--exclude", "evaluation", "--exclude", "x.mp4", "--flows", cache]
    outcome = tinct(*command)
    assert outcome.code == 0, outcome.err
    ((recipe, options),) = calls
    assert recipe == "lite_gpu"
    assert options["resume"] is True
    assert (options["data"], options["output"]) == (tmp_path, output)
    assert (options["max_minutes"], options["steps"]) == (9, 500)
    assert (options["weights"], options["flow_folder"]) == (start, cache)
    assert list(options["exclude"]) == ["evaluation", "x.mp4"]


def test_names_to_exclude_from_a_file(tinct, tmp_path: Path, calls) -> None:
    names = tmp_path / "held_out.txt"
    names.write_text("# clips to measure with\na.mp4\n\n b.mp4 \n")
    assert tinct("train", "tiny", "--data", tmp_path, "--exclude", "x", "--exclude-from", names).code == 0
    assert list(calls[0][1]["exclude"]) == ["x", "a.mp4", "b.mp4"]
    outcome = tinct("train", "tiny", "--data", tmp_path, "--exclude-from", tmp_path / "none.txt")
    assert (outcome.code, "none.txt" in outcome.error, len(calls)) == (2, True, 1)


def test_a_whole_run(tinct, tmp_path: Path, calls) -> None:
    assert tinct("train", "lite_cpu", "--data", tmp_path).code == 0
    ((_, options),) = calls
    assert options["output"] == Path("runs/lite_cpu")
    assert (options["resume"], options["max_minutes"], options["steps"]) == (False, None, None)


def test_what_cannot_be_trained_on(tinct, tmp_path: Path) -> None:
    outcome = tinct("train", "tiny", "--data", tmp_path / "none")
    assert (outcome.code, "none" in outcome.error) == (2, True)
    assert "lite_cpu" in tinct("train", "nonesuch", "--data", tmp_path).error
    call = ("train", "tiny", "--data", tmp_path, "--output", tmp_path / "run")
    outcome = tinct(*call)
    assert (outcome.code, "holds no clip" in outcome.error) == (1, True)
    assert "'evaluation' to exclude" in tinct(*call, "--exclude", "evaluation").error
    (tmp_path / "notes.txt").write_text("no network")
    outcome = tinct(*call, "--weights", tmp_path / "notes.txt")
    assert (outcome.code, "not a checkpoint" in outcome.error) == (1, True)
    assert not (tmp_path / "run").exists()
