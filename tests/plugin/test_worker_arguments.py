"""What the worker is told of the parameters."""

import pytest

from tinct.plugin.params import (
    PARAMETERS,
    HintPoint,
    ParameterError,
    StillInForce,
    defaults,
    format_hints,
    format_stills,
)
from tinct.plugin.state_key import state_key
from tinct.plugin.worker_arguments import colorize_request, session_arguments
from tinct.runtime.media.framing import Framing
from tinct.runtime.worker.colorize_call import KEYS, parse_request
from tinct.runtime.worker.fields import Fields

STILLS = [StillInForce("/stills/a.png"), StillInForce("/stills/ä b.png", 1040, 2.5, (0.0, 0.1, 0.5, 1.0), 270)]
HINTS = [HintPoint(7, 1.5, 2.0, 0.1, 0.2, 0.3)]


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


def test_a_session_has_the_same_parameters() -> None:
    assert session_arguments({"workingSize": 64, "chroma": 2}) == {
        "model": "lite", "backend": "auto", "working_size": 64, "chroma": 2.0, "stills_at_once": 4,
    }  # fmt: skip
    assert session_arguments({})["working_size"] is None
