"""Finding and decoding of colour clips."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tinct.training.evaluation.clip import ClipError, find_clips, load_clip

COLOURS = ((200, 40, 40), (40, 200, 40), (40, 40, 200), (128, 128, 128))
"""One RGB per frame."""


def write_movie(path: Path) -> Path:
    """Lossless RGB, so that the frames come back exactly."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = 40, 24, "bgr0"
        for colour in COLOURS:
            frame = av.VideoFrame.from_ndarray(np.full((24, 40, 3), colour, np.uint8), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode())
    return path


def write_folder(path: Path) -> Path:
    path.mkdir()
    for i, colour in enumerate(COLOURS):
        cv2.imwrite(str(path / f"{i:04d}.png"), np.full((24, 40, 3), colour[::-1], np.uint8))
    return path


@pytest.mark.parametrize("write", [write_movie, write_folder])
def test_frames_come_in_order_with_their_colours(tmp_path, write):
    clip = load_clip(write(tmp_path / "rainbow.mkv"))
    assert clip.name == "rainbow"
    assert clip.size == (24, 40)
    assert len(clip) == len(COLOURS)
    for i, colour in enumerate(COLOURS):
        np.testing.assert_allclose(clip.rgb(i)[5, 7], np.array(colour) / 255.0, atol=1e-6)


def test_only_the_first_frames_are_decoded_if_so_asked(tmp_path):
    assert len(load_clip(write_movie(tmp_path / "a.mkv"), frames=2)) == 2


def test_lightness_is_that_of_the_frames(tmp_path):
    clip = load_clip(write_folder(tmp_path / "a"))
    lightness = list(clip.lightness())
    assert [frame.shape for frame in lightness] == [(24, 40)] * len(COLOURS)
    assert lightness[3][0, 0] == pytest.approx(53.585, abs=0.01)  # L* of sRGB 128


def test_yuv_is_decoded_by_its_own_matrix(tmp_path):
    # BT.709 limited range: R 200, G 40, B 40 is Y 80, Cb 112, Cr 198.
    path = tmp_path / "tagged.mkv"
    planes = np.stack([np.full((32, 32), value, np.uint8) for value in (80, 112, 198)])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv444p"
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        for _ in range(2):
            frame = av.VideoFrame.from_ndarray(planes, format="yuv444p")
            frame.colorspace, frame.color_range = 1, 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    np.testing.assert_allclose(load_clip(path).rgb(0)[3, 3] * 255.0, [200, 40, 40], atol=2.5)


def test_a_folder_of_clips_is_found_in_the_order_of_names(tmp_path):
    write_movie(tmp_path / "b.mkv")
    write_folder(tmp_path / "a")
    (tmp_path / "notes.txt").write_text("not a clip")
    assert [path.name for path in find_clips(tmp_path)] == ["a", "b.mkv"]
    assert find_clips(tmp_path / "a") == (tmp_path / "a",)
    assert find_clips(tmp_path / "b.mkv") == (tmp_path / "b.mkv",)


def test_what_holds_no_clip_is_named(tmp_path):
    with pytest.raises(ClipError, match="no such clip"):
        find_clips(tmp_path / "missing")
    with pytest.raises(ClipError, match="no clip at"):
        find_clips(tmp_path)


def test_unusable_clips_are_named(tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a movie at all" * 20)
    with pytest.raises(ClipError, match=r"broken\.mp4"):
        load_clip(broken)
    folder = write_folder(tmp_path / "a")
    with pytest.raises(ClipError, match="at least two"):
        load_clip(folder, frames=1)
    cv2.imwrite(str(folder / "9999.png"), np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(ClipError, match="differ in size"):
        load_clip(folder)
    (folder / "9999.png").write_bytes(b"not an image")
    with pytest.raises(ClipError, match=r"9999\.png"):
        load_clip(folder)
