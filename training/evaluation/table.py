"""What an evaluation found: scores per method and clip, their means, and how a person reads them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

SCHEMA = 1
TRUTH = "truth"
"""The row that holds the true film's own values."""


@dataclass(frozen=True)
class Column:
    """A metric in the table: its ``key`` in ``ClipScores.values``, heading, and digits after the point."""

    key: str
    heading: str
    digits: int


COLUMNS = (
    Column("psnr", "PSNR dB", 2),
    Column("psnr_at_10", "at 10", 2),
    Column("psnr_at_30", "at 30", 2),
    Column("psnr_at_60", "at 60", 2),
    Column("psnr_reference", "ref. frame", 2),
    Column("ssim", "SSIM", 4),
    Column("lpips", "LPIPS", 4),
    Column("ab_error", "ab error", 2),
    Column("warp_error", "warp error", 3),
    Column("cdc", "CDC", 5),
    Column("colourfulness", "colourful", 1),
    Column("ms_per_frame", "ms/frame", 1),
    Column("gflop", "GFLOP", 1),
    Column("parameters", "param. M", 2),
)


@dataclass(frozen=True)
class ClipScores:
    """The scores of one method on one clip; ``values`` maps a metric's key to its mean over the clip."""

    method: str
    clip: str
    frames: int
    width: int
    height: int
    values: dict[str, float]


@dataclass(frozen=True)
class EvaluationTable:
    """Scores of several methods on several clips. ``conditions`` says how they were measured, in words per key."""

    conditions: dict[str, str]
    scores: tuple[ClipScores, ...] = field(default=())

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods, in the order they were added; the true film is not among them."""
        return tuple(name for name in dict.fromkeys(score.method for score in self.scores) if name != TRUTH)

    @property
    def clips(self) -> tuple[str, ...]:
        """Names of the clips, in the order they were measured."""
        return tuple(dict.fromkeys(score.clip for score in self.scores))

    def value(self, method: str, clip: str, key: str) -> float | None:
        """One score, or ``None`` where it was not measured."""
        for score in self.scores:
            if (score.method, score.clip) == (method, clip):
                return score.values.get(key)
        return None

    def mean(self, method: str, key: str) -> float | None:
        """Mean over the clips that have the score (a clip too short for a frame has none), or ``None``."""
        found = [s.values[key] for s in self.scores if s.method == method and key in s.values]
        return fmean(found) if found else None

    def wins(self, method: str, over: Iterable[str], key: str = "psnr") -> tuple[str, ...]:
        """Clips on which ``method`` has a higher ``key`` than each of ``over`` that was measured there."""
        rivals = [name for name in over if name != method]
        won = []
        for clip in self.clips:
            own = self.value(method, clip, key)
            others = [value for rival in rivals if (value := self.value(rival, clip, key)) is not None]
            if own is not None and others and own > max(others):
                won.append(clip)
        return tuple(won)

    def merge(self, other: "EvaluationTable") -> "EvaluationTable":
        """Both tables in one; where both have a method on a clip, ``other`` is kept.

        Raises:
            ValueError: the two were measured under different conditions.
        """
        if other.conditions != self.conditions:
            keys = sorted({*self.conditions, *other.conditions})
            differing = ", ".join(key for key in keys if self.conditions.get(key) != other.conditions.get(key))
            raise ValueError(f"tables measured differently ({differing}) cannot be merged; measure one of them again")
        by_place = {(score.method, score.clip): score for score in (*self.scores, *other.scores)}
        return replace(self, scores=tuple(by_place.values()))

    def to_json(self) -> str:
        """The whole table, with the means, as JSON text."""
        names = [TRUTH, *self.methods] if any(s.method == TRUTH for s in self.scores) else self.methods
        means = {name: {c.key: m for c in COLUMNS if (m := self.mean(name, c.key)) is not None} for name in names}
        document = {
            "schema": SCHEMA,
            "conditions": self.conditions,
            "means": means,
            "scores": [asdict(score) for score in self.scores],
        }
        return json.dumps(document, indent=1, allow_nan=False) + "\n"

    def markdown(self, *, baselines: Sequence[str] = ()) -> str:
        """Means, PSNR per clip and, against ``baselines``, the clips that each other method wins, as Markdown."""
        rows = [*self.methods, *([TRUTH] if any(s.method == TRUTH for s in self.scores) else [])]
        columns = [c for c in COLUMNS if any(self.mean(name, c.key) is not None for name in rows)]
        means = [[name, *(_cell(self.mean(name, c.key), c.digits) for c in columns)] for name in rows]
        parts = [_grid(["method", *(c.heading for c in columns)], means)]
        per_clip = [[clip, *(_cell(self.value(m, clip, "psnr"), 2) for m in self.methods)] for clip in self.clips]
        parts.append("PSNR (dB) per clip:\n\n" + _grid(["clip", *self.methods], per_clip))
        for method in self.methods:
            if baselines and method not in baselines:
                won = self.wins(method, baselines)
                count = f"{len(won)} of {len(self.clips)} clips"
                parts.append(f"{method} is above every baseline in PSNR on {count}: {', '.join(won) or 'none'}")
        parts.append("Measured: " + "; ".join(f"{key}: {value}" for key, value in self.conditions.items()) + ".")
        return "\n\n".join(parts) + "\n"


def read_table(path: Path) -> EvaluationTable:
    """Read what ``EvaluationTable.to_json`` wrote.

    Raises:
        ValueError: ``path`` is no evaluation table, or of a newer schema.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        schema = document["schema"]
        if schema != SCHEMA:
            raise ValueError(f"{path} has schema {schema}, this version reads {SCHEMA}; measure it again")
        return EvaluationTable(document["conditions"], tuple(ClipScores(**score) for score in document["scores"]))
    except (KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not an evaluation table: {error}") from error


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _grid(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up in plain text."""
    widths = [max(len(row[i]) for row in (heading, *rows)) for i in range(len(heading))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for first, *others in (heading, rule, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(others, widths[1:], strict=True))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
