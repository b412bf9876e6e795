"""The parameters of a project of schema 1 are those of the effect, by name, range and request."""

from tinct.plugin import params
from tinct.runtime.project.output import PASSES
from tinct.runtime.project.settings import SETTINGS

FIELDS_OF_THEIR_OWN = ("stills", "hints", "mask", "passes")
KINDS = {"Double": float, "Integer": int, "String": str}


def test_a_project_sets_what_the_effect_renders_with() -> None:
    values = [one for one in params.PARAMETERS if one.renders and one.kind in (*KINDS, "Custom", "Choice", "Boolean")]
    known = {one.name: one for one in values if one.name not in FIELDS_OF_THEIR_OWN}
    assert set(known) == set(SETTINGS)
    for name, setting in SETTINGS.items():
        one = known[name]
        assert KINDS[one.kind] is setting.kind
        assert setting.default == one.default
        if setting.kind is not str:
            assert (setting.low, setting.high) == (one.minimum, one.maximum)
        assert setting.field == (one.field or name)
    assert PASSES == params.PASSES
