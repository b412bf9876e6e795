"""The report of a run: how sure the colours of each frame are, and which frames want a still of their own."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tinct.confidence_plot import draw_curve
from tinct.plot import as_png, as_svg
from tinct.report_file import check_report, write_report
from tinct.runtime.confidence_curve import (
    COVERED,
    THRESHOLD,
    FrameConfidence,
    Suggestion,
    suggest_stills,
)
from tinct.runtime.errors import MediaError, MediaNotFoundError, OutputExistsError, UsageError
from tinct.runtime.media import ResultFrame
from tinct.runtime.session import StepResult

SCHEMA = 1
SUFFIXES = (".json", ".svg", ".png")


@dataclass
class ConfidenceReport:
    """The confidence of every frame of a plate so far. ``cuts``: first frames of its shots, where they are known;
    ``keep`` is what `colorize_plate` calls for each frame."""

    plate: str
    cuts: tuple[int, ...] = ()
    threshold: float = THRESHOLD
    frames: list[FrameConfidence] = field(default_factory=list)

    def keep(self, frame: ResultFrame, step: StepResult) -> None:
        """Measure a frame."""
        self.frames.append(FrameConfidence.of(frame.number, step.confidence, starts=step.was_reset))

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Frames to make stills of, most doubt first."""
        return suggest_stills(self.frames, threshold=self.threshold, cuts=self.cuts)

    def facts(self) -> dict[str, object]:
        """All of it, for JSON."""
        return {
            "schema": SCHEMA,
            "plate": self.plate,
            "threshold": self.threshold,
            "covered_from": COVERED,
            "cuts": list(self.cuts),
            "frames": [_rounded(asdict(one)) for one in self.frames],
            "suggestions": suggestion_facts(self.suggestions),
        }

    def write(self, path: Path) -> None:
        """Write it as JSON, or draw it as SVG or PNG, by the extension of ``path``.

        Raises:
            OutputError: it cannot be written.
        """
        suffix = path.suffix.lower()
        if suffix == ".json":
            write_report(path, json.dumps(self.facts(), indent=1) + "\n")
            return
        shapes, width, height = draw_curve(self.frames, self.suggestions, self.threshold, self.cuts, self.plate)
        write_report(path, as_svg(shapes, width, height) if suffix == ".svg" else as_png(shapes, width, height))

    @classmethod
    def read(cls, path: Path, *, threshold: float | None = None) -> "ConfidenceReport":
        """Read what `write` wrote as JSON; ``threshold`` takes the place of the report's own.

        Raises:
            MediaNotFoundError: no such file.
            MediaError: it is no report.
        """
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["schema"] != SCHEMA:
                raise ValueError(f"schema {document['schema']}, and this Tinct reads {SCHEMA}")
            frames = [FrameConfidence(**one) for one in document["frames"]]
            own = float(document["threshold"])
            return cls(document["plate"], tuple(document["cuts"]), own if threshold is None else threshold, frames)
        except FileNotFoundError as error:
            raise MediaNotFoundError(f"there is no report {path}; tinct colorize --report writes one") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MediaError(f"{path} is no report of tinct colorize --report ({error}); write it again") from error


def check_report_name(path: Path | None, *, overwrite: bool, suffixes: Sequence[str] = SUFFIXES) -> None:
    """Refuse a report's ``path`` before the work begins.

    Raises:
        UsageError: another extension.
        OutputExistsError: it is there already.
        OutputError: it cannot be written.
    """
    if path is None:
        return
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"the report {path} must end in one of {', '.join(suffixes)}")
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} is there already; add --overwrite or name another")
    check_report(path)


def suggestion_facts(suggestions: Sequence[Suggestion]) -> list[dict[str, object]]:
    """``suggestions`` for JSON."""
    return [_rounded(asdict(one)) for one in suggestions]


def suggestion_lines(suggestions: Sequence[Suggestion]) -> list[str]:
    """``suggestions`` for people."""
    return [
        f"a still of frame {one.frame} would help the frames {one.first}-{one.last} "
        + ("(no still is for them)" if one.grey else f"(mean confidence {one.mean:.2f})")
        for one in suggestions
    ]


def _rounded(facts: dict[str, object]) -> dict[str, object]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in facts.items()}
