"""``tinct evaluate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinct.training.evaluation.protocol import Progress


def evaluate(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="CLIP_OR_FOLDER", help="A colour clip, or a folder of colour clips.", show_default=False
        ),
    ],
    reference: Annotated[
        str, typer.Option(metavar="first|STILL", help="The clip's first frame, or a colour still.")
    ] = "first",
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|BUNDLE", help="Give it again for more models.", show_default="lite"),
    ] = None,
    backend: Annotated[str, typer.Option(help="auto, onnxruntime, openvino or fake.")] = "auto",
    working_size: Annotated[
        int | None, typer.Option(help="Short side in pixels at which colour is worked out.", show_default="the model's")
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Measure grey, copies, flow and hybrid beside the model.")] = True,
    lpips_every: Annotated[int, typer.Option(min=1, help="LPIPS of each k-th frame only.")] = 1,
    sheets: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write a contact sheet per clip there.")] = None,
    out: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write every score there as JSON.")] = None,
) -> None:
    """Measure a model beside baselines on clips of known colours (needs the packages of the extra "evaluate")."""
    from tinct.report_file import check_report, write_report
    from tinct.runtime.backends import create_backend
    from tinct.runtime.bundle import find_bundle
    from tinct.runtime.errors import DataError, MediaNotFoundError, UsageError
    from tinct.torch_extra import extra

    check_report(out)
    if not source.exists():
        raise MediaNotFoundError(
            f"no clip or folder {source}; name a colour movie, a folder of images or a folder of clips"
        )
    bundles = [find_bundle(name) for name in model or ["lite"]]
    names = [bundle.manifest.name for bundle in bundles]
    if len(set(names)) < len(names):
        raise UsageError(f"two of the models have the same name ({', '.join(names)}); measure them one after the other")
    models = [create_backend(backend, bundle) for bundle in bundles]
    with extra("evaluate", command="tinct evaluate"):
        from tinct.colorizer import RuntimeColorizer
        from tinct.training.evaluation import BASELINES, clip, protocol
        from tinct.training.evaluation import baselines as untrained

        methods = [RuntimeColorizer(one, working_size=working_size) for one in models]
        try:
            table = protocol.evaluate(
                [*(untrained() if baselines else ()), *methods],
                clip.find_clips(source),
                reference=reference if reference == protocol.FIRST else Path(reference),
                lpips_every=lpips_every,
                sheets=sheets,
                progress=_show,
            )
        except clip.ClipError as error:  # training may not import the runtime's errors
            raise DataError(str(error)) from error
    typer.echo(table.markdown(baselines=BASELINES), nl=False)
    write_report(out, table.to_json())


def _show(progress: "Progress") -> None:
    """A line for each clip that begins."""
    if progress.frame == 0:
        typer.echo(
            f"clip {progress.clip_index + 1}/{progress.clips}: {progress.clip}, {progress.frames} frames", err=True
        )
