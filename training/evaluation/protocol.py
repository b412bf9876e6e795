"""Protocol P: colour a film from its first frame in colour and measure every later frame against the truth.

As in Yang et al., ColorMNet, ECCV 2024: the still is the clip's first frame; every frame is coloured from lightness
alone; the result is that lightness, untouched, with the method's ab. Scores are means over a clip's frames without
the first, then over clips. With another still as reference the first frame counts too.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from tinct.training.colour import lab_to_srgb, srgb_to_lab
from tinct.training.evaluation.clip import Clip, ClipError, load_clip, read_image
from tinct.training.evaluation.contact_sheet import ContactSheet
from tinct.training.evaluation.meter import Meter, TrueFrame
from tinct.training.evaluation.methods.base import Colorizer, Costed
from tinct.training.evaluation.metrics.lpips import Lpips
from tinct.training.evaluation.metrics.warp_error import correspondence
from tinct.training.evaluation.table import TRUTH, ClipScores, EvaluationTable

Image = NDArray[np.float32]

METRICS = ("psnr", "ssim", "lpips", "ab_error", "warp_error", "cdc", "colourfulness")
FIRST = "first"


@dataclass(frozen=True)
class Progress:
    """How far an evaluation is: ``frame`` (from 0) of ``frames`` in ``clip``, number ``clip_index`` of ``clips``."""

    clip: str
    clip_index: int
    clips: int
    frame: int
    frames: int


def evaluate(
    methods: Sequence[Colorizer],
    clips: Iterable[Clip | Path],
    *,
    reference: str | Path = FIRST,
    metrics: Collection[str] = METRICS,
    lpips_every: int = 1,
    sheets: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> EvaluationTable:
    """Measure ``methods`` on ``clips`` under protocol P, with the true film's own values as the row ``truth``.

    ``reference``: ``"first"`` or the path of a still, which is stretched to each clip's size. ``lpips_every``: LPIPS of
    each k-th frame only. ``sheets``: a folder that gets a contact sheet per clip. The methods advance together frame by
    frame; their time is measured without the first frame, which holds the encoding of the still.

    Raises:
        ValueError: an unknown metric, a name used twice, or an argument out of range.
        ClipError: a clip or the still cannot be used, or two clips have one name.
    """
    _check(methods, metrics, lpips_every)
    clips = list(clips)
    lpips = Lpips() if "lpips" in metrics else None
    table = EvaluationTable(_conditions(reference, lpips_every if lpips else None))
    for index, entry in enumerate(clips):
        clip = entry if isinstance(entry, Clip) else load_clip(entry)
        if clip.name in table.clips:
            raise ClipError(f"two clips are named {clip.name}; rename one, or evaluate them apart")

        def report(frame: int, clip: Clip = clip, index: int = index) -> None:
            if progress is not None:
                progress(Progress(clip.name, index, len(clips), frame, len(clip)))

        sheet = ContactSheet(clip, [method.name for method in methods]) if sheets is not None else None
        still = _reference_lab(reference, clip)
        run = _ClipRun(clip, still, methods, metrics, lpips, lpips_every, first_counts=str(reference) != FIRST)
        scores = run.measure(sheet, report)
        table = EvaluationTable(table.conditions, (*table.scores, *scores))
        if sheet is not None and sheets is not None:
            sheet.write(sheets / f"{clip.name}.png")
    return table


class _ClipRun:
    """One clip, all methods in step, so that the truth's flow and features are computed once."""

    def __init__(
        self,
        clip: Clip,
        still: Image,
        methods: Sequence[Colorizer],
        metrics: Collection[str],
        lpips: Lpips | None,
        lpips_every: int,
        *,
        first_counts: bool,
    ) -> None:
        self.clip = clip
        self.metrics = metrics
        self.lpips = lpips
        self.lpips_every = lpips_every
        self.first_scored = 0 if first_counts else 1
        self.feeds = {method.name: _Feed(clip.lightness()) for method in methods}
        self.methods = {method.name: method.colorize(self.feeds[method.name], still) for method in methods}
        self.meters = {name: Meter(metrics, lpips) for name in (*self.methods, TRUTH)}
        self.costs = {method.name: dict(method.cost) for method in methods if isinstance(method, Costed)}

    def measure(self, sheet: ContactSheet | None, report: Callable[[int], None]) -> list[ClipScores]:
        for true, lightness in self._true_frames():
            self.meters[TRUTH].add_motion(true.rgb, true.ab, true)
            for name, results in self.methods.items():
                start = perf_counter() - self.feeds[name].seconds
                result = next(results, None)
                seconds = perf_counter() - self.feeds[name].seconds - start
                ab = _checked(name, result, lightness.shape, true.index)
                rgb = recombine(lightness, ab)
                self.meters[name].add(rgb, ab, true)
                if true.index:
                    self.meters[name].add_time(seconds)
                if sheet is not None:
                    sheet.add(name, true.index, rgb)
            report(true.index)
        height, width = self.clip.size
        return [
            ClipScores(
                name, self.clip.name, len(self.clip), width, height, {**meter.values(), **self.costs.get(name, {})}
            )
            for name, meter in self.meters.items()
        ]

    def _true_frames(self) -> Iterator[tuple[TrueFrame, Image]]:
        previous: Image | None = None
        for index in range(len(self.clip)):
            rgb = self.clip.rgb(index)
            lab = srgb_to_lab(rgb)
            lightness = np.ascontiguousarray(lab[..., 0])
            wants_motion = "warp_error" in self.metrics and previous is not None
            motion = correspondence(previous, lightness) if wants_motion and previous is not None else None
            scored = index >= self.first_scored
            wants_lpips = self.lpips is not None and scored and (index - self.first_scored) % self.lpips_every == 0
            features = self.lpips.features(rgb) if wants_lpips and self.lpips is not None else None
            yield TrueFrame(index, rgb, np.ascontiguousarray(lab[..., 1:]), scored, motion, features), lightness
            previous = lightness


class _Feed:
    """Hands frames to a method and counts the ``seconds`` it took to make them, which are not the method's."""

    def __init__(self, frames: Iterator[Image]) -> None:
        self.seconds = 0.0
        self._frames = frames

    def __iter__(self) -> Iterator[Image]:
        while True:
            start = perf_counter()
            frame = next(self._frames, None)
            self.seconds += perf_counter() - start
            if frame is None:
                return
            yield frame


def recombine(lightness: Image, ab: Image) -> Image:
    """sRGB-encoded (H, W, 3) float32 in 0..1 of L* (H, W) and ab (H, W, 2); what leaves the gamut is clipped."""
    return lab_to_srgb(np.concatenate([lightness[..., None], ab], axis=-1, dtype=np.float32))


def _checked(name: str, ab: Image | None, size: tuple[int, ...], index: int) -> Image:
    if ab is None:
        raise ValueError(f"the method {name!r} stopped before frame {index}; it must colour every frame")
    if ab.shape != (*size, 2):
        raise ValueError(f"the method {name!r} gave ab of shape {ab.shape} for a frame of {size}, not (H, W, 2)")
    return ab


def _reference_lab(reference: str | Path, clip: Clip) -> Image:
    if str(reference) == FIRST:
        return clip.lab(0)
    height, width = clip.size
    still = cv2.resize(read_image(Path(reference)), (width, height), interpolation=cv2.INTER_AREA)
    return srgb_to_lab(still.astype(np.float32) / np.float32(255.0))


def _conditions(reference: str | Path, lpips_every: int | None) -> dict[str, str]:
    first = str(reference) == FIRST
    conditions = {
        "reference": "first frame, left out of the means" if first else f"still {Path(reference).name}",
        "warp error": "mean ab distance in Lab units along Farneback flow of the luminance, occlusions left out",
    }
    if lpips_every is not None:
        conditions["LPIPS"] = "AlexNet v0.1, " + ("every frame" if lpips_every == 1 else f"1 frame in {lpips_every}")
    return conditions


def _check(methods: Sequence[Colorizer], metrics: Collection[str], lpips_every: int) -> None:
    unknown = sorted(set(metrics) - set(METRICS))
    if unknown:
        raise ValueError(f"no metric named {', '.join(unknown)}; choose from {', '.join(METRICS)}")
    names = [method.name for method in methods]
    if len(set(names)) < len(names) or TRUTH in names:
        raise ValueError(f"method names must differ from each other and from {TRUTH!r}: {', '.join(names)}")
    if lpips_every < 1:
        raise ValueError(f"lpips_every must be at least 1, not {lpips_every}")
