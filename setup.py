"""Maps the five part folders at the top of the repository into the ``tinct`` package."""

from setuptools import find_packages, setup

PARTS = ("plugin", "export", "runtime", "training", "ui")


def below(folder: str, package: str) -> list[str]:
    return [package, *(f"{package}.{name}" for name in find_packages(folder))]


setup(
    packages=[*below("tinct", "tinct"), *(name for part in PARTS for name in below(part, f"tinct.{part}"))],
    package_dir={"tinct": "tinct", **{f"tinct.{part}": part for part in PARTS}},
)
