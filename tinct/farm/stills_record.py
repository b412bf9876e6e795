"""Which stills a farm took for the shots of a film, written beside its result."""

import json
from collections.abc import Sequence
from pathlib import Path

from tinct.runtime.farm.analysis import film_request
from tinct.runtime.farm.folder import write_whole
from tinct.runtime.farm.paths import PathRule
from tinct.runtime.farm.plan import PlannedFilm
from tinct.runtime.library.auto_stills import record_path


def record_stills(film: PlannedFilm, rules: Sequence[PathRule]) -> Path | None:
    """Write what ``tinct colorize --auto`` writes beside a result, and return where; None where the job named the
    stills.

    Raises:
        OutputError: it cannot be written.
    """
    if not film.stills:
        return None
    path = record_path(str(film_request(film, rules).output))
    write_whole(path, (json.dumps(film.stills, indent=1) + "\n").encode())
    return path
