"""What a run is asked to do, and what it tells while it works and when it is done."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinct.runtime.backends import AUTO
from tinct.runtime.hint_points import PointHint
from tinct.runtime.managed import ColourSpaces
from tinct.runtime.media.framing import WHOLE, Framing
from tinct.runtime.run.shot_plan import ShotPlan
from tinct.runtime.still_choice import STILLS_AT_ONCE


@dataclass(frozen=True)
class StillAt:
    """A reference still's file, and the plate's own frame number from which it is in force (None = from the start).

    ``weight``: how much it counts beside the other stills of its set, above 0. ``framing``: the part that counts.
    ``digest``: sha256 that its pixels must have (`Still.digest`); None: whatever the file holds.
    """

    path: str | os.PathLike[str]
    frame: int | None = None
    weight: float = 1.0
    framing: Framing = WHOLE
    digest: str | None = None


@dataclass(frozen=True)
class ColorizeRequest:
    """What to colour, from which stills, and where the result goes.

    ``input``, ``output``: a movie, a sequence pattern (``shot.%04d.exr``, ``shot.####.dpx``), a folder, or one image.
    ``model``: a shipped bundle's name or a bundle's folder. ``backend``: ``auto`` or a backend's name.
    ``frames``: a range of the plate's own numbers such as ``1001-1100``; None = all. ``working_size``: short side in
    pixels at which the network works; None = the model's. ``chroma``: factor on a and b, 0 or more. ``codec``: one of
    `CODECS`, for movies; None = the container's usual one. ``threads``: of the network; None = every core. ``hints``:
    colours of single points, which are followed through the plate. ``spaces``: colour management, none unless an input
    space is named. ``passes``: names of `PASS_CHANNELS`, written beside the picture where ``passes_output`` says
    (`open_pass_writer`). ``mask``: a picture, sequence or movie that limits where colour goes (`Mask`). ``shots``:
    where shots begin, and which stay grey. ``resume``: go on with the work that a run of the same
    request left beside the output, if there is any. ``stills_at_once``: how many stills of a set take part in a frame
    at most.
    """

    input: str | os.PathLike[str]
    references: tuple[StillAt, ...]
    output: str | os.PathLike[str]
    model: str = "lite"
    backend: str = AUTO
    frames: str | None = None
    working_size: int | None = None
    chroma: float = 1.0
    codec: str | None = None
    overwrite: bool = False
    threads: int | None = None
    hints: tuple[PointHint, ...] = ()
    spaces: ColourSpaces = field(default_factory=ColourSpaces)
    passes: tuple[str, ...] = ()
    passes_output: str | None = None
    mask: str | os.PathLike[str] | None = None
    shots: ShotPlan = field(default_factory=ShotPlan)
    resume: bool = False
    stills_at_once: int = STILLS_AT_ONCE


@dataclass(frozen=True)
class Progress:
    """A frame was written: its number, how many are ``done`` of ``total``, and the speed so far.

    ``resumed``: how many of those done were taken over from an earlier run.
    """

    frame: int
    done: int
    total: int
    seconds: float
    resumed: int = 0

    @property
    def fps(self) -> float:
        """Frames a second since this run's first frame was begun."""
        return (self.done - self.resumed) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Estimate of the time that the remaining frames take."""
        return (self.total - self.done) / self.fps if self.fps > 0 else math.inf


@dataclass(frozen=True)
class ColorizeReport:
    """What a finished run did.

    ``seconds``: from the first frame to the finished output. ``confidence``: mean over all coloured frames, 0..1 (0
    when none was coloured). ``busy``: seconds that each stage worked, by name, in the order of the stages. ``resumed``:
    frames that an earlier run had done; all of them where there was nothing left to do.
    """

    output: Path
    frames: int
    seconds: float
    backend: str
    model: str
    confidence: float
    warnings: tuple[str, ...] = ()
    busy: Mapping[str, float] = field(default_factory=dict)
    resumed: int = 0

    @property
    def fps(self) -> float:
        """Frames a second over the whole of this run."""
        return (self.frames - self.resumed) / self.seconds if self.seconds > 0 else 0.0
