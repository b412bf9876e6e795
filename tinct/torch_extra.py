"""The border to the parts that need PyTorch."""

from collections.abc import Iterator
from contextlib import contextmanager

from tinct.runtime.errors import UsageError


@contextmanager
def extra(name: str, *, command: str) -> Iterator[None]:
    """Turn a missing third-party module into advice: ``command`` needs the optional packages ``tinct[name]``.

    Raises:
        UsageError: a module that does not belong to Tinct is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.split(".")[0] == "tinct":
            raise
        raise UsageError(
            f"{command} needs the module {missing!r}, which is not installed: pip install 'tinct[{name}]'"
        ) from error
