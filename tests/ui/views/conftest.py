"""Qt, where it can run."""

import sys

import pytest

PySide6 = pytest.importorskip("PySide6", reason="the panel's extra is not installed", exc_type=ImportError)
if PySide6.__version__ == "6.12.0" and sys.version_info < (3, 12):
    pytest.skip("PySide6 6.12.0 ends the process under Python 3.11; 6.11.3 does not", allow_module_level=True)
