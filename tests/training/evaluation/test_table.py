"""The table of an evaluation: means, wins, merging, JSON and Markdown."""

import pytest

from tinct.training.evaluation.table import TRUTH, ClipScores, EvaluationTable, read_table

CONDITIONS = {"reference": "first frame"}


def scores(method: str, clip: str, **values: float) -> ClipScores:
    return ClipScores(method, clip, 40, 480, 270, values)


@pytest.fixture
def table() -> EvaluationTable:
    return EvaluationTable(
        CONDITIONS,
        (
            scores("hybrid", "swan", psnr=30.0, psnr_at_60=28.0),
            scores("lite", "swan", psnr=31.0, psnr_at_60=29.0),
            scores(TRUTH, "swan", warp_error=1.1),
            scores("hybrid", "car", psnr=33.0),
            scores("lite", "car", psnr=32.0),
            scores(TRUTH, "car", warp_error=0.9),
        ),
    )


def test_means_are_over_the_clips_that_have_the_score(table):
    assert table.mean("hybrid", "psnr") == 31.5
    assert table.mean("hybrid", "psnr_at_60") == 28.0
    assert table.mean("hybrid", "lpips") is None
    assert table.mean(TRUTH, "warp_error") == 1.0


def test_wins_are_the_clips_above_every_rival(table):
    assert table.wins("lite", ["hybrid"]) == ("swan",)
    assert table.wins("lite", ["grey"]) == ()
    third = EvaluationTable(CONDITIONS, (scores("flow", "swan", psnr=31.5),))
    assert table.merge(third).wins("lite", ["hybrid", "flow"]) == ()


def test_merging_adds_methods_and_prefers_the_newer(table):
    other = EvaluationTable(CONDITIONS, (scores("lite", "swan", psnr=35.0), scores("grey", "swan", psnr=20.0)))
    merged = table.merge(other)
    assert merged.methods == ("hybrid", "lite", "grey")
    assert merged.value("lite", "swan", "psnr") == 35.0
    assert merged.value("lite", "car", "psnr") == 32.0


def test_tables_measured_differently_do_not_merge(table):
    with pytest.raises(ValueError, match="reference"):
        table.merge(EvaluationTable({"reference": "still a.png"}))


def test_json_round_trip(table, tmp_path):
    path = tmp_path / "table.json"
    path.write_text(table.to_json(), encoding="utf-8")
    assert read_table(path) == table


@pytest.mark.parametrize("text", ["not json", "[]", "{}", '{"schema": 99, "conditions": {}, "scores": []}'])
def test_what_is_no_table_is_refused_by_name(text, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.json"):
        read_table(path)


def test_markdown_shows_means_clips_wins_and_conditions(table):
    text = table.markdown(baselines=["hybrid"])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == ["method", "PSNR dB", "at 60", "warp error"]
    assert rows[2:5] == [
        ["hybrid", "31.50", "28.00", "-"],
        ["lite", "31.50", "29.00", "-"],
        ["truth", "-", "-", "1.000"],
    ]
    assert ["swan", "30.00", "31.00"] in rows
    assert "lite is above every baseline in PSNR on 1 of 2 clips: swan" in text
    assert "reference: first frame" in text
    widths = {len(line) for line in text.split("\n\n")[0].splitlines()}
    assert len(widths) == 1
