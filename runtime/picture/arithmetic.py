"""What decides the last bits of a computation, besides its inputs: processor, libraries, threads."""

import hashlib
import os
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

from tinct import __version__
from tinct.runtime.backends.base import Backend
from tinct.runtime.backends.threads import usable_cores

LIBRARIES = (
    "numpy",
    "opencv-python-headless",
    "opencv-python",
    "onnxruntime",
    "onnxruntime-gpu",
    "openvino",
    "tensorrt",
    "tensorrt-rtx",
)


def arithmetic_of(backend: Backend) -> dict[str, str | int]:
    """Facts of ``backend`` and this machine: where they are equal, the same inputs give the same bits, as far as the
    backend repeats itself at all."""
    return {
        "tinct": __version__,
        "backend": backend.NAME,
        "precision": backend.precision,
        "device": backend.device,
        "threads": backend.threads or usable_cores(),
        **machine(),
    }


@cache
def machine() -> dict[str, str]:
    """The processor with what it can do, and the versions of libraries that compute."""
    versions = {name: found for name in LIBRARIES if (found := _version(name)) is not None}
    return {"processor": _processor(), "system": platform.system(), **versions}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """Its name, and a digest of its instructions where the system lists them: libraries choose their code by those."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return f"{platform.machine()} {platform.processor() or os.environ.get('PROCESSOR_IDENTIFIER', '')}".strip()
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    facts = {name.strip(): value.strip() for name, value in lines.items()}
    able = hashlib.sha256(facts.get("flags", facts.get("Features", "")).encode()).hexdigest()[:12]
    return f"{platform.machine()} {facts.get('model name', '')} {able}"
