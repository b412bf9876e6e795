"""Training recipes: a run is a function that returns a full configuration."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tinct.training.data.plan import MotionRanges, SampleConfig
from tinct.training.generator_terms import GeneratorConfig
from tinct.training.hint_points import HintConfig
from tinct.training.losses.motion import MotionLossWeights
from tinct.training.losses.weights import SWINTEXCO, VITEXCO, GeneratorLossWeights
from tinct.training.model.exemplar.presets import devc, swintexco, vitexco
from tinct.training.model.features import PRETRAINED
from tinct.training.model.lite import LiteConfig
from tinct.training.model.motion.network import MotionConfig
from tinct.training.model.registry import Config


@dataclass(frozen=True)
class LossWeights:
    """Weights of `lite`'s own loss terms (scaled ab)."""

    colour: float = 1.0
    fidelity: float = 0.03
    edges: float = 0.5
    copies: float = 0.3
    temporal: float = 0.08
    confidence: float = 0.1


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run.

    ``variant`` and ``model``: the network; ``trunk_weights``: where those of its trunk come from (`create_extractor`).
    ``losses``: lite's own; ``generator``: the seeds' and a discriminator, on top of them; ``motion``: those of a motion
    network, instead of both. ``matching``: only what is copied is graded, and trunk and descriptors alone are trained.
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
    variant: str = "lite"
    model: Config | MotionConfig = field(default_factory=LiteConfig)
    trunk_weights: str = PRETRAINED
    samples: SampleConfig = field(default_factory=SampleConfig)
    losses: LossWeights = field(default_factory=LossWeights)
    generator: GeneratorConfig | None = None
    motion: MotionLossWeights | None = None
    matching: bool = False
    batch: int = 2
    accumulate: int = 1
    learning_rate: float = 5e-4
    trunk_learning_rate: float = 5e-5
    trunk_from: float = 1.0
    betas: tuple[float, float] = (0.9, 0.99)
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
    """`lite` on two CPU cores, in about five hours: two processes of one thread each (`torchrun`), so four samples a
    step."""
    samples = SampleConfig(
        size=(192, 320),
        unroll=3,
        largest_lead=6,
        strides=(1, 1, 2, 2, 3, 4),
        photo_share=0.12,
        smallest_window=0.5,
        pan=0.5,
        apart=0.5,
        retrieved=0.15,
    )
    return Recipe(
        "lite_cpu", steps=5500, samples=samples, learning_rate=7e-4, trunk_from=0.3, foreign=0.5, seed=21, loaders=1
    )


def lite_matching() -> Recipe:
    """What `lite` copies, on two CPU cores, to go on from its weights: trunk and descriptors, on frames of a shot far
    apart and on photos in wide motion. `lite_colour` then goes on from there."""
    samples = SampleConfig(
        size=(224, 384),
        unroll=1,
        photo_share=0.1,
        smallest_window=0.55,
        from_reference=0.0,
        from_nothing=1.0,
        pan=0.4,
        apart=0.6,
        motion=MotionRanges(angle=0.12, shear=0.12, shift=0.12, zoom=0.25),
    )
    return Recipe(
        "lite_matching",
        steps=4000,
        samples=samples,
        matching=True,
        learning_rate=5e-4,
        trunk_learning_rate=1e-4,
        trunk_from=0.0,
        jitter=0.5,
        ema=0.995,
        loaders=1,
    )


def lite_colour() -> Recipe:
    """The colour network of `lite` after `lite_matching` on two CPU cores, two processes as for `lite_cpu`: the trunk,
    whose levels it sees, has changed under it and rests now."""
    return replace(lite_cpu(), name="lite_colour", steps=1000, learning_rate=3e-4, trunk_from=1.0, foreign=0.4)


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


def lite_critic() -> Recipe:
    """`lite_gpu` with a discriminator and a perceptual term on top, to go on from its checkpoint."""
    weights = GeneratorLossWeights(
        l1=0.0, adversarial=0.005, perceptual=0.002, contextual=0.0, temporal=0.0, smoothness=0.0
    )
    return replace(lite_gpu(), name="lite_critic", generator=GeneratorConfig(weights, judge="vgg16"))


def swin() -> Recipe:
    """SwinTExCo as in seed 000, Table 4.2, from flow-moved colours as the runtime gives them."""
    return _seed("swin", swintexco(), SWINTEXCO, learning_rate=3e-5)


def vit() -> Recipe:
    """ViTExCo as in seed 000, Table 4.2, and seed 001."""
    return _seed("vit", vitexco(), VITEXCO, learning_rate=1e-5)


def devc_vgg() -> Recipe:
    """DEVC's network with SwinTExCo's losses, for comparison."""
    return _seed("devc", devc(), SWINTEXCO, learning_rate=3e-5)


def _seed(variant: str, model: Config, weights: GeneratorLossWeights, *, learning_rate: float) -> Recipe:
    """What the recipes of the seeds share: 224x384, four samples a step, frames one after another."""
    none = LossWeights(colour=0, fidelity=0, edges=0, copies=0, temporal=0, confidence=0.1)
    return Recipe(
        variant,
        steps=40000,
        variant=variant,
        model=model,
        samples=SampleConfig(size=(224, 384), unroll=2, largest_lead=4, strides=(1, 1, 2)),
        losses=none,
        generator=GeneratorConfig(weights, learning_rate=learning_rate),
        batch=4,
        learning_rate=learning_rate,
        betas=(0.5, 0.999),
        resident=True,
    )


def motion_cpu() -> Recipe:
    """The motion network on two CPU cores: pairs of frames, and photos in exactly known motion."""
    samples = SampleConfig(
        size=(192, 320),
        unroll=2,
        strides=(1, 1, 1, 2, 2, 3, 4),
        photo_share=0.3,
        smallest_window=0.5,
        pan=0.5,
        motion=MotionRanges(shift=0.06),
        distortion=4.0,
    )
    return _motion("motion_cpu", samples, steps=6000, loaders=1)


def motion_gpu() -> Recipe:
    """The motion network on one data-centre GPU."""
    samples = SampleConfig(
        size=(256, 448), unroll=2, strides=(1, 1, 1, 2, 2, 3, 4), photo_share=0.2, pan=0.5, smallest_window=0.5
    )
    return _motion("motion_gpu", samples, steps=20000, batch=8, resident=True)


def _motion(name: str, samples: SampleConfig, *, steps: int, **changes: int) -> Recipe:
    return replace(
        Recipe(name, steps=steps, variant="motion", model=MotionConfig(), samples=samples, motion=MotionLossWeights()),
        learning_rate=6e-4,
        **changes,
    )


RECIPES: dict[str, Callable[[], Recipe]] = {
    "lite_cpu": lite_cpu,
    "lite_matching": lite_matching,
    "lite_colour": lite_colour,
    "lite_gpu": lite_gpu,
    "lite_critic": lite_critic,
    "swin": swin,
    "vit": vit,
    "devc": devc_vgg,
    "motion_cpu": motion_cpu,
    "motion_gpu": motion_gpu,
    "tiny": tiny,
}
