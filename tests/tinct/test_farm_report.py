"""The report of a farm's job, in a browser: it opens by itself, and fits a narrow window."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("openjd.model", reason="jobs for farms need openjd-model")

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
NARROW, WIDE = 400, 1200
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
BEYOND = """
[...document.querySelectorAll('body *')]
    .filter(one => !one.closest('.curve > *'))  // which scrolls in a frame of its own
    .map(one => [one.getBoundingClientRect(), one.outerHTML.slice(0, 80)])
    .filter(([box]) => box.right > document.documentElement.clientWidth + 0.5 || box.left < -0.5)
    .map(([_, words]) => words)
"""


class Page:
    """A page of Chromium without a window, driven over a pipe (Chrome DevTools Protocol)."""

    def __init__(self, folder: Path) -> None:
        self.events: list[dict[str, Any]] = []
        asked, self._ask = os.pipe()
        self._answers, answered = os.pipe()
        words = [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--remote-debugging-pipe", f"--user-data-dir={folder}",
        ]  # fmt: skip
        self._process = subprocess.Popen(  # the browser reads from 3 and writes to 4
            ["bash", "-c", f'exec "$@" 3<&{asked} 4>&{answered}', "bash", *words],
            pass_fds=(asked, answered), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(asked)
        os.close(answered)
        self._left, self._number, self._session = b"", 0, None

    def start(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def open(self, url: str, width: int) -> None:
        """Show ``url`` in a window of that ``width`` and wait until all of it is there."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait()

    def wait(self) -> None:
        """Wait until all of a page is there."""
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def value(self, expression: str) -> Any:
        """What JavaScript says."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def picture(self) -> np.ndarray:
        """All of the page, (H, W, 3) uint8 BGR."""
        data = base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": arguments}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._ask, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def close(self) -> None:
        os.close(self._ask)  # it ends by itself when nobody can ask any more
        os.close(self._answers)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            data = os.read(self._answers, 1 << 16)
            assert data, "Chromium has ended"
            self._left += data
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    if BROWSER is None:
        pytest.skip("needs Chromium")
    opened = Page(tmp_path / "browser")
    try:
        opened.start()
        yield opened
    finally:
        opened.close()


@pytest.fixture
def report(tinct, plate: Path, still: Path, tmp_path: Path) -> Path:
    """The report of a film in a folder with a long name, of whose two shots one has no still that is like it."""
    film = tmp_path / "a_folder_whose_name_has_no_place_to_break_it_in_two_and_is_rather_long" / "film.mov"
    (tmp_path / "shots.csv").write_text("first,last\n1001,1002\n1003,1005\n")
    wrote = tinct(
        "farm", "bundle", plate, "--result", film, "-r", still, "--shots", tmp_path / "shots.csv", "--model", "fake",
        "--backend", "fake", "--working-size", 64, "--threads", 1, "--output", tmp_path / "bundle",
    )  # fmt: skip
    assert wrote.code == 0, wrote.err
    work = ("--work", tmp_path / "work")
    assert tinct("farm", "task", "analyse", "--job", tmp_path / "bundle" / "job.json", *work).code == 0
    for index in (1, 2):
        assert tinct("farm", "task", "colorize", *work, "--index", index, "--of", 2).code == 0
    assert tinct("farm", "task", "join", *work, "--index", 1).code == 0
    return tmp_path / "work" / "report"


def test_a_browser_shows_the_report(page: Page, report: Path) -> None:
    for name, images in (("index.html", 0), ("film-000.html", 2)):
        for width in (WIDE, NARROW):
            page.open((report / name).as_uri(), width)
            told = [one for one in page.events if one["method"] in ("Runtime.consoleAPICalled", "Log.entryAdded")]
            assert not told, "nothing on the console"
            assert not [one for one in page.events if one["method"] == "Runtime.exceptionThrown"]
            asked = {
                one["params"]["request"]["url"] for one in page.events if one["method"] == "Network.requestWillBeSent"
            }
            assert {url for url in asked if not url.startswith("data:")} == {(report / name).as_uri()}
            widths = page.value("[...document.images].map(one => one.complete ? one.naturalWidth : 0)")
            assert len(widths) == images
            assert all(widths), "every thumbnail is drawn"
            assert page.value(OVERFLOWS) is False, f"{name} at {width}"
            assert page.value(BEYOND) == [], f"{name} at {width}"
    page.open((report / "film-000.html").as_uri(), NARROW)
    picture = page.picture()
    assert picture.shape[1] <= NARROW
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100, "curve and thumbnails in colour"
    if folder := os.environ.get("TINCT_PICTURES"):
        cv2.imwrite(str(Path(folder) / "report_narrow.png"), picture)
        page.open((report / "film-000.html").as_uri(), WIDE)
        cv2.imwrite(str(Path(folder) / "report_wide.png"), page.picture())


def test_its_links_lead_to_the_films(page: Page, report: Path) -> None:
    page.open((report / "index.html").as_uri(), NARROW)
    page.events.clear()
    page.value("document.querySelector('td a').click()")
    page.wait()
    assert page.value("document.title") == "Tinct: film.mov"
