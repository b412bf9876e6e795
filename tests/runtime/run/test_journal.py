"""Journals: what was appended is there, and what was cut off is not."""

from pathlib import Path

import pytest

from tinct.runtime.errors import OutputError
from tinct.runtime.run.journal import Journal, read_journal


@pytest.fixture
def journal(tmp_path: Path):
    made = Journal.create(tmp_path / "journal", {"kind": "begin"})
    yield made
    made.close()


def reopened(path: Path) -> Journal:
    journal = Journal.open(path)
    assert journal is not None
    return journal


def test_entries_come_back_in_order(journal: Journal) -> None:
    journal.append({"done": 24, "name": "a\nb ü"})
    journal.append({"done": 48})
    journal.close()
    again = reopened(journal.path)
    assert again.entries == [{"kind": "begin"}, {"done": 24, "name": "a\nb ü"}, {"done": 48}]
    again.close()


def test_a_journal_cut_anywhere_has_its_whole_lines_and_can_be_gone_on_with(journal: Journal) -> None:
    journal.append({"done": 24})
    journal.append({"done": 48})
    journal.close()
    data = journal.path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(len(data) + 1):
        journal.path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends)
        assert len(read_journal(journal.path)) == whole
        again = Journal.open(journal.path)
        assert (again is None) == (whole == 0)
        if again is not None:
            again.append({"after": cut})
            again.close()
            assert read_journal(journal.path)[whole:] == [{"after": cut}]


def test_a_flipped_bit_ends_the_journal_before_its_line(journal: Journal) -> None:
    journal.append({"done": 24})
    journal.append({"done": 48})
    journal.close()
    data = bytearray(journal.path.read_bytes())
    data[data.index(b"24")] ^= 1
    journal.path.write_bytes(data)
    assert read_journal(journal.path) == [{"kind": "begin"}]


def test_entries_that_are_not_kept_are_gone_with_the_next_one(journal: Journal) -> None:
    journal.append({"done": 24})
    journal.append({"done": 48})
    journal.close()
    again = reopened(journal.path)
    again.keep(2)
    again.append({"done": 30})
    again.close()
    assert again.last == {"done": 30}
    assert read_journal(journal.path) == [{"kind": "begin"}, {"done": 24}, {"done": 30}]


def test_only_one_run_can_have_it(journal: Journal) -> None:
    with pytest.raises(OutputError, match="being written by another run"):
        Journal.open(journal.path)
    with pytest.raises(OutputError, match="being written by another run"):
        Journal.create(journal.path, {})
    assert read_journal(journal.path) == [{"kind": "begin"}]


def test_no_journal(tmp_path: Path) -> None:
    assert Journal.open(tmp_path / "none" / "journal") is None
    (tmp_path / "empty").touch()
    assert Journal.open(tmp_path / "empty") is None
    assert read_journal(tmp_path / "none") == []
