"""The training loop: resumable, with averaged weights, the same on a CPU and a GPU."""

import logging
import math
import os
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from tinct.training.data.clip_store import ClipStore, load_store
from tinct.training.data.flows import load_flows
from tinct.training.data.loader import batches
from tinct.training.data.resident import make_resident, resident_batches
from tinct.training.data.retrieval import Retrieval, load_stills
from tinct.training.model.lite import Lite
from tinct.training.model.trunk import load_pretrained
from tinct.training.model.weights import WeightsError, load_weights, pack
from tinct.training.recipes import RECIPES, Recipe
from tinct.training.unrolled_step import unrolled_loss

LOG = logging.getLogger(__name__)
CHECKPOINT = "checkpoint.pt"
LOG_EVERY = 20


class TrainingError(ValueError):
    """Training cannot start or go on."""


class RecipeError(ValueError):
    """No recipe of that name."""


def train(
    recipe_name: str,
    *,
    data: Path,
    output: Path,
    resume: bool = False,
    steps: int | None = None,
    weights: Path | None = None,
    max_minutes: float | None = None,
    exclude: Collection[str] = (),
    flow_folder: Path | None = None,
) -> Path:
    """Run the recipe on the clips and photos under ``data``; returns the path of the last checkpoint.

    Checkpoints and TensorBoard logs go to ``output``. With ``resume`` an interrupted run goes on from its checkpoint,
    if there is one; ``steps`` replaces the recipe's own number; ``weights`` is a checkpoint whose network a new run
    starts from. After ``max_minutes``, counted from the call, the run stops with a checkpoint, but not before its first
    step. ``exclude`` names files and folders of ``data`` to leave out. Motion that a resident data set needs is kept in
    a file in ``flow_folder``, ``output`` unless given.

    Raises:
        RecipeError: unknown recipe.
        TrainingError: an output that holds another run, or a loss that is not a number.
        WeightsError: ``weights`` cannot be used.
        DataSetError: nothing to train on.
    """
    if recipe_name not in RECIPES:
        raise RecipeError(f"there is no recipe {recipe_name!r}; choose one of {', '.join(sorted(RECIPES))}")
    deadline = math.inf if max_minutes is None else time.monotonic() + 60 * max_minutes
    recipe = RECIPES[recipe_name]()
    if steps is not None:
        recipe = replace(recipe, steps=steps)
    path = output / CHECKPOINT
    if path.exists() and not resume:
        raise TrainingError(f"{path} is there already: add --resume to go on, or name another output folder")
    if not torch.cuda.is_available():
        torch.use_deterministic_algorithms(True)  # a gather's gradient sums in any order otherwise
    torch.backends.cudnn.benchmark = True  # all pictures of a run are of one size
    run = TrainingRun(recipe, device="cuda" if torch.cuda.is_available() else "cpu")
    if path.exists():
        run.restore(path)
    elif weights is not None:
        run.start_from(weights)
    store = load_store(data, exclude=exclude)
    LOG.info("%d clips, %d photos, %d files skipped", len(store.clips), len(store.photos), len(store.skipped))
    output.mkdir(parents=True, exist_ok=True)
    run.go(_source(run, store, flow_folder or output), output, deadline=deadline)
    return path


def _source(run: "TrainingRun", store: ClipStore, flow_folder: Path) -> Generator[dict[str, Tensor], None, None]:
    """The batches of a run from its step on, from the way of cutting samples that its recipe names."""
    recipe = run.recipe
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
            references=references,
        )
    resident = make_resident(store, load_flows(store.clips, flow_folder), torch.device(run.device))
    LOG.info("data set and motion take %.2f GB of %s memory", resident.nbytes / 1e9, run.device)
    return resident_batches(
        resident, recipe.samples, batch=recipe.batch, seed=recipe.seed, first_step=run.step, references=references
    )


class TrainingRun:
    """Network, averaged network, optimizer and step of a run."""

    def __init__(self, recipe: Recipe, *, device: str) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.device = device
        self.step = 0
        self.sound = torch.ones((), dtype=torch.bool, device=device)
        """Whether every loss so far was a number; on the device, so that asking need not wait for it."""
        self.model = Lite(recipe.model)
        load_pretrained(self.model.trunk)
        self.model.to(device, memory_format=torch.channels_last)
        self.average = deepcopy(self.model).eval()
        trunk = list(self.model.trunk.parameters())
        for weight in trunk:
            weight.requires_grad_(recipe.trunk_from < 1)
        rest = [p for name, p in self.model.named_parameters() if not name.startswith("trunk.")]
        groups = [
            {"params": rest, "peak": recipe.learning_rate},
            {"params": trunk, "peak": recipe.trunk_learning_rate},
        ]
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99), weight_decay=recipe.weight_decay)

    def start_from(self, path: Path) -> None:
        """Take the network of another run's checkpoint.

        Raises:
            WeightsError: it holds none, or one of another architecture.
        """
        network = load_weights(path)
        if network.config != self.recipe.model:
            raise WeightsError(f"{path} holds a network of another configuration than the recipe's")
        for target in (self.model, self.average):
            target.load_state_dict(network.state_dict())

    def go(self, source: Generator[dict[str, Tensor], None, None], output: Path, *, deadline: float = math.inf) -> None:
        """Train on the batches of ``source`` to the recipe's last step or the ``deadline`` (of `time.monotonic`), with
        a checkpoint every so often and at the end.

        Raises:
            TrainingError: the loss or a weight is not a number; the last checkpoint is still good.
        """
        from torch.utils.tensorboard import SummaryWriter

        recipe, started, first = self.recipe, time.perf_counter(), self.step
        saved = first
        with SummaryWriter(str(output / "log")) as board, closing(source):
            while self.step < recipe.steps and (self.step == first or time.monotonic() < deadline):
                terms = self.advance(next(source))
                if self.step % LOG_EVERY == 0:
                    self._check()
                    values = {name: float(value.detach()) for name, value in terms.items()}
                    for name, value in values.items():
                        board.add_scalar(f"loss/{name}", value, self.step)
                    speed = (self.step - first) / (time.perf_counter() - started)
                    shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
                    LOG.info("step %d/%d  %.2f steps/s  %s", self.step, recipe.steps, speed, shown)
                if self.step % recipe.checkpoint_every == 0:
                    self.save(output / CHECKPOINT)
                    saved = self.step
            if self.step > saved:
                self.save(output / CHECKPOINT)

    def advance(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """One optimizer step; returns the loss terms.

        Raises:
            TrainingError: the loss is not a number; the last checkpoint is still good. On a GPU, where looking at every
                loss would have the GPU wait, `save` and the log find it.
        """
        recipe = self.recipe
        self._schedule()
        random = torch.Generator(self.device).manual_seed(recipe.seed * 1_000_003 + self.step)
        on_device = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
        with torch.autocast(self.device, dtype=torch.bfloat16):
            terms = unrolled_loss(self.model, on_device, recipe, random)
        total = terms["total"]
        self.sound = self.sound & torch.isfinite(total.detach())
        if self.device == "cpu":
            self._check()
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), recipe.clip_norm)
        self.optimizer.step()
        self.step += 1
        self._average()
        return terms

    def _check(self) -> None:
        if not self.sound:
            raise TrainingError(f"the loss was not a number by step {self.step}; the last checkpoint is still good")

    def _schedule(self) -> None:
        """Linear warm-up, then polynomial decay; the trunk rests until its time."""
        recipe = self.recipe
        progress = self.step / recipe.steps
        factor = min(1.0, (self.step + 1) / recipe.warmup) * (1 - progress) ** recipe.poly_power
        self.optimizer.param_groups[0]["lr"] = recipe.learning_rate * factor
        awake = progress >= recipe.trunk_from
        self.optimizer.param_groups[1]["lr"] = recipe.trunk_learning_rate * factor * awake

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.recipe.ema, (1 + self.step) / (10 + self.step))
        get_ema_multi_avg_fn(decay)(list(self.average.parameters()), list(self.model.parameters()), self.step)

    def save(self, path: Path) -> None:
        """Write a checkpoint; it appears whole or not at all.

        Raises:
            TrainingError: the loss or a weight is not a number; nothing is written.
        """
        self._check()
        values = [value for network in (self.model, self.average) for value in network.state_dict().values()]
        if not torch.stack([torch.isfinite(value).all() for value in values]).all():
            raise TrainingError(f"a weight is not a number at step {self.step}; the last checkpoint is still good")
        state = {
            "network": pack(self.average),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "recipe": self.recipe.name,
        }
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            TrainingError: it is of another recipe or architecture.
        """
        # to the CPU: the optimizer's step counts must stay there, or each step on a GPU waits for them
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["recipe"] != self.recipe.name:
            raise TrainingError(f"{path} is of the recipe {state['recipe']}, not {self.recipe.name}")
        try:
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["network"]["weights"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError(f"{path} is of another architecture: {error}") from error
        self.step = state["step"]
