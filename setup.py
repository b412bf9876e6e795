"""Maps the five part folders at the top of the repository into the ``tinct`` package."""

from pathlib import Path

from setuptools import find_packages, setup

PARTS = ("plugin", "export", "runtime", "training", "ui")
BUNDLES = "runtime/bundles"
GRAPHS = "runtime/picture/graphs"


def below(folder: str, package: str) -> list[str]:
    return [package, *(f"{package}.{name}" for name in find_packages(folder))]


def data_folders(folder: str, package: str) -> list[str]:
    """A folder of data files, which setuptools takes for packages too."""
    return [package, *(f"{package}.{entry.name}" for entry in sorted(Path(folder).iterdir()) if entry.is_dir())]


setup(
    packages=[
        *below("tinct", "tinct"),
        *(name for part in PARTS for name in below(part, f"tinct.{part}")),
        *data_folders(BUNDLES, "tinct.runtime.bundles"),
        *data_folders(GRAPHS, "tinct.runtime.picture.graphs"),
    ],
    package_dir={"tinct": "tinct", **{f"tinct.{part}": part for part in PARTS}},
)
