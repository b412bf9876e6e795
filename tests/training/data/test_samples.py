"""Samples: repeatable, of one shot, in Lab."""

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from tinct.training.data.clip_store import ClipStore, DataSetError, StoredClip, load_store
from tinct.training.data.plan import SampleConfig
from tinct.training.data.samples import draw_sample

CONFIG = SampleConfig(size=(64, 96), unroll=2, photo_share=0.3)


def picture(seed, height=96, width=160):
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    smooth = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 6), None, 0, 255, cv2.NORM_MINMAX)
    return smooth.astype(np.uint8)


@pytest.fixture(scope="module")
def store():
    planes = [cv2.cvtColor(np.roll(picture(1), 2 * i, 1), cv2.COLOR_BGR2YUV_I420) for i in range(20)]
    photo = cv2.cvtColor(picture(2), cv2.COLOR_BGR2YUV_I420)
    return ClipStore((StoredClip("clip", np.stack(planes)),), (StoredClip("photo", photo[None]),), ())


def test_the_same_seed_gives_the_same_sample(store):
    for seed in range(6):
        one, two = (draw_sample(store, CONFIG, np.random.default_rng(seed)) for _ in range(2))
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)


def test_shapes_and_ranges(store):
    for seed in range(12):
        sample = draw_sample(store, CONFIG, np.random.default_rng(seed))
        assert sample.reference.shape == sample.previous.shape == (64, 96, 3)
        assert sample.frames.shape == (2, 64, 96, 3)
        assert sample.positions.shape == (2, 64, 96, 2)
        assert sample.trust.shape == (2, 64, 96)
        assert 0 <= sample.trust.min() <= sample.trust.max() <= 1
        assert 0 <= sample.frames[..., 0].min() <= sample.frames[..., 0].max() <= 100


def test_every_origin_of_the_previous_colours_is_drawn(store):
    samples = [draw_sample(store, CONFIG, np.random.default_rng(seed)) for seed in range(40)]
    from_reference = sum(np.array_equal(s.previous, s.reference) for s in samples)
    from_nothing = sum(not s.trust[0].any() for s in samples)
    disturbed = sum(bool(s.disturb) for s in samples)
    assert min(from_reference, from_nothing, disturbed) >= 4


def test_nothing_is_left_out_unless_it_is_named(tmp_path):
    for name in ("evaluation/one.jpg", "old_bw/two.jpg", "three.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), picture(1))
    with av.open(str(tmp_path / "clip.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for i in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(picture(1), i, 1), format="rgb24")))
        container.mux(stream.encode(None))
    assert [photo.name for photo in load_store(tmp_path).photos] == ["one", "two", "three"]
    few = load_store(tmp_path, exclude=["evaluation", "three.jpg"])
    assert [photo.name for photo in few.photos] == ["two"]
    with pytest.raises(DataSetError, match="'evaluaton' to exclude"):
        load_store(tmp_path, exclude=["evaluaton"])


def test_files_that_cannot_be_used_are_named(tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    with pytest.raises(DataSetError, match="holds no clip"):
        load_store(tmp_path)


@pytest.mark.parametrize("space", [Colorspace.ITU709, Colorspace.ITU601])
def test_colours_are_those_of_the_clip_whatever_its_matrix(tmp_path, space):
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, :48], picture[:, 48:] = (200, 40, 60), (30, 160, 70)
    with av.open(str(tmp_path / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.colorspace = int(space)
        stream.codec_context.color_range = int(ColorRange.MPEG)
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=space, dst_color_range=ColorRange.MPEG)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    read = load_store(tmp_path).clips[0].rgb(3).astype(int)
    assert np.abs(read[20, 20] - (200, 40, 60)).max() <= 4
    assert np.abs(read[20, 76] - (30, 160, 70)).max() <= 4
