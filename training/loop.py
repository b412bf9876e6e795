"""The training loop: resumable, with averaged weights, the same on a CPU and a GPU, in one process or several."""

import logging
import math
import time
from collections.abc import Collection, Generator
from dataclasses import replace
from pathlib import Path

import torch

from tinct.training.data.clip_store import ClipStore, load_store
from tinct.training.data.loader import batches
from tinct.training.data.plan import Share
from tinct.training.data.resident import make_resident, resident_batches
from tinct.training.data.retrieval import Retrieval, load_stills
from tinct.training.flow.clip_flow import load_flows
from tinct.training.model.weights import stored_config
from tinct.training.recipes import RECIPES, Recipe
from tinct.training.run import CHECKPOINT, Batch, TrainingError, TrainingRun
from tinct.training.workers import join_workers

LOG = logging.getLogger(__name__)


class RecipeError(ValueError):
    """No recipe of that name."""


def train(
    recipe: str | Recipe,
    *,
    data: Path,
    output: Path,
    resume: bool = False,
    steps: int | None = None,
    weights: Path | None = None,
    max_minutes: float | None = None,
    exclude: Collection[str] = (),
    flow_folder: Path | None = None,
    project: str | None = None,
    trunk: Path | None = None,
) -> Path:
    """Run a recipe, given itself or by its name, on the clips and photos under ``data``; returns the last checkpoint's
    path.

    Checkpoints and TensorBoard logs go to ``output``. With ``resume`` an interrupted run goes on from its checkpoint,
    if there is one; ``steps`` replaces the recipe's own number; ``weights`` is a checkpoint whose network a new run
    starts from, configured as it is. After ``max_minutes``, counted from the call, the run stops with a checkpoint, but
    not before its first step. ``exclude`` names files and folders of ``data`` to leave out. Motion that a resident data
    set needs is kept in a file in ``flow_folder``, ``output`` unless given. Started by ``torchrun``, every process
    trains on samples of its own, and their gradients are averaged. ``project``: of Weights & Biases, which then gets
    the log too. ``trunk``: file of pretrained weights of the network's trunk, where no hub can be reached.

    Raises:
        RecipeError: unknown recipe.
        TrainingError: an output that holds another run, or a loss that is not a number.
        WeightsError: ``weights`` cannot be used.
        DataSetError: nothing to train on.
        JournalError: Weights & Biases cannot be used.
    """
    deadline = math.inf if max_minutes is None else time.monotonic() + 60 * max_minutes
    if isinstance(recipe, str):
        recipe = _by_name(recipe)
    if steps is not None:
        recipe = replace(recipe, steps=steps)
    path = output / CHECKPOINT
    if path.exists() and not resume:
        raise TrainingError(f"{path} is there already: add --resume to go on, or name another output folder")
    if (start := path if path.exists() else weights) is not None:
        recipe = replace(recipe, model=stored_config(start, recipe.variant))
    if not torch.cuda.is_available():
        torch.use_deterministic_algorithms(True)  # a gather's gradient sums in any order otherwise
        torch.utils.deterministic.fill_uninitialized_memory = False  # a fifth of a step's time; nothing here reads it
    torch.backends.cudnn.benchmark = True  # all pictures of a run are of one size
    with join_workers() as workers:
        run = TrainingRun(recipe, workers=workers, trunk_file=trunk)
        if path.exists():
            run.restore(path)
        elif weights is not None:
            run.start_from(weights)
        store = load_store(data, exclude=exclude)
        if workers.leads:
            LOG.info("%d clips, %d photos, %d files skipped", len(store.clips), len(store.photos), len(store.skipped))
        output.mkdir(parents=True, exist_ok=True)
        run.go(_source(run, store, flow_folder or output), output, deadline=deadline, project=project)
    return path


def _by_name(name: str) -> Recipe:
    if name not in RECIPES:
        raise RecipeError(f"there is no recipe {name!r}; choose one of {', '.join(sorted(RECIPES))}")
    return RECIPES[name]()


def _source(run: TrainingRun, store: ClipStore, flow_folder: Path) -> Generator[Batch, None, None]:
    """The batches of a run from its step on, from the way of cutting samples that its recipe names."""
    recipe, workers = run.recipe, run.workers
    share = Share(recipe.accumulate, workers.rank, workers.count)
    references = None
    if recipe.samples.retrieved > 0:
        references = Retrieval(load_stills(store, flow_folder, device=run.device))
    if not recipe.resident:
        return batches(
            store,
            recipe.samples,
            batch=recipe.batch,
            seed=recipe.seed,
            first_step=run.step,
            threads=recipe.loaders,
            share=share,
            references=references,
        )
    resident = make_resident(store, load_flows(store.clips, flow_folder), torch.device(run.device))
    LOG.info("data set and motion take %.2f GB of %s memory", resident.nbytes / 1e9, run.device)
    return resident_batches(
        resident,
        recipe.samples,
        batch=recipe.batch,
        seed=recipe.seed,
        first_step=run.step,
        share=share,
        references=references,
    )
