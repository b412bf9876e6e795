"""The rows of a source: which of its shots are kept, under which names, and why the others are not."""

import hashlib
import math
import re
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath

from tinct.training.data.analysis import Analysis, analyse
from tinct.training.data.layouts.base import Source
from tinct.training.data.manifest import Row
from tinct.training.data.plan import Window
from tinct.training.data.shot_figures import FrameFigures, shot_figures
from tinct.training.data.shot_filter import FilterConfig, too_short
from tinct.training.data.shot_writer import ENCODING, scaled_size
from tinct.training.data.splitting import Shot, Splitter

CLIPS, PHOTOS = "clips", "photos"
"""Folders of a data set."""


@dataclass(frozen=True)
class ImportConfig:
    """How sources become shots. ``split``: a name of `splitting`. ``short_side``: pixels at most. ``licence`` and
    ``tool`` (name and version) are noted in the manifest."""

    split: str = "transnet"
    short_side: int = 256
    filters: FilterConfig = field(default_factory=FilterConfig)
    licence: str = ""
    tool: str = ""

    @property
    def encoding(self) -> str:
        """What decides the pixels of a file beside the frames it shows, for the manifest."""
        return f"{ENCODING} short-side={self.short_side}"


def source_row(source: Source, config: ImportConfig, splitter: Splitter, *, sha256: str = "", reason: str = "") -> Row:
    """What all rows of a source share."""
    return Row(
        file="",
        source=source.path,
        sha256=sha256,
        kind=source.kind,
        layout=source.layout,
        reason=reason,
        split=" ".join([splitter.NAME, _listed(splitter.parameters)]).strip(),
        filters=_listed(asdict(config.filters)),
        encoding=config.encoding,
        licence=config.licence,
        tool=config.tool,
    )


def source_rows(source: Source, sha256: str, config: ImportConfig, splitter: Splitter) -> list[Row]:
    """A row for each shot of a movie or sequence, or the row of a photograph.

    Raises:
        DataSetError: it cannot be read.
    """
    shared = asdict(source_row(source, config, splitter, sha256=sha256))
    analysis = analyse(source, splitter)
    rows = []
    for found in analysis.shots:
        shot = config.filters.trimmed(found, analysis.figures[found.first : found.last + 1])
        figures = shot_figures(analysis.figures[shot.first : shot.last + 1])
        reason = config.filters.reason(figures)
        if source.kind != "photo":
            reason = reason or too_short(shot)
        file = "" if reason else _file(source, sha256, config, shot)
        window = analysis.window(shot)
        own = {"file": file, "first": shot.first, "last": shot.last, "reason": reason, "rate": _rate(source, analysis)}
        rows.append(Row(**{**shared, **own, **_rounded(figures), **_extents(window, config)}))
    return rows


def _extents(window: Window, config: ImportConfig) -> dict[str, int]:
    names = ("crop_top", "crop_left", "crop_height", "crop_width")
    height, width = scaled_size(window, config.short_side)
    return {**dict(zip(names, window, strict=True)), "height": height, "width": width}


def _file(source: Source, sha256: str, config: ImportConfig, shot: Shot) -> str:
    """A name that no other pixels can have: it holds a digest of what they are made of."""
    stem = re.sub(r"[^\w.-]+", "_", PurePosixPath(source.path).stem)
    key = hashlib.sha256(f"{sha256} {config.encoding}".encode()).hexdigest()[:8]
    if source.kind == "photo":
        return f"{PHOTOS}/{stem}-{key}.jpg"
    return f"{CLIPS}/{stem}-{key}_{shot.first:06d}-{shot.last:06d}.mp4"


def _rate(source: Source, analysis: Analysis) -> str:
    return "" if source.kind == "photo" else str(analysis.rate)


def _rounded(figures: FrameFigures) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else round(value, 4) for name, value in asdict(figures).items()}


def _listed(values: dict[str, float]) -> str:
    return " ".join(f"{name}={value:g}" for name, value in values.items())
