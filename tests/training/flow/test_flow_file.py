"""Files of flow: what is read is what was written, and a wrong file is said to be wrong."""

import cv2
import numpy as np
import pytest
import torch

from tinct.training.flow import FlowError
from tinct.training.flow.flow_file import FlowFileError, StoredFlow, read_flow, write_flow


def flow(size=(12, 18), spacing=2, pairs=3, key="a key", seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = (2, pairs, 2, -(-size[0] // spacing), -(-size[1] // spacing))
    return StoredFlow((8 * torch.randn(shape, generator=generator)).half(), size, spacing, key)


@pytest.mark.parametrize(
    ("size", "spacing", "pairs"), [((12, 18), 2, 3), ((13, 7), 2, 1), ((5, 9), 1, 2), ((8, 8), 2, 0)]
)
def test_what_is_read_is_what_was_written(tmp_path, size, spacing, pairs):
    written = flow(size, spacing, pairs)
    write_flow(tmp_path / "clip.pt", written)
    read = read_flow(tmp_path / "clip.pt", key="a key")
    assert torch.equal(read.values, written.values)
    assert read.values.dtype == torch.float16
    assert (read.size, read.spacing, read.key) == (size, spacing, "a key")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.pt"]


def test_half_precision_keeps_a_hundredth_of_a_pixel():
    values = torch.linspace(-32, 32, 2 * 2 * 64 * 64).reshape(2, 1, 2, 64, 64)
    assert (values.half().float() - values).abs().max() <= 1 / 128
    assert (values.mul(8).half().float() - values.mul(8)).abs().max() <= 1 / 16


def test_a_pair_of_frames_at_full_size():
    rows, columns = np.mgrid[:13, :18].astype(np.float32)
    exact = np.stack([0.25 * columns - 1, 0.5 * rows], -1)  # linear, so that nothing is lost between stored pixels
    values = np.stack([exact[::2, ::2], -exact[::2, ::2]]).transpose(0, 3, 1, 2)[:, None]
    backward, forward = StoredFlow(torch.from_numpy(values).half(), (13, 18), 2, "").between(0)
    assert backward.shape == forward.shape == (13, 18, 2)
    np.testing.assert_allclose(backward[:, :-1], exact[:, :-1], atol=0.02)  # the last column has no right neighbour
    np.testing.assert_allclose(forward[:, :-1], -exact[:, :-1], atol=0.02)


def test_stored_whole_a_pair_is_what_was_stored():
    one = flow((6, 8), 1)
    backward, forward = one.between(1)
    assert np.array_equal(backward, one.values[0, 1].float().permute(1, 2, 0).numpy())
    assert np.array_equal(forward, one.values[1, 1].float().permute(1, 2, 0).numpy())
    with pytest.raises(IndexError):
        one.between(3)


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "clip.pt"
    write_flow(path, flow(seed=1))
    before = path.read_bytes()

    def save(_, file):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(OSError, match="disk full"):
        write_flow(path, flow(seed=2))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_values_that_are_not_numbers_are_not_written(tmp_path):
    bad = flow()
    bad.values[0, 0, 0, 0, 0] = 70000.0
    with pytest.raises(FlowError, match="not numbers"):
        write_flow(tmp_path / "clip.pt", bad)
    assert not list(tmp_path.iterdir())


def test_flow_of_the_wrong_shape_is_refused():
    one = flow()
    for values, size in ((one.values.float(), one.size), (one.values, (14, 18)), (one.values[0], one.size)):
        with pytest.raises(FlowError, match="flow of a clip"):
            StoredFlow(values, size, 2, "")


def content(path):
    return torch.load(path, weights_only=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format="other"), "no file of flow"),
        (lambda c: c.update(version=2), "version 2, not 1"),
        (lambda c: c.pop("values"), "damaged"),
        (lambda c: c.update(spacing=0), "damaged"),
        (lambda c: c.update(size=None), "damaged"),
        (lambda c: c.update(size=(99, 99)), "damaged: flow of a clip"),
        (lambda c: c["values"].add_(1), "checksum"),
        (lambda c: c.update(values=[1, 2]), "damaged"),
    ],
)
def test_a_file_with_other_content_is_refused(tmp_path, change, message):
    path = tmp_path / "clip.pt"
    write_flow(path, flow())
    changed = content(path)
    change(changed)
    torch.save(changed, path)
    with pytest.raises(FlowFileError, match=rf"clip\.pt.*{message}"):
        read_flow(path)


def test_a_file_that_is_cut_off_or_flipped_is_refused(tmp_path):
    path = tmp_path / "clip.pt"
    write_flow(path, flow((64, 96)))
    whole = path.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(FlowFileError, match=r"clip\.pt"):
            read_flow(path)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0x10
    path.write_bytes(flipped)
    with pytest.raises(FlowFileError, match="checksum"):
        read_flow(path)


def test_what_is_no_flow_at_all_is_refused(tmp_path):
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), np.zeros((9, 9), np.uint8))
    checkpoint = tmp_path / "checkpoint.pt"
    torch.save({"step": 4}, checkpoint)
    for path in (picture, checkpoint, tmp_path):
        with pytest.raises(FlowFileError, match="no file of flow"):
            read_flow(path)
    with pytest.raises(FlowFileError, match=r"there is no file of flow .*absent\.pt"):
        read_flow(tmp_path / "absent.pt")


def test_flow_of_another_clip_is_refused(tmp_path):
    write_flow(tmp_path / "clip.pt", flow(key="one"))
    with pytest.raises(FlowFileError, match="another clip"):
        read_flow(tmp_path / "clip.pt", key="two")
