"""Encoded stills that processes share: the same bits as without, whatever happens to the folder."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.backends import create_backend
from tinct.runtime.backends.fake import FakeBackend
from tinct.runtime.bank import EncodedStill, EncodedStills, Reference, encode_still
from tinct.runtime.bundle import find_bundle
from tinct.runtime.still_cache import SUFFIX, StillCache

SIDE = 64
FACTS = {"still": "one"}


@pytest.fixture(scope="session")
def backend() -> FakeBackend:
    made = create_backend("fake", find_bundle("fake"))
    assert isinstance(made, FakeBackend)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def disk(mount_disk) -> Path:
    return mount_disk(256)


def still(seed: int) -> Reference:
    return Reference(np.random.default_rng(seed).random((90, 120, 3)).astype(np.float32))


def entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob(f"*{SUFFIX}"))


def same(one: EncodedStill, other: EncodedStill) -> bool:
    named = [(one.view, other.view), *((one.tokens[name], other.tokens[name]) for name in one.tokens)]
    return one.tokens.keys() == other.tokens.keys() and all(
        mine.shape == yours.shape and mine.tobytes() == yours.tobytes() for mine, yours in named
    )


def test_another_process_gets_the_same_bits_without_the_network(backend, folder: Path) -> None:
    wanted = encode_still(still(1), backend, SIDE)
    first = StillCache(folder)
    assert same(encode_still(still(1), backend, SIDE, first), wanted)
    other = StillCache(folder)
    assert same(EncodedStills(cache=other).encode(still(1), backend, SIDE), wanted)
    assert (first.loaded, first.stored, other.loaded, other.stored) == (0, 1, 1, 0)


def test_what_decides_the_bits_decides_the_entry(backend, folder: Path, monkeypatch) -> None:
    cache = StillCache(folder)
    encode_still(still(1), backend, SIDE, cache)
    encode_still(still(1), backend, 2 * SIDE, cache)
    encode_still(still(2), backend, SIDE, cache)
    for name, value in (("precision", "bf16"), ("threads", 77), ("device", "GPU")):
        monkeypatch.setattr(backend, name, value)
        encode_still(still(1), backend, SIDE, cache)
    assert (cache.loaded, len(entries(folder))) == (0, 6)


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "of another still", "not ours"])
def test_a_damaged_entry_is_thrown_away_and_made_anew(backend, folder: Path, harm: str) -> None:
    wanted = encode_still(still(1), backend, SIDE, StillCache(folder))
    (path,) = entries(folder)
    data = bytearray(path.read_bytes())
    if harm == "of another still":
        encode_still(still(2), backend, SIDE, StillCache(folder))
        (other,) = [one for one in entries(folder) if one != path]
        path.write_bytes(other.read_bytes())
    else:
        data[len(data) // 2] ^= 0x10
        path.write_bytes({"cut": data[:-9], "flipped": data, "empty": b"", "not ours": b"PK\3\4"}[harm])
    cache = StillCache(folder)
    assert same(encode_still(still(1), backend, SIDE, cache), wanted)
    assert (cache.loaded, cache.stored) == (0, 1)
    assert same(encode_still(still(1), backend, SIDE, cache), wanted)
    assert cache.loaded == 1


def test_the_least_recently_used_go_and_readers_keep_what_they_have(folder: Path) -> None:
    array = np.ones(1000, np.float32)
    cache = StillCache(folder, limit=45_000)
    for number in range(8):
        cache.store({"still": number}, {"a": array})
        for path in entries(folder):  # a second since the last use, for file systems that count in those
            facts = path.stat()
            os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns - 10**9))
    cache.load({"still": 0})
    with open(cache._path({"still": 1}), "rb") as reader:
        for number in range(8, 12):
            cache.store({"still": number}, {"a": array})
        assert cache.load({"still": 1}) is None
        assert len(reader.read()) > array.nbytes
    assert sum(path.stat().st_size for path in entries(folder)) <= 45_000
    assert cache.load({"still": 0}) is not None, "it was used"
    assert cache.load({"still": 11}) is not None


def test_what_killed_writers_left_goes(folder: Path) -> None:
    cache = StillCache(folder)
    cache.store(FACTS, {"a": np.ones(3, np.float32)})
    (entry,) = entries(folder)
    old, new = entry.with_name(".one.new-1"), entry.with_name(".one.new-2")
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.prune()
    assert (old.exists(), new.exists(), entry.exists()) == (False, True, True)


def test_a_still_larger_than_the_limit_is_not_kept(folder: Path) -> None:
    cache = StillCache(folder, limit=100)
    cache.store(FACTS, {"a": np.ones(1000, np.float32)})
    assert not folder.exists()
    assert cache.trouble is not None


def test_a_full_disk_does_not_stop_the_work(backend, disk: Path) -> None:
    (disk / "filler").write_bytes(bytes(240 << 10))
    cache = StillCache(disk / "cache")
    assert same(encode_still(still(1), backend, SIDE, cache), encode_still(still(1), backend, SIDE))
    assert cache.trouble is not None
    assert "No space left" in cache.trouble
    assert [path for path in disk.rglob("*") if path.is_file()] == [disk / "filler"], "no half of a file is left"
    encode_still(still(2), backend, SIDE, cache)
    (disk / "filler").unlink()
    cache._rests_until = 0.0
    encode_still(still(1), backend, SIDE, cache)
    assert cache.stored == 1, "room again"


def test_a_folder_that_may_only_be_read_serves(backend, disk: Path) -> None:
    encode_still(still(1), backend, SIDE, StillCache(disk))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    cache = StillCache(disk)
    assert same(encode_still(still(1), backend, SIDE, cache), encode_still(still(1), backend, SIDE))
    assert (cache.loaded, cache.trouble) == (1, None)
    assert same(encode_still(still(2), backend, SIDE, cache), encode_still(still(2), backend, SIDE))
    assert cache.trouble is not None
    assert "Read-only" in cache.trouble


@pytest.mark.parametrize("place", ["gone/cache", "file", "file/cache"])
def test_a_folder_that_is_gone_does_not_stop_the_work(backend, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = StillCache(tmp_path / place)
    assert same(encode_still(still(1), backend, SIDE, cache), encode_still(still(1), backend, SIDE))
    assert cache.trouble is not None
    assert str(tmp_path / place) in cache.trouble
    assert not (tmp_path / "gone").exists(), "a share that is not mounted is not made up"


PROCESS = """
import hashlib, sys
import numpy as np
from pathlib import Path
from tinct.runtime.backends import create_backend
from tinct.runtime.bank import Reference, encode_still
from tinct.runtime.bundle import find_bundle
from tinct.runtime.still_cache import StillCache

cache = StillCache(Path(sys.argv[1]), limit=int(sys.argv[2]))
backend = create_backend("fake", find_bundle("fake"))
stills = [Reference(np.random.default_rng(seed).random((90, 120, 3)).astype(np.float32)) for seed in range(6)]
for one in np.random.default_rng(int(sys.argv[3])).integers(0, len(stills), 120):
    encoded = encode_still(stills[one], backend, 64, cache)
    digest = hashlib.sha256(encoded.view.tobytes() + b"".join(t.tobytes() for t in encoded.tokens.values())).hexdigest()
    print(one, digest)
print("trouble", cache.trouble, cache.loaded, cache.stored, file=sys.stderr)
"""


def test_processes_that_write_read_and_prune_at_once_all_get_the_right_bits(backend, folder: Path) -> None:
    encode_still(still(0), backend, SIDE, StillCache(folder))
    size = entries(folder)[0].stat().st_size
    at_once = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(folder), str(int(3.5 * size)), str(seed)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for seed in range(3)
    ]  # fmt: skip
    answers: set[tuple[str, ...]] = set()
    for process in at_once:
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        assert "trouble None" in err, err
        answers |= {tuple(line.split()) for line in out.splitlines()}
    assert len(answers) == 6, "one answer for each still"
    assert sum(path.stat().st_size for path in entries(folder)) <= 4 * size
    assert not [path for path in folder.rglob(".*")]
