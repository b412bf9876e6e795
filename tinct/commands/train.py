"""``tinct train``."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tinct.runtime.bundle import find_bundle
from tinct.runtime.errors import DataError, MediaNotFoundError, UnknownNameError, UsageError
from tinct.torch_extra import extra


def train(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A recipe of training/recipes.py.", show_default=False)
    ],
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of clips and photographs.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where checkpoints and logs go.", show_default="runs/RECIPE")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in the output folder, if there is one.")
    ] = False,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop with a checkpoint after so long.", show_default=False)
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Instead of the recipe's number.", show_default=False)
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="CHECKPOINT|BUNDLE",
            help="Network that a new run starts from; of a bundle its folder or name.",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="File or folder of the data to leave out; repeatable.", show_default=False),
    ] = None,
    exclude_from: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with more such names, one a line.", show_default=False),
    ] = None,
    flows: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where motion is kept between runs.", show_default="the output folder"),
    ] = None,
    trunk: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Pretrained weights of the trunk.", show_default="from timm's hub"),
    ] = None,
    wandb: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="Log to this project of Weights & Biases too.", show_default=False),
    ] = None,
) -> None:
    """Train a model (needs the packages of the extra "train")."""
    if not data.is_dir():
        raise MediaNotFoundError(f"no folder {data}; --data names a folder of clips and photographs")
    excluded = [*(exclude or ()), *(read_names(exclude_from) if exclude_from else ())]
    with extra("train", command="tinct train"):
        from tinct.training import loop
        from tinct.training.data.clip_store import DataSetError
        from tinct.training.flow import FlowError
        from tinct.training.journal import JournalError
        from tinct.training.model.weights import WeightsError
        from tinct.training.run import TrainingError

        logging.basicConfig(level=logging.INFO, format="%(message)s")
        try:
            with start_of(weights) as checkpoint:
                loop.train(
                    recipe,
                    data=data,
                    output=output or Path("runs") / recipe,
                    resume=resume,
                    steps=steps,
                    weights=checkpoint,
                    max_minutes=minutes,
                    exclude=excluded,
                    flow_folder=flows,
                    project=wandb,
                    trunk=trunk,
                )
        except loop.RecipeError as error:
            raise UnknownNameError(str(error)) from error
        except (TrainingError, DataSetError, FlowError, JournalError, WeightsError) as error:
            raise DataError(str(error)) from error


@contextmanager
def start_of(weights: Path | None) -> Iterator[Path | None]:
    """The checkpoint that ``weights`` is, or one of the bundle that it is or names."""
    if weights is None or weights.is_file():
        yield weights
        return
    bundle = find_bundle(str(weights))
    with extra("export", command="tinct train --weights BUNDLE"), tempfile.TemporaryDirectory() as folder:
        from tinct.export.bundle_weights import bundle_checkpoint

        yield bundle_checkpoint(bundle, Path(folder) / "checkpoint.pt")


def read_names(path: Path) -> list[str]:
    """The lines of a file without empty ones and comments (#).

    Raises:
        UsageError: it cannot be read.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--exclude-from cannot read {path}: {error}") from error
    return [line for line in lines if line and not line.startswith("#")]
