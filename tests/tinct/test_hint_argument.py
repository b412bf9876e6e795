import pytest

from tinct.hint_argument import parse_hint
from tinct.runtime.errors import UsageError


@pytest.mark.parametrize("text", ["1001,640,360.5,#ff8000", "1001, 640, 360.5, FF8000"])
def test_a_hint_is_a_frame_a_place_and_a_colour(text: str) -> None:
    hint = parse_hint(text)
    assert (hint.frame, hint.x, hint.y) == (1001, 640, 360.5)
    assert hint.colour == pytest.approx((1, 128 / 255, 0))


@pytest.mark.parametrize(
    "text", ["", "1001,640,360", "1001,640,360,red", "1,2,3,#12345", "1,-2,3,#123456", "a,1,1,#123456"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="FRAME,X,Y,#RRGGBB"):
        parse_hint(text)
