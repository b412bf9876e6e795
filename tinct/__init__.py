"""Tinct colours black-and-white footage from colour reference stills.

The parts are ``tinct.runtime``, ``tinct.training``, ``tinct.export``, ``tinct.plugin`` and ``tinct.ui``.
"""

from pathlib import Path

__version__ = "0.1.0"

_root = Path(__file__).resolve().parent.parent
if (_root / "pyproject.toml").is_file() and (_root / "runtime").is_dir():
    __path__.append(str(_root))  # in a checkout the parts lie beside this folder
