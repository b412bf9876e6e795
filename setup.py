"""Maps the five part folders at the top of the repository into the ``tinct`` package."""

from setuptools import find_packages, setup

PARTS = ("plugin", "export", "runtime", "training", "ui")

setup(
    packages=["tinct", *(f"tinct.{p}" for p in PARTS), *(f"tinct.{p}.{s}" for p in PARTS for s in find_packages(p))],
    package_dir={"tinct": "tinct", **{f"tinct.{p}": p for p in PARTS}},
)
