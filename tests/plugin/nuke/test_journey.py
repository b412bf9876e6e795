"""A compositor's day with Tinct in Nuke: a node, stills, previews, renders, and what is not rendered twice."""

import numpy as np

from fake_nuke.artist import FIRST, LAST, Artist, is_grey, same


def test_a_node_is_found_by_its_name_and_shows_the_plate_at_first(artist: Artist) -> None:
    assert artist.node.name() == "Tinct1"
    assert (artist.node["first"].value(), artist.node["last"].value()) == (FIRST, LAST)
    assert is_grey(artist.sees(FIRST))


def test_stills_a_preview_and_the_whole_range(artist: Artist) -> None:
    artist.add_still("red.png")
    assert artist.node["still"].values() == ["start: red.png"]
    artist.nuke.frame = 1005
    assert artist.render("preview").startswith("frame 1005: rendered")
    assert not is_grey(artist.sees(1005))
    assert is_grey(artist.sees(1004))  # nothing else is rendered yet

    assert artist.render().startswith(f"frames {FIRST}-{LAST}: rendered")
    shown = artist.sees_all()
    assert not any(is_grey(values) for values in shown.values())
    artist.nuke.edit(artist.node, "view", "confidence")
    confidence = artist.sees(1003)
    assert is_grey(confidence)
    assert 0 <= confidence.min() <= confidence.max() <= 1
    assert not np.array_equal(confidence, shown[1003])
    assert same(shown, shown)
