"""Parts of the data tools that are chosen by name."""

from collections.abc import Iterable


class ChoiceError(ValueError):
    """Nothing of that name."""


def check_choice(kind: str, name: str, names: Iterable[str]) -> None:
    """Refuse a ``name`` that is not among ``names``.

    Raises:
        ChoiceError: names those that there are.
    """
    known = tuple(names)
    if name not in known:
        raise ChoiceError(f"no {kind} named {name!r}: there are {', '.join(known)}")
