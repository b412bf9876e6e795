"""``tinct install HOST``: what it writes into a host's folder, what it leaves alone, and that it can be taken back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinct.cli import main
from tinct.plugin.install.host_package import remove_host_package, write_host_package
from tinct.plugin.install.whole_file import clear_block, set_block, write_whole
from tinct.runtime.errors import OutputError, UsageError


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_host_imports_what_was_written_with_no_library_at_hand(tmp_path: Path) -> None:
    """``-S -I``: an interpreter that sees the standard library alone, as a host's own does."""
    write_host_package(tmp_path, "nuke")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import tinct, tinct.plugin.client as client\n"
        "print(client.find_installation()); print(tinct.__version__); print(tinct.__file__)"
    )
    environment = {"HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    record, _, package = done.stdout.splitlines()
    assert record == str(tmp_path / "tinct" / "plugin" / "tinct_installation.json")
    assert Path(package).parents[1] == tmp_path


def test_the_record_starts_the_interpreter_that_installed(tmp_path: Path) -> None:
    import json

    write_host_package(tmp_path / "host", "nuke")
    facts = json.loads((tmp_path / "host" / "tinct" / "plugin" / "tinct_installation.json").read_text())
    assert facts["interpreter"] == sys.executable
    environment = {"PATH": "/usr/bin:/bin", **facts["environment"]}
    done = subprocess.run(
        [facts["interpreter"], "-m", "tinct", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environment,
    )
    assert done.stdout.startswith("tinct ")


def test_installing_twice_changes_nothing_and_an_update_takes_old_files_away(tmp_path: Path) -> None:
    files = write_host_package(tmp_path, "nuke")
    first = contents(tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in files} == set(first)
    write_host_package(tmp_path, "nuke")
    assert contents(tmp_path) == first

    listing = tmp_path / "tinct" / "tinct_files.json"
    old = tmp_path / "tinct" / "plugin" / "gone_since.py"
    old.write_text("")
    mine = tmp_path / "tinct" / "plugin" / "my_own.py"
    mine.write_text("")
    listing.write_text(listing.read_text().replace("[", '["tinct/plugin/gone_since.py",', 1))
    write_host_package(tmp_path, "nuke")
    assert not old.exists()
    assert mine.exists()


def test_removal_takes_what_was_written_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "host"
    write_host_package(folder, "nuke")
    mine = folder / "tinct" / "plugin" / "my_own.py"
    mine.write_text("")
    assert remove_host_package(folder)
    assert [path for path in folder.rglob("*") if path.is_file()] == [mine]
    mine.unlink()
    write_host_package(folder, "nuke")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(folder)], check=True)
    remove_host_package(folder)
    assert not folder.exists()
    assert remove_host_package(folder) == []


def test_a_listing_that_was_tampered_with_reaches_nothing_outside(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("")
    folder = tmp_path / "host"
    write_host_package(folder, "nuke")
    (folder / "tinct" / "tinct_files.json").write_text(f'["../outside.py", "{outside}", "tinct/__init__.py"]')
    remove_host_package(folder)
    assert outside.exists()


def test_a_package_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    theirs = tmp_path / "tinct" / "__init__.py"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    with pytest.raises(UsageError, match="did not write it"):
        write_host_package(tmp_path, "nuke")
    assert theirs.read_text() == "theirs"


@pytest.mark.parametrize("text", ["", "import nuke\n", "import nuke", "import nuke\r\nprint(1)\r\n", "# ümlaut\n"])
def test_a_block_comes_and_goes_and_the_users_own_lines_stay(tmp_path: Path, text: str) -> None:
    path = tmp_path / "init.py"
    if text:
        path.write_bytes(text.encode())
    assert set_block(path, ["one()"])
    assert b"one()" in path.read_bytes()
    assert path.read_bytes().startswith(text.encode())
    assert not set_block(path, ["one()"])
    assert set_block(path, ["two()"])
    assert b"one()" not in path.read_bytes()
    assert clear_block(path)
    if text:
        assert path.read_bytes().rstrip(b"\r\n") == text.encode().rstrip(b"\r\n")
    else:
        assert not path.exists()
    assert not clear_block(path)


def test_a_block_in_the_middle_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "init.py"
    path.write_text("before()\n")
    set_block(path, ["ours()"])
    path.write_text(path.read_text() + "after()\n")
    set_block(path, ["ours_too()"])
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines == ["before()", "ours_too()", "after()"]


def test_damaged_markers_are_named_and_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "init.py"
    path.write_text("# tinct: begin\nours()\n")
    with pytest.raises(UsageError, match="no whole pair"):
        set_block(path, ["ours()"])
    assert path.read_text() == "# tinct: begin\nours()\n"


def test_a_linked_file_is_written_where_it_lies_and_keeps_its_mode(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "init.py"
    real.parent.mkdir()
    real.write_text("mine()\n")
    real.chmod(0o640)
    link = tmp_path / "init.py"
    link.symlink_to(real)
    set_block(link, ["ours()"])
    assert link.is_symlink()
    assert real.read_text().startswith("mine()\n")
    assert real.stat().st_mode & 0o777 == 0o640
    assert os.listdir(real.parent) == ["init.py"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file/init\.py cannot be written"):
        write_whole(tmp_path / "file" / "init.py", b"")


def test_the_command_installs_and_removes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nuke"
    path.mkdir()
    (path / "init.py").write_text("mine()\n")
    assert main(["install", "nuke", "--path", str(path)]) == 0
    said = capsys.readouterr().out
    assert f"{path}/tinct_for_nuke/init.py" in said
    assert "NUKE_PATH" in said
    first = contents(path)
    assert main(["install", "nuke", "--path", str(path)]) == 0
    assert contents(path) == first
    capsys.readouterr()
    assert main(["install", "nuke", "--path", str(path), "--remove"]) == 0
    assert f"changed {path}/init.py" in capsys.readouterr().out
    assert list(contents(path)) == ["init.py"]
    assert (path / "init.py").read_text() == "mine()\n"
    assert main(["install", "nuke", "--path", str(path), "--remove"]) == 2
    assert "holds no installation" in capsys.readouterr().err


def test_an_unknown_host_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "flame"]) == 2
    assert "'flame'" in capsys.readouterr().err
