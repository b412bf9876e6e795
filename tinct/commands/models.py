"""``tinct models``."""

import json
from typing import Annotated

import typer


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON array.")] = False,
) -> None:
    """List the models that ship with Tinct, a line each."""
    from tinct.bundle_facts import bundle_facts
    from tinct.runtime.bundle import find_bundle, shipped_bundles

    facts = [bundle_facts(find_bundle(name)) for name in shipped_bundles()]
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    width = max((len(str(fact["name"])) for fact in facts), default=0)
    for fact in facts:
        cost = f"{_millions(fact['parameters'])} parameters, {_giga(fact['frame_flops'])} a frame"
        licence = fact["licence"] or "no licence stated"
        typer.echo(f"{fact['name']:<{width}}  {fact['version']}  {cost}, {_megabytes(fact['bytes'])}, {licence}")


def _millions(count: object) -> str:
    return f"{float(str(count)) / 1e6:.2f} M"


def _giga(flops: object) -> str:
    return f"{float(str(flops)) / 1e9:.2f} GFLOP"


def _megabytes(size: object) -> str:
    return f"{float(str(size)) / 1e6:.1f} MB"
