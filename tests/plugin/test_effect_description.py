"""What the effect tells a host of itself."""

import pytest

from tinct.plugin.effect_description import CONTEXTS, ContextError, describe, describe_in_context
from tinct.plugin.params import PARAMETERS


def test_what_it_says_of_itself() -> None:
    told = describe()
    assert (told.sequential_render, told.temporal_clip_access, told.supports_tiles) == (2, True, False)
    for context in told.contexts:
        described = describe_in_context(context)
        assert described.parameters == PARAMETERS
        assert [clip.name for clip in described.clips if not clip.optional] == ["Source", "Output"]
    assert told.contexts == CONTEXTS
    with pytest.raises(ContextError, match="Retimer"):
        describe_in_context("OfxImageEffectContextRetimer")
