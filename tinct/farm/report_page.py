"""The report of a job as static pages: thumbnails, confidence, warnings, timings. No script, no file from elsewhere."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tinct.confidence_plot import draw_curve
from tinct.plot import as_svg
from tinct.runtime.confidence_curve import THRESHOLD, FrameConfidence, suggest_stills
from tinct.runtime.farm.folder import JobFolder, write_whole
from tinct.runtime.farm.join import finished_film
from tinct.runtime.farm.paths import PathRule
from tinct.runtime.farm.plan import Chunk, Plan
from tinct.runtime.farm.record import THUMBNAIL, ChunkRecord, read_record

MOST_STILLS = 20
"""Stills that the summary names."""
STYLE = """
body { font: 15px/1.45 sans-serif; margin: 2em auto; max-width: 76em; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3em .7em .3em 0 }
tr + tr td { border-top: 1px solid #ddd } td.n, th.n { text-align: right } img { display: block; width: 160px }
.curve { overflow-x: auto } svg { max-width: 100%; min-width: 48em; height: auto }
.warning { background: #fdf3d6; padding: .4em .8em; margin: .3em 0 }
.low { color: #b01e1e; font-weight: bold } code { font-size: 90%; overflow-wrap: anywhere }
@media (max-width: 50em) {
  th { display: none } tr, td { display: block } tr + tr { border-top: 1px solid #ddd; margin-top: .5em }
  tr + tr td { border: 0 } td { padding: .1em 0; overflow-wrap: anywhere }
  td[data-head]:not(:empty)::before { content: attr(data-head) ": "; color: #666 }
}
"""


def write_pages(plan: Plan, folder: JobFolder, rules: Sequence[PathRule]) -> Path:
    """Write a page for each film and one that leads to them into the job's folder, and return the latter.

    Raises:
        OutputError: they cannot be written.
    """
    reports = folder.path / "report"
    rows = []
    for film in range(len(plan.films)):
        chunks = plan.of_film(film)
        records = [read_record(folder.chunk(chunk.name)) for chunk in chunks]
        done = finished_film(plan, folder, film, rules)
        name = f"film-{film:03}.html"
        page = _film_page(plan, film, chunks, records, done, folder)
        write_whole(reports / name, page.encode())
        made = sum(record is not None for record in records)
        state = "finished" if done else f"{made} of {len(chunks)} chunks"
        rows.append(
            [_link(name, plan.films[film].name), state, str(plan.films[film].last - plan.films[film].first + 1),
             f"{done['confidence']:.3f}" if done else "", str(len(done["warnings"])) if done else ""]
        )  # fmt: skip
    table = _table(("Film", "State", "Frames", "Confidence", "Warnings"), rows)
    index = reports / "index.html"
    write_whole(index, _page("Tinct: report of the job", table).encode())
    return index


def _film_page(
    plan: Plan,
    film: int,
    chunks: Sequence[Chunk],
    records: Sequence[ChunkRecord | None],
    done: dict[str, Any] | None,
    folder: JobFolder,
) -> str:
    planned = plan.films[film]
    frames = [frame for record in records if record is not None for frame in record.frames]
    cuts = tuple(chunk.first for chunk in chunks[1:] if chunk.starts_shot)
    parts = [f"<p>{_link('index.html', 'All films')}</p>", _summary(planned.request, records, done)]
    parts += [f'<p class="warning">{escape(text)}</p>' for text in (done or {}).get("warnings", ())]
    if frames:
        suggestions = suggest_stills(frames, cuts=cuts)
        drawn = as_svg(*draw_curve(frames, suggestions, THRESHOLD, cuts, f"{planned.name}: confidence"))
        parts += ["<h2>Confidence</h2>", f'<div class="curve">{drawn}</div>']
        parts += [
            f"<p>A still of frame {one.frame} would help the frames {one.first} to {one.last}.</p>"
            for one in suggestions
        ]
    if planned.stills:
        parts += ["<h2>Stills of the shots</h2>", _shot_table(planned.stills)]
    parts += ["<h2>Chunks</h2>", _chunk_table(chunks, records, folder)]
    return _page(f"Tinct: {planned.name}", "\n".join(parts))


def _summary(request: Any, records: Sequence[ChunkRecord | None], done: dict[str, Any] | None) -> str:
    found = [record for record in records if record is not None]
    seconds = sum(record.seconds.get("all", 0.0) for record in found)
    count = sum(len(record.frames) for record in found)
    rows = [
        ["Plate", f"<code>{escape(str(request['input']))}</code>"],
        ["Result", f"<code>{escape(str(request['output']))}</code>"],
        ["State", "finished" if done else f"{len(found)} of {len(records)} chunks are there"],
        ["Frames", str(count)],
        ["Machine time", f"{seconds:.1f} s ({count / seconds:.2f} frames/s a task)" if seconds else ""],
        ["Machines", str(len({record.host.rsplit("-", 2)[0] for record in found}))],
        ["Backends", escape(", ".join(sorted({f"{record.backend} {record.precision}" for record in found})))],
        ["Stills", _stills(request["references"])],
    ]
    return _table(None, rows)


def _shot_table(stills: Mapping[str, Any]) -> str:
    """The still that was chosen for each shot, and how alike it is; grey shots stand out."""
    rows = []
    for shot in stills["shots"]:
        grey = shot["still"] is None
        still = '<span class="low">grey</span>' if grey else f"<code>{escape(Path(shot['still']).name)}</code>"
        rows.append([f"{shot['first']}-{shot['last']}", still, f"{shot['similarity']:.3f}"])
    return _table(("Frames", "Still", "Similarity"), rows)


def _chunk_table(chunks: Sequence[Chunk], records: Sequence[ChunkRecord | None], folder: JobFolder) -> str:
    rows = []
    for chunk, record in zip(chunks, records, strict=True):
        name = [f"{chunk.name}", f"{chunk.first}-{chunk.last}"]
        if record is None:
            rows.append(["", *name, "missing", "", "", ""])
            continue
        mean = _mean(record.frames)
        sure = f'<span class="low">{mean:.3f}</span>' if mean < THRESHOLD else f"{mean:.3f}"
        seconds = record.seconds.get("all", 0.0)
        speed = f"{seconds:.1f} s" + (f", {chunk.frames / seconds:.2f} frames/s" if seconds else "")
        host = escape(record.host.rsplit("-", 2)[0])
        rows.append([_picture(folder.chunk(chunk.name) / THUMBNAIL, name[1]), *name, record.start, sure, speed, host])
    return _table(("", "Chunk", "Frames", "Starts from", "Confidence", "Time", "Machine"), rows)


def _mean(frames: Sequence[FrameConfidence]) -> float:
    return sum(frame.mean for frame in frames) / max(1, len(frames))


def _stills(references: Sequence[Any]) -> str:
    named = "<br>".join(map(_still, references[:MOST_STILLS]))
    more = len(references) - MOST_STILLS
    return f"{named}<br>and {more} more" if more > 0 else named


def _still(reference: Any) -> str:
    frame = "" if reference.get("frame") is None else f" from frame {reference['frame']}"
    return f"<code>{escape(str(reference['path']))}</code>{frame}"


def _picture(path: Path, words: str) -> str:
    try:
        data = base64.b64encode(path.read_bytes()).decode()
    except OSError:
        return ""
    return f'<img alt="frames {words}" src="data:image/jpeg;base64,{data}">'


def _link(target: str, words: str) -> str:
    return f'<a href="{target}">{escape(words)}</a>'


def _table(heads: Sequence[str] | None, rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells that are HTML already; in a narrow window each cell stands in a line with its head."""
    head = "" if heads is None else f"<tr>{''.join(f'<th>{escape(one)}</th>' for one in heads)}</tr>"
    names = [f' data-head="{escape(one)}"' if one else "" for one in heads or ()]
    lines = [zip(row, names or [""] * len(row), strict=True) for row in rows]
    body = "\n".join(f"<tr>{''.join(f'<td{name}>{cell}</td>' for cell, name in line)}</tr>" for line in lines)
    return f"<table>{head}\n{body}\n</table>"


def _page(title: str, body: str) -> str:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += f"<title>{escape(title)}</title><style>{STYLE}</style>"
    head = f'<html lang="en"><head>{head}</head>'
    return f"<!doctype html>\n{head}\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
