"""``tinct worker``."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tinct.still_cache_option import StillCacheFolder, StillCacheSize

worker = typer.Typer(
    name="worker", help="Keep models, stills and sessions warm for hosts.", invoke_without_command=True
)

Folder = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Private folder of the worker's key and address.", show_default="the user's"),
]


@worker.callback()
def run(
    context: typer.Context,
    socket: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Listen on this Unix socket.", show_default="in the folder")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen on 127.0.0.1 instead; 0 takes a free port.")
    ] = None,
    folder: Folder = None,
    idle: Annotated[float, typer.Option(min=0.0, help="Minutes without a call until it ends; 0: never.")] = 30.0,
    memory: Annotated[int, typer.Option(min=64, help="Budget of stills and sessions in MB.")] = 4096,
    still_cache: StillCacheFolder = None,
    still_cache_size: StillCacheSize = 8192,
) -> None:
    """Serve hosts and panels of this user until stopped; one worker a user."""
    if context.invoked_subcommand is not None:
        return
    from tinct.runtime.worker import Worker, WorkerConfig

    config = WorkerConfig(
        folder=folder,
        socket_path=socket,
        port=port,
        idle_s=60 * idle,
        memory=memory << 20,
        still_cache=still_cache,
        still_cache_bytes=still_cache_size << 20,
    )
    Worker(config).run()


@worker.command()
def status(
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the facts as JSON.")] = False,
) -> None:
    """Say what the worker is doing."""
    facts = _ask("status", folder)
    typer.echo(json.dumps(facts) if as_json else "\n".join(_lines(facts)))


@worker.command()
def stop(folder: Folder = None) -> None:
    """End the worker once the calls that are under way are answered."""
    _ask("stop", folder)
    typer.echo("the worker was stopped")


def _ask(call: str, folder: Path | None) -> dict[str, Any]:
    from tinct.plugin.client import Client, ClientError
    from tinct.runtime.errors import WorkerError

    try:
        with Client(folder=None if folder is None else str(folder), start=False) as client:
            return client.stop() if call == "stop" else client.status()
    except ClientError as error:
        raise WorkerError(str(error)) from error


def _lines(facts: dict[str, Any]) -> list[str]:
    where = facts.get("socket") or f"port {facts.get('port')}"
    return [
        f"worker {facts['pid']} on {where}, up {facts['seconds']:.0f} s, protocol {facts['protocol']}",
        f"{facts['clients'] - 1} other clients, {facts['sessions']} sessions, {facts['calls']} calls",
        f"{facts['stills']} encoded stills ({facts['still_bytes'] >> 20} MB), sessions "
        f"{facts['session_bytes'] >> 20} MB, of {facts['memory'] >> 20} MB",
        *(f"loaded: {model}" for model in facts["models"]),
    ]
