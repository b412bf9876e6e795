"""A training run: networks, optimizer, step; what a checkpoint holds."""

import logging
import math
import os
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import get_ema_multi_avg_fn

from tinct.training.divergence import DeadPartWatch, DivergenceWatch
from tinct.training.journal import Journal
from tinct.training.matching_step import MatchingLoss
from tinct.training.model.discriminator import Discriminator
from tinct.training.model.features import FeatureWeightsError
from tinct.training.model.lite import Lite
from tinct.training.model.motion.network import MotionConfig, MotionNet
from tinct.training.model.registry import Network, create_network
from tinct.training.model.weights import WeightsError, load_motion, load_weights, pack
from tinct.training.motion_sheet import motion_sheet
from tinct.training.motion_step import MotionLoss
from tinct.training.recipes import Recipe
from tinct.training.sample_sheet import sample_sheet
from tinct.training.unrolled_step import UnrolledLoss
from tinct.training.workers import ALONE, Workers

LOG = logging.getLogger(__name__)
CHECKPOINT = "checkpoint.pt"
LOG_EVERY = 20
SHEET_SEED = 1
TRUNK = 1
"""Number of the trunk's group of parameters."""
Batch = Mapping[str, Tensor]


class TrainingError(ValueError):
    """Training cannot start or go on."""


class TrainingRun:
    """Network, averaged network, optimizer and step of a run."""

    def __init__(self, recipe: Recipe, *, workers: Workers = ALONE, trunk_file: Path | None = None) -> None:
        """``trunk_file``: file of the trunk's pretrained weights, instead of those that the recipe names.

        Raises:
            TrainingError: pretrained weights, or a package that they need, cannot be had.
        """
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.workers = workers
        self.device = device = workers.device
        self.step = 0
        self.sound = torch.ones((), dtype=torch.bool, device=device)
        """Whether every loss so far was a number; on the device, so that asking need not wait for it."""
        try:
            self.model = _network(recipe, trunk_file)
            self.loss: nn.Module = _loss(self.model, recipe).to(device)
            """Gives the loss terms; its gradients are averaged over the workers."""
        except (FeatureWeightsError, ModuleNotFoundError) as error:
            raise TrainingError(f"the recipe {recipe.name} cannot start: {error}") from error
        self.model.to(device, memory_format=torch.channels_last)
        self.average = deepcopy(self.model).eval()
        trunk = [] if isinstance(self.model, MotionNet) else list(self.model.trunk.parameters())
        resting = {id(weight) for weight in trunk}
        rest = [weight for weight in self.model.parameters() if id(weight) not in resting]
        groups = [
            {"params": rest, "peak": recipe.learning_rate},
            {"params": trunk, "peak": recipe.trunk_learning_rate},
        ]
        if self.critic is not None:
            assert recipe.generator is not None
            critic = recipe.generator
            groups.append(
                {"params": list(self.critic.parameters()), "peak": critic.learning_rate, "betas": critic.betas}
            )
        self.optimizer = torch.optim.AdamW(groups, betas=recipe.betas, weight_decay=recipe.weight_decay)
        self.watch = DivergenceWatch(recipe.divergence)
        self.parts = DeadPartWatch()
        if workers.count > 1:
            self.loss = DistributedDataParallel(self.loss)

    @property
    def critic(self) -> Discriminator | None:
        """The discriminator, where the recipe's losses have one."""
        loss = self.loss.module if isinstance(self.loss, DistributedDataParallel) else self.loss
        return None if loss.generator is None else loss.generator.critic

    def start_from(self, path: Path) -> None:
        """Take the network of another run's checkpoint.

        Raises:
            WeightsError: it holds none, or one of another architecture.
        """
        network = load_motion(path) if isinstance(self.model, MotionNet) else load_weights(path)
        if network.config != self.recipe.model:
            raise WeightsError(f"{path} holds a network of another configuration than the recipe's")
        for target in (self.model, self.average):
            target.load_state_dict(network.state_dict())

    def go(
        self,
        source: Generator[Batch, None, None],
        output: Path,
        *,
        deadline: float = math.inf,
        project: str | None = None,
    ) -> None:
        """Train on the batches of ``source`` to the recipe's last step or the ``deadline`` (of `time.monotonic`), with
        a checkpoint every so often and at the end. ``project`` of Weights & Biases also gets the log.

        Raises:
            JournalError: Weights & Biases cannot be used.
            TrainingError: the loss or a weight is not a number, the loss rises for good, or a part of the network is
                dead; the last checkpoint stays.
        """
        recipe, started, first = self.recipe, time.perf_counter(), self.step
        saved = first
        with Journal(output, active=self.workers.leads, project=project) as journal, closing(source):
            while self.step < recipe.steps and (self.step == first or self._all_agree(time.monotonic() < deadline)):
                batches = [next(source) for _ in range(recipe.accumulate)]
                terms = self.advance(batches)
                if self.step % LOG_EVERY == 0:
                    self._check()
                    values = {name: float(value.detach()) for name, value in terms.items()}
                    journal.losses(self.step, values)
                    if self.workers.leads:
                        speed = (self.step - first) / (time.perf_counter() - started)
                        shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
                        LOG.info("step %d/%d  %.2f steps/s  %s", self.step, recipe.steps, speed, shown)
                    self._watch(values["colour"])
                if self.step % recipe.checkpoint_every == 0:
                    self.save(output / CHECKPOINT)
                    saved = self.step
                if self.workers.leads and self.step % recipe.sheet_every == 0:
                    journal.sheet(self.step, self._sheet(batches[0]))
            if self.step > saved:
                self.save(output / CHECKPOINT)

    def advance(self, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """One optimizer step on the mean loss of ``batches``; returns the mean loss terms.

        Raises:
            TrainingError: the loss is not a number; the last checkpoint is still good. On a GPU, where looking at every
                loss would have the GPU wait, `save` and the log find it.
        """
        self._schedule()
        self.optimizer.zero_grad(set_to_none=True)
        means: dict[str, Tensor] = {}
        for part, batch in enumerate(batches):
            random = self._random(part)
            torch.manual_seed(random.initial_seed())  # dropout draws from the common generator
            on_device = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
            with self._apart(last=part == len(batches) - 1):
                with torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16):
                    terms = self.loss(on_device, random)
                self.sound = self.sound & torch.isfinite(terms["total"].detach())
                if self.device == "cpu":
                    self._check()
                (terms["total"] / len(batches)).backward()
            for name, value in terms.items():
                means[name] = means.get(name, 0.0) + value.detach() / len(batches)
        for trained in (self.model, self.critic):
            if trained is not None:
                torch.nn.utils.clip_grad_norm_(trained.parameters(), self.recipe.clip_norm)
        self.optimizer.step()
        self.step += 1
        self._average()
        return means

    def _random(self, part: int) -> torch.Generator:
        """The generator of this worker's ``part`` of the step."""
        share = part * self.workers.count + self.workers.rank
        return torch.Generator(self.device).manual_seed(self.recipe.seed * 1_000_003 + self.step + (share << 40))

    def _apart(self, *, last: bool) -> AbstractContextManager[None]:
        """Gradients are exchanged between workers once a step, with the last of its batches."""
        if last or not isinstance(self.loss, DistributedDataParallel):
            return nullcontext()
        return self.loss.no_sync()

    def _all_agree(self, wanted: bool) -> bool:
        """Whether every worker wants to go on: one that stopped alone would leave the others waiting."""
        if self.workers.count == 1:
            return wanted
        vote = torch.tensor(float(wanted), device=self.device)
        torch.distributed.all_reduce(vote, torch.distributed.ReduceOp.MIN)
        return bool(vote.item())

    def _watch(self, loss: float) -> None:
        if dead := self.parts.dead(self.model):
            raise TrainingError(
                f"by step {self.step} no gradient reaches most weights of {', '.join(dead)}: units that died learn "
                "nothing; go on from an earlier checkpoint with a lower learning rate"
            )
        if self.watch.diverges(loss):
            raise TrainingError(
                f"the run diverges: by step {self.step} the loss stays at {self.watch.mean:.4f}, "
                f"{self.watch.lowest:.4f} at its best; go on from an earlier checkpoint with a lower learning rate"
            )

    def _sheet(self, batch: Batch) -> NDArray[np.uint8]:
        """What the averaged network does with ``batch``."""
        on_device = {name: value.to(self.device) for name, value in batch.items()}
        if isinstance(self.average, MotionNet):
            return motion_sheet(self.average, on_device)
        random = torch.Generator(self.device).manual_seed(SHEET_SEED)
        return sample_sheet(self.average, on_device, self.recipe, random)

    def _check(self) -> None:
        if not self.sound:
            raise TrainingError(f"the loss was not a number by step {self.step}; the last checkpoint is still good")

    def _schedule(self) -> None:
        """Linear warm-up, then polynomial decay; the trunk rests until its time."""
        recipe = self.recipe
        progress = self.step / recipe.steps
        factor = min(1.0, (self.step + 1) / recipe.warmup) * (1 - progress) ** recipe.poly_power
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        trunk = self.optimizer.param_groups[TRUNK]
        awake = progress >= recipe.trunk_from
        trunk["lr"] *= awake
        if all(weight.requires_grad == awake for weight in trunk["params"]):
            return
        for weight in trunk["params"]:
            weight.requires_grad_(awake)
        if isinstance(self.loss, DistributedDataParallel):  # it knows which weights have gradients from its making
            self.loss = DistributedDataParallel(self.loss.module)

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.recipe.ema, (1 + self.step) / (10 + self.step))
        get_ema_multi_avg_fn(decay)(list(self.average.parameters()), list(self.model.parameters()), self.step)

    def save(self, path: Path) -> None:
        """Write a checkpoint, by the worker that leads; it appears whole or not at all.

        Raises:
            TrainingError: the loss or a weight is not a number; nothing is written.
        """
        self._check()
        values = [value for network in (self.model, self.average) for value in network.state_dict().values()]
        if not torch.stack([torch.isfinite(value).all() for value in values]).all():
            raise TrainingError(f"a weight is not a number at step {self.step}; the last checkpoint is still good")
        if not self.workers.leads:
            return
        state = {
            "network": pack(self.average),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "recipe": self.recipe.name,
            "critic": None if self.critic is None else self.critic.state_dict(),
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
            if self.critic is not None:
                self.critic.load_state_dict(state["critic"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError(f"{path} is of another architecture: {error}") from error
        self.step = state["step"]


def _network(recipe: Recipe, trunk_file: Path | None) -> Network | MotionNet:
    if isinstance(recipe.model, MotionConfig):
        return MotionNet(recipe.model)
    return create_network(recipe.variant, recipe.model, weights=trunk_file or recipe.trunk_weights)


def _loss(model: Network | MotionNet, recipe: Recipe) -> nn.Module:
    if isinstance(model, MotionNet):
        assert recipe.motion is not None
        return MotionLoss(model, recipe.motion)
    if recipe.matching:
        assert isinstance(model, Lite)
        return MatchingLoss(model, recipe)
    return UnrolledLoss(model, recipe)
