"""A screen with a window manager, and a person's hands on it: Xvfb, openbox, and xdotool, which speaks XTEST."""

import os
import shutil
import subprocess
import time
from pathlib import Path

SIZE = (1600, 1000)
PROGRAMS = {"Xvfb": "xvfb", "openbox": "openbox", "xdotool": "xdotool"}
"""What it takes, and the package of each."""
START_S = 20.0


def missing() -> list[str]:
    """Packages of the programs that are not here."""
    return [package for program, package in PROGRAMS.items() if shutil.which(program) is None]


class Screen:
    """An X server without a screen. Keys and buttons that are pressed here come to whatever window has them, as from a
    keyboard and a mouse; nothing here knows of Qt."""

    def __init__(self, home: Path) -> None:
        """Start it; ``home`` holds the window manager's settings, of which there are none."""
        listens, tells = os.pipe()
        width, height = SIZE
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(tells), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
            pass_fds=(tells,),
            stderr=subprocess.DEVNULL,
        )
        os.close(tells)
        with os.fdopen(listens) as told:
            number = told.readline().strip()
        assert number, "Xvfb has not started"
        self.environment = {
            **os.environ,
            "DISPLAY": f":{number}",
            "QT_QPA_PLATFORM": "xcb",
            "HOME": str(home),
            "XDG_CURRENT_DESKTOP": "",
        }
        self._windows = subprocess.Popen(
            ["openbox", "--sm-disable"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_S
        while self._do("get_num_desktops", check=False) != 0:
            assert time.monotonic() < deadline, "openbox has not started"
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by the names that X has for them, such as ``ctrl+Right``."""
        self._do("key", "--delay", "12", *keys)

    def write(self, text: str) -> None:
        """Type text."""
        self._do("type", "--delay", "4", "--", text)

    def click(self, at: list[int], times: int = 1) -> None:
        """Click at a place of the screen."""
        self._do("mousemove", *map(str, at), "sleep", "0.03", "click", "--repeat", str(times), "--delay", "60", "1")

    def drag(self, start: list[int], end: list[int]) -> None:
        """Press the button at one place and let go of it at another, by way of the middle between them."""
        middle = [(one + other) // 2 for one, other in zip(start, end, strict=True)]
        steps = ["mousemove", *map(str, start), "sleep", "0.03", "mousedown", "1"]
        for place in (middle, end, end):
            steps += ["mousemove", *map(str, place), "sleep", "0.05"]
        self._do(*steps, "mouseup", "1")

    def turn_wheel(self, at: list[int], up: bool) -> None:
        """Turn the wheel by a notch."""
        self._do("mousemove", *map(str, at), "click", "4" if up else "5")

    def close(self) -> None:
        """End it."""
        for process in (self._windows, self._server):
            process.terminate()
            process.wait(20)

    def _do(self, *words: str, check: bool = True) -> int:
        done = subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stderr
        return done.returncode
