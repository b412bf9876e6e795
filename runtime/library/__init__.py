"""Libraries of stills: which still shows the place that a frame shows. Needs FAISS (the extra "library")."""

from tinct.runtime.library.building import BuildReport, Skipped, build_library
from tinct.runtime.library.plate_query import FrameAnswer, StillRange, query_plate, still_ranges
from tinct.runtime.library.still_library import Found, StillLibrary, open_library

__all__ = [
    "BuildReport",
    "Found",
    "FrameAnswer",
    "Skipped",
    "StillLibrary",
    "StillRange",
    "build_library",
    "open_library",
    "query_plate",
    "still_ranges",
]
