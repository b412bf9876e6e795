"""``tinct colorize --still-cache``: the same film, with stills that another run encoded."""

from pathlib import Path

import pytest


@pytest.fixture
def coloured(colorize, plate: Path, still: Path, tmp_path: Path):
    """Colour the plate to a movie of that name; its bytes."""

    def run(name: str, *options: object) -> bytes:
        outcome = colorize(plate, "-r", still, "-o", tmp_path / f"{name}.mov", "--threads", 1, *options)
        assert outcome.code == 0, outcome.err
        return (tmp_path / f"{name}.mov").read_bytes()

    return run


def test_the_film_is_the_same_and_the_still_is_encoded_once(coloured, tmp_path: Path, monkeypatch) -> None:
    from tinct.runtime.backends.fake import FakeBackend

    encode, encoded = FakeBackend.encode_reference, []

    def counted(backend, inputs):
        encoded.append(inputs["still"].shape)
        return encode(backend, inputs)

    monkeypatch.setattr(FakeBackend, "encode_reference", counted)
    cache = ("--still-cache", tmp_path / "cache")
    films = [coloured("without"), coloured("first", *cache), coloured("second", *cache)]
    assert films[0] == films[1] == films[2]
    assert len(encoded) == 2, "the third run took what the second had kept"
    (entry,) = (tmp_path / "cache").rglob("*.still")
    entry.write_bytes(b"damaged")
    assert coloured("third", *cache) == films[0]
    assert len(encoded) == 3
    assert entry.read_bytes() != b"damaged"


def test_a_folder_that_cannot_be_used_is_told_of_and_costs_nothing_else(coloured, tmp_path: Path, caplog) -> None:
    (tmp_path / "file").write_bytes(b"")
    film = coloured("film", "--still-cache", tmp_path / "file" / "cache")
    told = [record.message for record in caplog.records if str(tmp_path / "file" / "cache") in record.message]
    assert len(told) == 1
    assert "cannot be read" in told[0]
    assert film == coloured("without")
