"""What may be connected to a Tinct node, and what is refused by name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fake_nuke.application import NukeApplication
from fake_nuke.artist import FIRST, LAST, Artist, is_grey, same, write_picture
from fake_nuke.nodes import Node
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate

ROOT = Path(__file__).parents[3]

WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)


def test_dots_and_disabled_nodes_pass_the_plates_file_on(artist: Artist) -> None:
    dot = artist.nuke.make("Dot", inputs=[artist.read()])
    idle = artist.nuke.make("Multiply", value=0.1, disable=True, inputs=[dot])
    artist.create(idle)
    artist.add_still("red.png")
    assert "rendered" in artist.render()
    assert artist.nuke.rendered == []  # Nuke had nothing to write


def test_a_tree_is_written_once_and_again_when_it_changes(artist: Artist) -> None:
    graded = artist.nuke.make("Multiply", value=0.5, inputs=[artist.read()])
    node = artist.create(graded)
    artist.add_still("red.png")
    artist.nuke.steps.done.clear()
    artist.render()
    assert [frame for _, frame in artist.nuke.rendered] == list(range(FIRST, LAST + 1))
    assert [name for name, _ in artist.nuke.steps.done] == ["Tinct: result"]  # the Write that came and went is none
    assert [one.Class() for one in node.nodes()].count("Write") == 0
    plate, shown = artist.sees(1005, graded), artist.sees(1005)
    assert not is_grey(shown)
    assert np.allclose(shown @ WEIGHTS, plate @ WEIGHTS, atol=1e-4)

    artist.nuke.edit(node, "chroma", 0.7)
    graded["xpos"].setValue(200)  # a node that is moved changes no pixel
    artist.render()
    assert len(artist.nuke.rendered) == LAST - FIRST + 1
    graded["value"].setValue(0.8)
    artist.render()
    assert len(artist.nuke.rendered) == 2 * (LAST - FIRST + 1)


def test_a_preview_of_a_tree_writes_one_frame(artist: Artist) -> None:
    artist.create(artist.nuke.make("Multiply", value=0.5, inputs=[artist.read()]))
    artist.add_still("red.png")
    artist.nuke.frame = 1005
    artist.render("preview")
    assert [frame for _, frame in artist.nuke.rendered] == [1005]
    assert not is_grey(artist.sees(1005))


def test_a_node_inside_a_group_finds_the_plate_outside(artist: Artist) -> None:
    outer = artist.nuke.make("Group", name="Shot")
    with outer:
        inside = artist.nuke.make("Input")
    assert outer.setInput(0, artist.read())
    with outer:
        artist.create(inside)
        artist.nuke.make("Output", inputs=[artist.node])
    artist.add_still("red.png")
    assert "rendered" in artist.render()
    assert artist.nuke.rendered == []
    assert not is_grey(artist.sees(1004, outer))


def test_a_mask_limits_the_colour_as_a_file_and_as_an_input(artist: Artist) -> None:
    left = np.zeros((64, 96, 3), np.float32)
    left[:, :48] = 1
    write_picture(artist.footage / "mask.png", left, "uint8")
    artist.add_still("red.png")
    artist.nuke.edit(artist.node, "mask", str(artist.footage / "mask.png"))
    artist.render()
    by_file = artist.sees_all()
    assert is_grey(by_file[1004][:, 50:])
    assert not is_grey(by_file[1004][:, :46])

    for frame in range(FIRST, LAST + 1):
        write_picture(artist.footage / f"moving.{frame}.png", np.roll(left, frame - FIRST, axis=1), "uint8")
    artist.nuke.edit(artist.node, "mask", str(artist.footage / "moving.%04d.png"))
    artist.render()
    assert is_grey(artist.sees(LAST)[:, 60:])
    assert not is_grey(artist.sees(LAST)[:, 49:58])  # the mask has moved on

    artist.nuke.edit(artist.node, "mask", "")
    read = artist.nuke.make("Read", file=str(artist.footage / "mask.png"), first=1, last=1)
    assert artist.node.setInput(1, read)
    artist.render()
    assert len(same(by_file, artist.sees_all())) == len(by_file)

    tree = artist.nuke.make("Multiply", value=0.0, inputs=[read])
    artist.node.setInput(1, tree)
    artist.render()
    assert is_grey(artist.sees(1004))


def test_nothing_connected_is_said(artist: Artist) -> None:
    artist.add_still("red.png")
    artist.node.setInput(0, None)
    artist.render()
    assert "nothing is connected to Tinct1" in artist.nuke.messages[0]


def test_views_in_one_file_are_taken_and_others_refused(start: Callable[..., NukeApplication], footage: Path) -> None:
    artist = Artist(start(views=["left", "right"]), footage)
    artist.create()
    artist.add_still("red.png")
    assert "rendered" in artist.render()
    read = artist.nuke.make("Read", file=str(footage / "plate_%V.%04d.exr"), first=FIRST, last=LAST)
    artist.node.setInput(0, read)
    artist.render()
    assert "another file for each view" in artist.nuke.messages[0]
    artist.node.setInput(0, artist.nuke.make("Multiply", inputs=[artist.read()]))
    artist.render()
    assert "the views left, right" in artist.nuke.messages[1]
    assert artist.nuke.rendered == []


def test_proxy_mode_takes_full_size_files_and_refuses_to_write_small_ones(artist: Artist) -> None:
    artist.nuke.root["proxy"].setValue(True)
    artist.add_still("red.png")
    assert "rendered" in artist.render()
    artist.node.setInput(0, artist.nuke.make("Multiply", inputs=[artist.read()]))
    artist.render()
    assert "proxy mode is on" in artist.nuke.messages[0]


def test_a_read_that_counts_its_frames_otherwise_is_written_first(artist: Artist) -> None:
    read = artist.nuke.make("Read", file=str(artist.footage / "plate.%04d.exr"), first=FIRST, last=LAST)
    read["frame_mode"].setValue("offset")
    artist.create(read)
    artist.add_still("red.png")
    artist.render()
    assert len(artist.nuke.rendered) == LAST - FIRST + 1


def test_the_result_is_read_as_the_plate_is(artist: Artist) -> None:
    read = artist.read()
    artist.create(read)
    artist.add_still("red.png")
    artist.render()
    result = artist.node.node("result")
    assert result["colorspace"].value() == "sRGB"  # the plate's default, which is not that of the result's kind of file
    read["raw"].setValue(True)
    artist.render()
    assert result["raw"].value() is True


def test_the_cache_lies_beside_the_script_unless_it_is_named(
    artist: Artist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUKE_TEMP_DIR", str(tmp_path / "scratch"))
    artist.add_still("red.png")
    artist.nuke.edit(artist.node, "cacheFolder", "")
    artist.render()
    assert (tmp_path / "scratch" / "tinct_cache" / "results").is_dir()
    artist.nuke.save(tmp_path / "comp.nk")
    artist.render()
    assert (tmp_path / "tinct_cache" / "results").is_dir()
    artist.nuke.edit(artist.node, "cacheFolder", "shots/one")
    artist.render()
    assert (tmp_path / "shots" / "one" / "results").is_dir()


def test_a_cache_that_cannot_be_written_is_named(artist: Artist, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    artist.nuke.edit(artist.node, "cacheFolder", str(tmp_path / "file" / "cache"))
    artist.add_still("red.png")
    artist.render()
    assert str(tmp_path / "file") in artist.nuke.messages[0]
    assert "name another cache folder" in artist.nuke.messages[0]
    assert artist.nuke.terminal == []  # no trace


def test_a_movies_frames_are_those_that_nuke_counts(artist: Artist, tmp_path: Path) -> None:
    movie = ROOT / "runtime" / "demo" / "grey.mkv"
    artist.create(artist.nuke.make("Read", file=str(movie), first=1, last=90))
    artist.nuke.edit(artist.node, "last", 4)
    artist.add_still("red.png")
    artist.add_still("blue.png", frame=3)
    assert "rendered: 1-2, 3-4;" in artist.render()
    stills = (StillAt(artist.footage / "red.png"), StillAt(artist.footage / "blue.png", 2))
    request = ColorizeRequest(
        input=movie, references=stills, output=tmp_path / "straight.%04d.exr", frames="0-3", model="fake",
        backend="fake", working_size=64,
    )  # fmt: skip
    colorize_plate(request)
    for frame in range(1, 5):
        straight = artist.nuke.make("Read", file=str(tmp_path / f"straight.{frame - 1:04d}.exr"))
        assert np.array_equal(artist.sees(frame), artist.sees(frame, straight))


def test_a_relative_file_is_one_of_the_project(artist: Artist) -> None:
    artist.nuke.root["project_directory"].setValue(str(artist.footage))
    artist.create(artist.nuke.make("Read", file="plate.%04d.exr", first=FIRST, last=LAST))
    artist.add_still("red.png")
    assert "rendered" in artist.render()


def test_a_group_in_the_tree_counts_with_what_is_inside(artist: Artist) -> None:
    group = artist.nuke.make("Group")
    with group:
        graded = artist.nuke.make("Multiply", value=0.5, inputs=[artist.nuke.make("Input")])
        artist.nuke.make("Output", inputs=[graded])
    assert group.setInput(0, artist.read())
    artist.create(group)
    artist.add_still("red.png")
    artist.nuke.frame = 1003
    artist.render("preview")
    graded["value"].setValue(0.9)
    artist.render("preview")
    assert [frame for _, frame in artist.nuke.rendered] == [1003, 1003]


def test_a_very_long_tree_is_no_trouble(artist: Artist) -> None:
    root, top = artist.nuke.root, artist.read()
    for number in range(1100):  # by hand: finding a free name for each takes seconds
        dot = Node("Dot", artist.nuke, root)
        dot["name"].setValue(f"Dot{number}")
        root.inside.append(dot)
        assert dot.setInput(0, top)
        top = dot
    assert artist.node.setInput(0, top)
    artist.add_still("red.png")
    artist.nuke.frame = 1003
    assert "rendered" in artist.render("preview")


def test_a_tree_that_nuke_cannot_write_is_said(artist: Artist) -> None:
    node = artist.create(artist.nuke.make("Multiply", inputs=[artist.read()]))
    artist.nuke.edit(node, "last", LAST + 1)
    artist.add_still("red.png")
    artist.render()
    assert "Nuke did not write" in artist.nuke.messages[0]
    assert "plate.1013.exr: no such file" in artist.nuke.messages[0]
    assert [one.Class() for one in node.nodes()].count("Write") == 0


def test_a_lone_picture_as_a_plate_is_written_under_nukes_numbers(artist: Artist) -> None:
    node = artist.create(artist.nuke.make("Read", file=str(artist.footage / "plate.1001.exr"), first=1, last=1))
    assert (node["first"].value(), node["last"].value()) == (1, 1)
    artist.add_still("red.png")
    artist.render()
    assert [frame for _, frame in artist.nuke.rendered] == [1]
    assert not is_grey(artist.sees(1))
