"""The first task of a job: looks at all that is named, finds the shots, and writes the plan."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinct import __version__
from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import FrameRangeError, PiecesError, ShotListError, TinctError, UsageError
from tinct.runtime.farm.folder import JobFolder, here, write_whole
from tinct.runtime.farm.job import AUTO, FarmJob, Film
from tinct.runtime.farm.library_choice import choose_of, library_of, open_library_of, references_of
from tinct.runtime.farm.paths import PathRule, mapped, mapped_request
from tinct.runtime.farm.plan import Chunk, Plan, PlannedFilm, cut_film, identity_of, read_plan
from tinct.runtime.library.auto_stills import check_record
from tinct.runtime.media import PlateInfo, open_plate, open_writer, read_still
from tinct.runtime.media.codecs import MOVIE_SUFFIXES
from tinct.runtime.media.framing import Framing
from tinct.runtime.media.staging import StagingFolder
from tinct.runtime.run.request import ColorizeRequest
from tinct.runtime.run.request_checks import check_frames, check_hint_places, check_names
from tinct.runtime.run.request_facts import plate_fingerprint
from tinct.runtime.run.shot_plan import ShotPlan
from tinct.runtime.shots import ShotList, create_detector, detect_shots, read_shots
from tinct.runtime.shots.shot import UNKNOWN_RATE, PlateStart
from tinct.runtime.worker.colorize_call import parse_request
from tinct.runtime.worker.fields import Fields

ShotProgress = Callable[[int, int, int], None]


def analyse(
    job: FarmJob,
    folder: JobFolder,
    *,
    rules: Sequence[PathRule] = (),
    backend: str | None = None,
    progress: ShotProgress | None = None,
) -> Plan:
    """Write the plan of ``job``, or take the one that is there if it is of the same job and the same files.

    Everything that can be refused is refused here: names, plates, stills, libraries, outputs, containers. Stills that
    are to be chosen are chosen here, once; the tasks take them from the plan.

    Args:
        job: what to do, with paths as on the machine that wrote it.
        folder: of the job.
        rules: how its files are called here.
        backend: for all films, in place of their own.
        progress: hears of the search for shots: frame, done, total.

    Raises:
        UsageError: a request must change, or has gaps between its frames.
        LibraryError: a library is broken, or is another than when the job was written.
        TinctError: as `colorize_plate` before its work begins, and as `detect_shots`, `read_shots` and
            `choose_auto_stills`.
    """
    facts = [_facts_of(film, rules) for film in job.films]
    asked = identity_of(
        {"version": __version__, "films": facts, "chunk": job.chunk, "preroll": job.preroll, "backend": backend}
    )
    try:
        there = read_plan(folder.plan)
    except PiecesError:
        there = None
    if there is not None and there.asked == asked and all(_has_its_stills(film, rules) for film in there.films):
        return there
    planned = [_planned(film, rules, backend, progress) for film in job.films]
    _check_apart(planned)
    chunks: list[Chunk] = []
    for number, film in enumerate(planned):
        chunks += cut_film(number, film.shots, film.first, film.last, job.chunk)
    identity = identity_of({"asked": asked, "stills": [film.request["references"] for film in planned]})
    plan = Plan(identity, tuple(planned), tuple(chunks), job.preroll, backend, asked)
    write_whole(folder.plan, plan.to_json().encode())
    return plan


def film_request(film: Film | PlannedFilm, rules: Sequence[PathRule]) -> ColorizeRequest:
    """The request of a whole film, as this machine calls its files.

    Raises:
        UsageError: it cannot be used.
    """
    return parse_request(Fields(mapped_request(film.request, rules), f"the film {film.name}"))


def _facts_of(film: Film, rules: Sequence[PathRule]) -> Mapping[str, Any]:
    """All that a film's result depends on."""
    request = film_request(film, rules)
    check_names(request, stills=film.auto is None)
    if film.auto is not None:
        library_of(film.auto, rules)
    with open_plate(Path(request.input), frames=request.frames) as plate:
        info = plate.info
    stills = [hashlib.sha256(_bytes(Path(still.path))).hexdigest() for still in request.references]
    shots = None if film.shots is None or film.shots == AUTO else _bytes(Path(mapped(film.shots, rules)))
    return {
        "request": dict(film.request),
        "plate": plate_fingerprint(info),
        "frames": [info.frames[0], info.frames[-1]],
        "stills": stills,
        "model": find_bundle(request.model).manifest.identity,
        "shots": film.shots if shots is None else hashlib.sha256(shots).hexdigest(),
        "auto": film.auto,
    }


def _has_its_stills(film: PlannedFilm, rules: Sequence[PathRule]) -> bool:
    """Whether the stills that were chosen for a film are the pictures that they were then."""
    if not film.stills:
        return True  # those that were named are part of what was asked for
    try:
        return _with_digests(film.request, film_request(film, rules)) == film.request
    except TinctError:
        return False


def _planned(film: Film, rules: Sequence[PathRule], backend: str | None, progress: ShotProgress | None) -> PlannedFilm:
    request = film_request(film, rules)
    with open_plate(Path(request.input), frames=request.frames) as plate:
        info = plate.info
    if len(info.frames) != info.frames[-1] - info.frames[0] + 1:
        raise FrameRangeError(f"the film {film.name} has gaps between its frames; a farm takes a range without any")
    check_frames(request, info)
    check_hint_places(request, info)
    management = request.spaces.open()
    named = _with_digests(film.request, request)
    written = info if management is None else management.written_info(info, Path(request.output))
    _check_output(request, written)
    ends = info.frames[0], info.frames[-1]
    if film.auto is None:
        listed = _shots_of(film, request, info, rules, progress)
        return PlannedFilm(film.name, named, ShotPlan() if listed is None else ShotPlan.of(listed), *ends, film.origin)
    check_record(str(request.output), overwrite=request.overwrite)
    opened = open_library_of(film.auto, replace(request, backend=backend or request.backend), rules)
    listed = _shots_of(film, request, info, rules, progress)
    if listed is None:
        raise UsageError(f"stills are to be chosen for the shots of {film.name}, which has none; let them be found")
    chosen = choose_of(film.auto, opened, request, listed)
    named = {**named, "references": references_of(chosen, film.auto.library, rules)}
    named = _with_digests(named, film_request(replace(film, request=named), rules))
    return PlannedFilm(film.name, named, chosen.plan, *ends, film.origin, chosen.facts())


def _with_digests(named: Mapping[str, Any], request: ColorizeRequest) -> dict[str, Any]:
    """A film's request ``named`` with the digests of its stills' pixels, all of which were read: a task refuses a still
    that is another by then."""
    management = request.spaces.open()
    to_srgb = None if management is None else management.still_to_srgb
    digests: dict[tuple[Path, Framing], str] = {}
    for one in request.references:
        key = Path(one.path), one.framing
        if key not in digests:
            digests[key] = read_still(key[0], to_srgb=to_srgb, framing=one.framing).digest
    stills = [
        {**still, "digest": digests[Path(one.path), one.framing]}
        for still, one in zip(named["references"], request.references, strict=True)
    ]
    return {**named, "references": stills}


def _check_output(request: ColorizeRequest, written: PlateInfo) -> None:
    """Refuse what the writer would refuse; nothing is left behind."""
    output = Path(request.output)
    movie = output.suffix.lower() in MOVIE_SUFFIXES and not output.is_dir()
    if movie and request.passes:
        raise UsageError(
            f"{output}: on a farm passes go with a sequence; write one (shot.%04d.exr), or leave the passes out"
        )
    folder = output if output.is_dir() or not output.suffix else output.parent
    staging = StagingFolder(folder, f".tinct-look-{here()}")
    try:
        open_writer(output, written, codec=request.codec, overwrite=request.overwrite, staging=staging).discard()
    finally:
        staging.remove()


def _shots_of(
    film: Film, request: ColorizeRequest, info: PlateInfo, rules: Sequence[PathRule], progress: ShotProgress | None
) -> ShotList | None:
    if film.shots is None:
        return None
    if film.shots == AUTO:
        detector = create_detector(threads=request.threads)
        return detect_shots(Path(request.input), detector, frames=request.frames, progress=progress)
    return shots_of_list(Path(mapped(film.shots, rules)), info)


def shots_of_list(path: Path, info: PlateInfo) -> ShotList:
    """The shots that a list has for a plate.

    Raises:
        ShotListError: it is of other frames, or cannot be read.
        MediaNotFoundError: there is no such file.
    """
    listed = read_shots(path, PlateStart(info.frames[0], info.timecode, info.frame_rate or UNKNOWN_RATE))
    if listed.shots[-1].last < info.frames[0] or listed.shots[0].first > info.frames[-1]:
        raise ShotListError(
            f"{path} has shots of the frames {listed.shots[0].first} to {listed.shots[-1].last}, and {info.path} has "
            f"{info.frames[0]} to {info.frames[-1]}; give the plate's own list"
        )
    return listed


def _check_apart(films: Sequence[PlannedFilm]) -> None:
    """Refuse two films of one output."""
    outputs = [str(film.request["output"]) for film in films]
    twice = next((output for output in outputs if outputs.count(output) > 1), None)
    if twice is not None:
        raise UsageError(f"two films of the job would be written to {twice}; give each an output of its own")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # reported by whoever reads it
