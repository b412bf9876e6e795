"""Ways in which data sets lie in folders: one class each behind one interface."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tinct.training.data.choices import check_choice
from tinct.training.data.clip_store import DataSetError
from tinct.training.data.layouts.base import Layout, Source
from tinct.training.data.layouts.clips import ClipsLayout
from tinct.training.data.layouts.davis import DavisLayout
from tinct.training.data.layouts.listed import Hollywood2Layout, VidevoLayout
from tinct.training.data.layouts.photos import PhotosLayout
from tinct.training.data.layouts.reds import RedsLayout

__all__ = ["AUTO", "LAYOUTS", "Layout", "Source", "find_sources"]

AUTO = "auto"
LAYOUTS: dict[str, type[Layout]] = {
    kind.NAME: kind for kind in (DavisLayout, RedsLayout, Hollywood2Layout, VidevoLayout, ClipsLayout, PhotosLayout)
}
_LISTED = (DavisLayout, RedsLayout, Hollywood2Layout, VidevoLayout)


def find_sources(roots: Sequence[Path], *, layout: str = AUTO, subset: str | None = None) -> tuple[Source, ...]:
    """The sources in all folders ``roots``. "auto": the layout that a folder is recognised by, else its movies and
    its pictures.

    Raises:
        ChoiceError: no layout of that name.
        DataSetError: a folder holds nothing of the layout or lacks the subset, or two folders have the same name.
    """
    check_choice("layout", layout, (AUTO, *LAYOUTS))
    names = Counter(root.resolve().name for root in roots)
    for name, count in names.items():
        if count > 1:  # their paths in the manifest would be the same
            raise DataSetError(f"two of the folders are named {name!r}; rename one")
    return tuple(source for root in roots for source in _sources(root, layout, subset))


def _sources(root: Path, layout: str, subset: str | None) -> list[Source]:
    if not root.is_dir():
        raise DataSetError(f"no folder {root}")
    kinds = _recognised(root) if layout == AUTO else [LAYOUTS[layout]]
    sources = [source for kind in kinds for source in kind().sources(root, subset)]
    if not sources:
        what = "a movie or picture" if layout == AUTO else f"the layout {layout}"
        raise DataSetError(f"{root} holds nothing of {what}")
    return sources


def _recognised(root: Path) -> list[type[Layout]]:
    for kind in _LISTED:
        if kind().recognises(root):
            return [kind]
    return [kind for kind in (ClipsLayout, PhotosLayout) if kind().recognises(root)]
