"""Training recipes: a run is a function that returns a full configuration."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tinct.training.data.plan import SampleConfig
from tinct.training.hint_points import HintConfig
from tinct.training.model.lite import LiteConfig


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms (scaled ab)."""

    colour: float = 1.0
    fidelity: float = 0.03
    edges: float = 0.5
    copies: float = 0.3
    temporal: float = 0.08
    confidence: float = 0.1


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run.

    ``trunk_from``: share of the steps after which the trunk is trained too (1 = never). ``disturbance``: largest size
    in scaled ab of the smooth colour error put on true previous frames. ``foreign``: chance that a sample whose
    previous colours are not its reference's gets the reference of another sample, so that the network learns what to
    do, and to be unsure, where no still shows what the frame shows. ``accumulate``: batches of a step, one after
    another. ``divergence``: the run stops when the mean colour loss stays so many times its lowest. ``sheet_every``:
    steps between pictures of what the network does. ``resident``: the data set lives on the training
    device, with its motion, and samples are cut there; else ``loaders`` threads cut them on the CPU.
    """

    name: str
    steps: int
    model: LiteConfig = field(default_factory=LiteConfig)
    samples: SampleConfig = field(default_factory=SampleConfig)
    losses: LossWeights = field(default_factory=LossWeights)
    batch: int = 2
    accumulate: int = 1
    learning_rate: float = 5e-4
    trunk_learning_rate: float = 5e-5
    trunk_from: float = 1.0
    poly_power: float = 0.9
    warmup: int = 100
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    ema: float = 0.998
    disturbance: float = 0.06
    jitter: float = 0.25
    foreign: float = 0.4
    hints: HintConfig = field(default_factory=HintConfig)
    seed: int = 0
    checkpoint_every: int = 200
    sheet_every: int = 500
    divergence: float = 4.0
    loaders: int = 2
    resident: bool = False


def lite_cpu() -> Recipe:
    """`lite` on two CPU cores, in about two hours."""
    samples = SampleConfig(size=(192, 320), unroll=3, largest_lead=6, strides=(1, 1, 2, 2, 3, 4), smallest_window=0.55)
    return Recipe("lite_cpu", steps=6000, samples=samples)


def lite_gpu() -> Recipe:
    """`lite` on one data-centre GPU: larger pictures, longer runs, the trunk trained in the second half."""
    samples = SampleConfig(size=(224, 384), unroll=4, largest_lead=8, strides=(1, 1, 2, 2, 3, 4))
    return Recipe("lite_gpu", steps=20000, samples=samples, batch=8, trunk_from=0.5, resident=True)


def tiny() -> Recipe:
    """A few seconds on a CPU: shows that everything runs."""
    return Recipe(
        "tiny",
        steps=4,
        samples=SampleConfig(size=(64, 96), unroll=2, largest_lead=1),
        batch=1,
        checkpoint_every=2,
        warmup=1,
    )


RECIPES: dict[str, Callable[[], Recipe]] = {"lite_cpu": lite_cpu, "lite_gpu": lite_gpu, "tiny": tiny}
