"""``tinct info``."""

import json
from collections.abc import Mapping
from typing import Annotated

import typer


def info(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A shipped model's name or a bundle's folder.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Show what a model is: size, cost, training, quality, licence. Its files are checked against their sha256."""
    from tinct.bundle_facts import bundle_facts
    from tinct.runtime.backends import backend_report
    from tinct.runtime.bundle import find_bundle

    found = find_bundle(bundle)
    facts = bundle_facts(found)
    facts["backends"] = {name: reason or "available" for name, reason in backend_report(found)}
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    facts["parameters"] = f"{facts['parameters']:,}"
    facts["frame_flops"] = f"{facts['frame_flops']:,} (2 x multiply-accumulate, 224x384, one still)"
    facts["bytes"] = f"{facts['bytes']:,}"
    facts["working_size"] = f"{facts['working_size']} px short side, multiples of {facts.pop('size_multiple')}"
    for line in _lines(facts, indent=""):
        typer.echo(line)


def _lines(facts: Mapping[str, object], *, indent: str) -> list[str]:
    """``facts`` as aligned lines, one level of indentation for each level of nesting."""
    width = max((len(name) for name in facts), default=0)
    lines = []
    for name, value in facts.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping):
            lines.append(f"{indent}{label}:")
            lines += _lines(value, indent=indent + "  ") or [f"{indent}  not stated"]
        elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
            lines.append(f"{indent}{label}:")
            for item in value:
                lines += _lines(item, indent=indent + "  ") if isinstance(item, Mapping) else [f"{indent}  {item}"]
        else:
            text = (
                ", ".join(map(str, value)) if isinstance(value, list | tuple) else str("" if value is None else value)
            )
            lines.append(f"{indent}{label:<{width}}  {text or 'not stated'}")
    return lines
