"""The name of a result."""

from pathlib import Path

from tinct.plugin.params import StillInForce, format_stills
from tinct.plugin.state_key import state_key


def test_the_key_changes_with_the_files_and_the_facts(tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    values = {"stills": format_stills([StillInForce(str(still))])}
    keys = [state_key(values)]
    still.write_bytes(b"a")
    keys.append(state_key(values))
    still.write_bytes(b"ab")
    keys += [state_key(values), state_key(values, plate=["/p", 1]), state_key(values, plate=["/p", 2])]
    assert len(set(keys)) == len(keys)
    assert state_key(values) == keys[2]
