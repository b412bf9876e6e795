"""How many threads a backend may use."""

import os


def usable_cores() -> int:
    """Cores that this process may run on (its affinity mask where the system has one), at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
