"""Timelines on disk, by their extension and content."""

from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

from tinct.runtime.conform.edl_events import read_edl
from tinct.runtime.conform.fcpxml import read_fcpxml
from tinct.runtime.conform.otio_clips import ADAPTERS, read_otio
from tinct.runtime.conform.timeline import Timeline
from tinct.runtime.errors import MediaNotFoundError, ProjectError, UsageError

SUFFIXES = (".edl", ".fcpxml", ".fcpxmld", *ADAPTERS)


def read_timeline(path: Path, *, rate: str | None = None) -> Timeline:
    """Read an EDL, FCPXML, Final Cut Pro 7 XML, AAF or OTIO file.

    ``rate``: frames a second of an EDL, which does not say.

    Raises:
        MediaNotFoundError: no such file.
        UsageError: another extension, no rate, or a package is missing.
        ProjectError: it cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: a timeline ends in {', '.join(SUFFIXES)}")
    if not path.exists():
        raise MediaNotFoundError(f"there is no timeline {path}; check the path")
    if suffix == ".edl":
        return read_edl(path, _text(path), _rate(rate))
    if suffix in (".xml", ".fcpxml", ".fcpxmld"):
        file = path / "Info.fcpxml" if path.is_dir() else path
        try:
            root = ElementTree.fromstring(_text(file))
        except ElementTree.ParseError as error:
            raise ProjectError(f"{path} is no XML ({error})") from error
        if root.tag == "fcpxml":
            return read_fcpxml(path, root)
        if root.tag != "xmeml":
            raise ProjectError(f"{path} is neither FCPXML nor Final Cut Pro 7 XML: it begins with <{root.tag}>")
    return read_otio(path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror or error}") from error


def _rate(text: str | None) -> Fraction | None:
    try:
        rate = None if text is None else Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate is not None and not 1 <= rate <= 1000:
        raise UsageError(f"'{text}' is no rate; write frames a second such as 24 or 24000/1001")
    return rate
