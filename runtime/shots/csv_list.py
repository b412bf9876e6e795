"""Lists of shots as CSV, one row a shot."""

import csv
import io
from fractions import Fraction

from tinct.runtime.errors import ShotListError
from tinct.runtime.shots.shot import Kind, PlateStart, Shot, ShotList, Transition

COLUMNS = (
    *("shot", "first", "last", "frames", "timecode_first", "timecode_last"),
    *("begins", "transition_first", "transition_last", "rate", "detector", "source"),
)


def dump(shots: ShotList) -> str:
    """``shots`` as text."""
    stream = io.StringIO()
    table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    table.writeheader()
    for number, shot in enumerate(shots.shots, start=1):
        row: dict[str, object] = {"shot": number, "first": shot.first, "last": shot.last, "frames": shot.frames}
        if shots.timecode is not None:
            row["timecode_first"] = shots.start.timecode_of(shot.first)
            row["timecode_last"] = shots.start.timecode_of(shot.last)
        if shot.begins is not None:
            row |= {"begins": str(shot.begins.kind), "transition_first": shot.begins.first}
            row["transition_last"] = shot.begins.last
        table.writerow({**row, "rate": str(shots.rate), "detector": shots.detector, "source": shots.source})
    return stream.getvalue()


def load(text: str, origin: str, plate: PlateStart) -> ShotList:
    """The shots in ``text``; columns but ``first`` and ``last`` may be missing. A shot whose ``begins`` is empty begins
    with a cut.

    Raises:
        ShotListError: a row is none.
    """
    table = csv.DictReader(io.StringIO(text))
    if not {"first", "last"} <= set(table.fieldnames or ()):
        raise ShotListError(f"{origin} has no columns first and last; a list of shots names frames there")
    rows = list(table)
    try:
        shots = tuple(_shot(row, is_first=number == 0) for number, row in enumerate(rows))
        rate = Fraction(rows[0].get("rate") or plate.rate) if rows else plate.rate
    except (ValueError, TypeError, ZeroDivisionError) as error:
        raise ShotListError(
            f"{origin} has a row that is no shot ({error}); first and last are frame numbers"
        ) from error
    head = rows[0] if rows else {}
    return ShotList(
        head.get("source") or origin, shots, rate, head.get("timecode_first") or None, head.get("detector") or ""
    )


def _shot(row: dict[str, str], *, is_first: bool) -> Shot:
    first, last, kind = int(row["first"]), int(row["last"]), row.get("begins") or ""
    if is_first and not kind:
        return Shot(first, last)
    if not kind or kind == Kind.CUT:
        return Shot(first, last, Transition.cut(first))
    ends = int(row.get("transition_first") or first), int(row.get("transition_last") or first)
    return Shot(first, last, Transition(Kind(kind), first, *ends))
