"""Layouts find the sources of data sets that lie as the real ones do."""

import pytest

from tinct.training.data.choices import ChoiceError
from tinct.training.data.clip_store import DataSetError
from tinct.training.data.layouts import find_sources


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def paths(*roots, **options):
    return [source.path for source in find_sources(roots, **options)]


def test_davis(tmp_path):
    root = tmp_path / "DAVIS"
    touch(root, *(f"JPEGImages/480p/{clip}/0000{i}.jpg" for clip in ("bear", "camel", "cows") for i in range(3)))
    touch(root, "Annotations/480p/bear/00000.png")
    assert len(paths(root)) == 3
    (root / "ImageSets/2017").mkdir(parents=True)
    (root / "ImageSets/2017/train.txt").write_text("bear\n")
    (root / "ImageSets/480p").mkdir()
    (root / "ImageSets/480p/train.txt").write_text("/JPEGImages/480p/cows/00000.jpg /Annotations/480p/cows/00000.png\n")
    (root / "ImageSets/2017/val.txt").write_text("camel\n")
    sources = find_sources([root])
    assert [source.path for source in sources] == ["DAVIS/JPEGImages/480p/bear", "DAVIS/JPEGImages/480p/cows"]
    assert all(s.one_shot and s.kind == "sequence" and s.layout == "davis" for s in sources)
    assert [file.name for file in sources[0].files] == ["00000.jpg", "00001.jpg", "00002.jpg"]
    assert paths(root, subset="val") == ["DAVIS/JPEGImages/480p/camel"]
    assert len(paths(root, subset="all")) == 3
    with pytest.raises(DataSetError, match="no subset 'test'; it has all, train, val"):
        paths(root, subset="test")


@pytest.mark.parametrize("folder", ["train", "train_sharp", "train/train_sharp"])
def test_reds(tmp_path, folder):
    root = tmp_path / "REDS"
    touch(root, *(f"{folder}/{clip:03d}/{i:08d}.png" for clip in range(2) for i in range(3)))
    touch(root, "val/000/00000000.png")
    sources = find_sources([root])
    assert [source.path for source in sources] == [f"REDS/{folder}/000", f"REDS/{folder}/001"]
    assert {source.layout for source in sources} == {"reds"}
    assert paths(root, subset="val") == ["REDS/val/000"]


def test_hollywood2(tmp_path):
    root = tmp_path / "Hollywood2"
    touch(root, *(f"AVIClips/actionclip{name}.avi" for name in ("train00001", "train00002", "test00001")))
    (root / "ClipSets").mkdir()
    (root / "ClipSets/Run_train.txt").write_text("actioncliptrain00001  1\nactioncliptrain00002  -1\n")
    (root / "ClipSets/Run_test.txt").write_text("actioncliptest00001  1\n")
    assert len(paths(root)) == 2
    assert paths(root, subset="test") == ["Hollywood2/AVIClips/actioncliptest00001.avi"]
    assert not any(source.one_shot for source in find_sources([root]))


def test_videvo(tmp_path):
    root = tmp_path / "videvo"
    touch(root, "a.mp4", "b.mp4", "c.mov")
    (root / "train.txt").write_text("a.mp4\nc\n")
    (root / "test.txt").write_text("b.mp4\n")
    assert paths(root) == ["videvo/a.mp4", "videvo/c.mov"]
    assert all(source.one_shot for source in find_sources([root]))
    assert paths(root, layout="clips") == ["videvo/a.mp4", "videvo/b.mp4", "videvo/c.mov"]


def test_movies_and_photographs_of_any_folder(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    touch(one, "deep/x.mkv", "p.jpg", "notes.txt")
    touch(two, "y.mp4")
    assert paths(one, two) == ["one/deep/x.mkv", "one/p.jpg", "two/y.mp4"]
    assert [source.kind for source in find_sources([one])] == ["movie", "photo"]
    assert paths(one, layout="photos") == ["one/p.jpg"]


def test_what_cannot_be_found(tmp_path):
    (tmp_path / "a/same").mkdir(parents=True)
    (tmp_path / "b/same").mkdir(parents=True)
    with pytest.raises(DataSetError, match="holds nothing"):
        paths(tmp_path)
    with pytest.raises(DataSetError, match="two of the folders are named 'same'"):
        paths(tmp_path / "a/same", tmp_path / "b/same")
    with pytest.raises(ChoiceError, match="davis"):
        paths(tmp_path, layout="nonesuch")
    touch(tmp_path, "x.mp4")
    with pytest.raises(DataSetError, match="no subset 'train'"):
        paths(tmp_path, layout="clips", subset="train")
