"""The one list of parameters, and what values they take."""

from pathlib import Path

import pytest

from tinct.plugin.params import (
    PARAMETERS,
    HintPoint,
    Parameter,
    ParameterError,
    StillInForce,
    defaults,
    format_hints,
    format_stills,
    parse_hints,
    parse_stills,
    validated,
)

STILLS = [StillInForce("/stills/a.png"), StillInForce("/stills/ä b.png", 1040, 2.5, (0.0, 0.1, 0.5, 1.0), 270)]
HINTS = [HintPoint(7, 1.5, 2.0, 0.1, 0.2, 0.3)]


def test_the_list_is_whole() -> None:
    names = [one.name for one in PARAMETERS]
    groups = {one.name for one in PARAMETERS if one.kind == "Group"}
    assert len(set(names)) == len(names)
    for index, one in enumerate(PARAMETERS):
        assert one.label, one.name
        assert one.hint.endswith("."), one.name
        if one.parent is not None:
            assert one.parent in groups
            assert names.index(one.parent) < index
    assert validated({}) == defaults()


def test_stills_and_hints_go_to_text_and_back() -> None:
    assert parse_stills(format_stills(STILLS)) == STILLS
    assert parse_hints(format_hints(HINTS)) == HINTS
    assert parse_stills("") == parse_hints(" ") == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"chrome": 1}, "no parameter 'chrome'"),
        ({"preview": 1}, "no parameter 'preview'"),
        ({"chroma": 5}, "chroma is 5 and must be from 0 to 4"),
        ({"chroma": float("nan")}, "chroma"),
        ({"chroma": True}, "chroma"),
        ({"workingSize": 1.5}, "workingSize"),
        ({"stillsAtOnce": 0}, "stillsAtOnce"),
        ({"view": "depth"}, "view"),
        ({"mask": None}, "mask"),
        ({"passes": "chroma,depth"}, "'depth'"),
        ({"stills": "{}"}, "stills"),
        ({"stills": "["}, "stills"),
        ({"stills": "[1]"}, "names no path"),
        ({"stills": '[{"path": ""}]'}, "path"),
        ({"stills": '[{"path": "a", "frame": 1.5}]'}, "frame"),
        ({"stills": '[{"path": "a", "weight": 0}]'}, "weight"),
        ({"stills": '[{"path": "a", "crop": [0, 0, 1]}]'}, "crop"),
        ({"stills": '[{"path": "a", "turn": 45}]'}, "turned by 45"),
        ({"hints": '[{"frame": 1, "x": 1}]'}, "hints"),
        ({"hints": '[{"frame": 1, "x": 1, "y": 1, "colour": [0, 0, 2]}]'}, "0 to 1"),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        validated(values)


def test_the_docs_have_the_list() -> None:
    """docs/effect.md; what it should hold is what this fails with."""
    rows = [
        f"| `{one.name}` | {one.kind} | {one.label} | {_range(one)} | {one.hint} |"
        for one in PARAMETERS
        if one.kind not in ("Page", "Group")
    ]
    table = "\n".join(["| name | kind | label | value | |", "|---|---|---|---|---|", *rows])
    assert table in (Path(__file__).parents[2] / "docs" / "effect.md").read_text(), table


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(parameter.choices)
    if parameter.minimum is not None:
        return f"{parameter.default:g} ({parameter.minimum:g} to {parameter.maximum:g})"
    return str(parameter.default) if parameter.default not in ("", "[]", None) else ""
