"""``tinct demo`` on the fake model: what it writes and what it says."""

import json
from pathlib import Path

import av
import cv2


def test_demo_writes_film_and_sheet_and_says_how_good_it_is(tinct, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "demo"
    outcome = tinct("demo", "--model", "fake", "--backend", "fake", "--output", folder, "--json")
    assert outcome.code == 0, outcome.err
    done = json.loads(outcome.out.splitlines()[-1])
    assert done["event"] == "done"
    assert done["frames"] == 72
    assert done["psnr"] > done["grey_psnr"] + 5
    assert done["warnings"] == []
    with av.open(done["film"]) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("prores", 640, 360)
        assert stream.average_rate == 24
        assert sum(1 for _ in film.decode(video=0)) == 72
    sheet = cv2.imread(done["contact_sheet"])
    assert sheet.shape[1] > 4 * 390
    seen = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    assert seen == {Path(done["film"]).name, Path(done["contact_sheet"]).name}


def test_demo_says_when_its_folder_cannot_be_made(tinct, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = tinct("demo", "--model", "fake", "--backend", "fake", "--output", tmp_path / "file" / "demo")
    assert outcome.code == 1
    assert "--output" in outcome.error
