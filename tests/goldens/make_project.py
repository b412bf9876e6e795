"""Writes the project of schema 1 in this folder, which every later version of Tinct must load.

It was written once; run it again only to see how a newer version would write the same project.
"""

import sys
from pathlib import Path

from tinct.runtime.project import OutputSettings, Project, ProjectHint, ProjectShot, ProjectStill, save_project


def golden(folder: Path) -> Project:
    """A project that says something in every field, for a file in ``folder``."""

    def inside(name: str) -> str:
        return str(folder / name)

    shots = (
        ProjectShot(
            id="5c1e0f8a9b3d",
            name="010 arrival",
            source=inside("plates/arrival.%04d.exr"),
            first=1001,
            last=1048,
            handle_in=8,
            handle_out=12,
            stills=(
                ProjectStill(inside("stills/arrival.png")),
                ProjectStill(inside("stills/hall.jpg"), 1024, 2.5, (0.1, 0.0, 0.9, 0.75), 90),
            ),
            hints=(ProjectHint(1010, 640.5, 360.0, (0.8, 0.25, 0.0)), ProjectHint(1030, 12.0, 9.0, (0.0, 0.0, 1.0))),
            parameters={"chroma": 0.85, "workingSize": 432, "model": "lite"},
            mask=inside("masks/arrival.%04d.png"),
            note="the carpet is red; see the ledger of 1911",
        ),
        ProjectShot("aa01", "020 Straße", "/archive/reel 7.mov", -4, 95),
    )
    output = OutputSettings(
        inside("out"),
        "{shot}/{shot}.%04d.exr",
        codec=None,
        passes=("chroma", "confidence"),
        passes_pattern="{shot}/{shot}_{pass}.%04d.exr",
    )
    return Project(
        name="The Arrival",
        output=output,
        shots=shots,
        parameters={
            "stillsAtOnce": 6,
            "backend": "auto",
            "inputSpace": "ACEScg",
            "ocio": "ocio://studio-config-latest",
        },
        library=inside("library"),
        rate="24000/1001",
    )


def main() -> None:
    """Write it to the folder named, or to this one."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    folder = folder if folder.is_dir() else folder.parent
    save_project(golden(folder), folder / "project_1.tinct")


if __name__ == "__main__":
    main()
