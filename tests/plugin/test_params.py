"""The one list of parameters, and what is made of their values."""

from pathlib import Path

import pytest

from tinct.plugin.params import (
    PARAMETERS,
    HintPoint,
    Parameter,
    ParameterError,
    StillInForce,
    colorize_request,
    defaults,
    format_hints,
    format_stills,
    parse_hints,
    parse_stills,
    session_arguments,
    state_key,
    validated,
)
from tinct.runtime.media.framing import Framing
from tinct.runtime.worker.colorize_call import KEYS, parse_request
from tinct.runtime.worker.fields import Fields

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


def test_a_request_is_one_that_the_worker_takes() -> None:
    changed = {
        "stills": format_stills(STILLS), "hints": format_hints(HINTS), "chroma": 1.5, "passes": "chroma, confidence",
        "workingSize": 288, "inputSpace": "ACEScg", "mask": "/mask.png", "model": "fake",
    }  # fmt: skip
    request = colorize_request(changed, input="/plate.%04d.exr", output="/out.%04d.exr", frames="1-9", resume=True)
    assert set(request) <= KEYS
    parsed = parse_request(Fields({name: value for name, value in request.items() if value is not None}))
    references = [(str(one.path), one.frame, one.weight, one.framing) for one in parsed.references]
    assert references == [(*one[:3], Framing(one.crop, one.turn)) for one in STILLS]
    assert parsed.hints[0].colour == (0.1, 0.2, 0.3)
    assert (parsed.chroma, parsed.working_size, parsed.stills_at_once) == (1.5, 288, 4)
    assert (parsed.passes, parsed.frames) == (("chroma", "confidence"), "1-9")
    assert (parsed.spaces.input, parsed.spaces.output, parsed.resume) == ("ACEScg", None, True)


def test_every_parameter_that_renders_reaches_the_request() -> None:
    other = {
        "stills": format_stills(STILLS), "hints": format_hints(HINTS), "passes": "ab", "chroma": 2.0, "workingSize": 96,
        "stillsAtOnce": 2,
    }  # fmt: skip
    least = colorize_request({"stills": format_stills(STILLS[:1])}, input="a", output="b")
    for one in PARAMETERS:
        if one.name not in defaults():
            continue
        value = other.get(one.name, "confidence" if one.kind == "Choice" else "/x")
        values = {"stills": format_stills(STILLS[:1]), one.name: value}
        changed = colorize_request(values, input="a", output="b") != least
        assert changed == one.renders, one.name
        assert (state_key(values) != state_key({"stills": format_stills(STILLS[:1])})) == one.renders, one.name


def test_without_a_still_there_is_no_request() -> None:
    with pytest.raises(ParameterError, match="stills is empty"):
        colorize_request({}, input="a", output="b")


def test_the_key_changes_with_the_files_and_the_facts(tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    values = {"stills": format_stills([StillInForce(str(still))])}
    keys = [state_key(values)]
    still.write_bytes(b"a")
    keys.append(state_key(values))
    still.write_bytes(b"ab")
    keys += [state_key(values), state_key(values, plate=["/p", 1]), state_key(values, plate=["/p", 2])]
    assert len(set(keys)) == len(keys)
    assert state_key(values) == keys[2]


def test_a_session_has_the_same_parameters() -> None:
    assert session_arguments({"workingSize": 64, "chroma": 2}) == {
        "model": "lite", "backend": "auto", "working_size": 64, "chroma": 2.0, "stills_at_once": 4,
    }  # fmt: skip
    assert session_arguments({})["working_size"] is None


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
