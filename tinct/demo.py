"""The demo: colours the clip that ships with Tinct and compares it with its true colours."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.contact_sheet import SheetRow, draw_sheet
from tinct.demo_material import FRAMES_PER_SHOT, GREY_CLIP, STILLS, TRUE_CLIP, demo_file
from tinct.report_file import write_report
from tinct.runtime.errors import OutputError
from tinct.runtime.media import ResultFrame, read_still
from tinct.runtime.run.pipeline import ColorizeReport, ColorizeRequest, Progress, StillAt, colorize_plate
from tinct.runtime.session import StepResult

Image = NDArray[np.float32]
Codes = NDArray[np.uint8]

FILM = "tinct_demo.mov"
SHEET = "contact_sheet.png"


@dataclass(frozen=True)
class DemoReport:
    """What the demo made: the files, the run's report, and PSNR in dB against the true colours, of the result and of
    the grey plate."""

    film: Path
    sheet: Path
    run: ColorizeReport
    psnr: float
    grey_psnr: float


def run_demo(
    folder: Path, *, model: str, backend: str, threads: int | None, progress: Callable[[Progress], None]
) -> DemoReport:
    """Colour the demo clip into ``folder`` and draw its contact sheet.

    Raises:
        OutputError: the folder cannot be made or written.
        TinctError: as `colorize_plate`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}; name another with --output") from error
    film, sheet = folder / FILM, folder / SHEET
    keeper = _Keeper()
    with ExitStack() as stack:
        stills = [stack.enter_context(demo_file(name)) for name in STILLS]
        clip = stack.enter_context(demo_file(GREY_CLIP))
        request = ColorizeRequest(
            input=clip,
            references=tuple(StillAt(path, index * FRAMES_PER_SHOT) for index, path in enumerate(stills)),
            output=film,
            model=model,
            backend=backend,
            overwrite=True,  # the two names are the demo's own
            threads=threads,
        )
        run = colorize_plate(request, progress=progress, on_frame=keeper.keep)
        truth = stack.enter_context(demo_file(TRUE_CLIP))
        grey_psnr, psnr = _psnr(clip, truth, keeper.results)
        pictures = [read_still(path).rgb for path in stills]
        greys = list(_rgb_frames(clip))
    rows = [keeper.row(index, greys, picture) for index, picture in enumerate(pictures)]
    _write_png(sheet, draw_sheet(rows))
    return DemoReport(film, sheet, run, psnr, grey_psnr)


class _Keeper:
    """Keeps results (8 bits, the clip is short) and the confidence of each shot's middle frame."""

    def __init__(self) -> None:
        self.results: list[Codes] = []
        self.confidence: dict[int, Image] = {}

    def keep(self, frame: ResultFrame, step: StepResult) -> None:
        self.results.append(np.rint(np.clip(frame.rgb, 0, 1) * 255).astype(np.uint8))
        if frame.number % FRAMES_PER_SHOT == FRAMES_PER_SHOT // 2:
            self.confidence[frame.number] = step.confidence

    def row(self, shot: int, greys: list[Codes], still: Image) -> SheetRow:
        frame = shot * FRAMES_PER_SHOT + FRAMES_PER_SHOT // 2
        return SheetRow(
            caption=f"shot {shot + 1}, frame {frame}",
            grey=_floats(greys[frame]),
            still=still,
            result=_floats(self.results[frame]),
            confidence=self.confidence[frame],
        )


def _psnr(grey: Path, truth: Path, results: list[Codes]) -> tuple[float, float]:
    """Mean PSNR in dB of RGB against the true clip, of the grey plate and of the results."""
    pairs = [
        (_frame_psnr(true, plate), _frame_psnr(true, result))
        for true, plate, result in zip(_rgb_frames(truth), _rgb_frames(grey), results, strict=True)
    ]
    before, after = np.mean(pairs, axis=0)
    return float(before), float(after)


def _frame_psnr(true: Codes, other: Codes) -> float:
    error = float(np.mean(np.square(_floats(true) - _floats(other))))
    return float(10 * np.log10(1 / max(error, 1e-10)))


def _floats(codes: Codes) -> Image:
    return codes.astype(np.float32) / np.float32(255)


def _rgb_frames(path: Path) -> Iterator[Codes]:
    """The frames of a shipped BT.709 clip as (H, W, 3) uint8 RGB."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = frame.reformat(
                format="rgb24", src_colorspace="ITU709", src_color_range="MPEG", dst_color_range="JPEG"
            )
            yield np.asarray(picture.to_ndarray(), np.uint8)


def _write_png(path: Path, picture: Codes) -> None:
    _, encoded = cv2.imencode(".png", picture[..., ::-1])
    write_report(path, encoded.tobytes())
