"""Names for results, by all that they depend on.

Standard library alone, Python 3.9: this file goes into hosts as it stands.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from tinct.plugin.params import BY_NAME, parse_stills, validated


def state_key(values: Mapping[str, Any], **facts: Any) -> str:
    """A name for the result that ``values`` give: 32 hexadecimal digits.

    It changes with every parameter that a result depends on, with the files of stills and mask (path, size, time of
    change) and with ``facts``, whatever else the caller knows it to depend on, such as the plate's files and range.

    Raises:
        ParameterError: as `validated`.
    """
    checked = validated(values)
    known = {name: value for name, value in checked.items() if BY_NAME[name].renders}
    files = [still.path for still in parse_stills(checked["stills"])]
    if checked["mask"]:
        files.append(checked["mask"])
    document = [known, [file_facts(path) for path in files], facts]
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode("utf-8")).hexdigest()[:32]


def file_facts(path: str) -> list[Any]:
    """What tells a file from another version of it: path, size in bytes, time of change in nanoseconds; a file that is
    not there has neither."""
    whole = os.path.abspath(path)
    try:
        facts = os.stat(whole)
    except OSError:
        return [whole, None, None]
    return [whole, facts.st_size, facts.st_mtime_ns]
