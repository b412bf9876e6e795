"""Training: it learns, it goes on after a stop as if there had been none, it refuses what it cannot do."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
import torch

from tinct.training import divergence, loop
from tinct.training import run as run_module
from tinct.training.data.clip_store import load_store
from tinct.training.data.samples import Sample, draw_sample
from tinct.training.divergence import LOOKS, WINDOW, DeadPartWatch, DivergenceWatch
from tinct.training.hint_points import HintConfig
from tinct.training.model.colour_net import ColourNetConfig
from tinct.training.model.discriminator import DiscriminatorConfig
from tinct.training.model.exemplar import presets
from tinct.training.model.lite import LiteConfig
from tinct.training.model.weights import WeightsError, load_weights
from tinct.training.recipes import RECIPES
from tinct.training.run import CHECKPOINT, TrainingError, TrainingRun
from tinct.training.unrolled_step import UnrolledLoss


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("clips")
    noise = np.random.default_rng(0).random((96, 160, 3)).astype(np.float32)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 6), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    with av.open(str(target / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for i in range(12):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(scene, 2 * i, 1)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target


TINY = RECIPES["tiny"]()


def weights(path):
    return torch.load(path, weights_only=True)["network"]["weights"]


@pytest.mark.parametrize("resident", [False, True])
def test_a_stopped_run_ends_like_an_unbroken_one(folder, tmp_path, monkeypatch, resident):
    monkeypatch.setitem(RECIPES, "tiny", lambda: replace(TINY, resident=resident))
    whole = loop.train("tiny", data=folder, output=tmp_path / "whole")

    class Stopped(Exception):
        pass

    save = TrainingRun.save

    def save_and_stop(self, path):
        save(self, path)
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "save", save_and_stop)
        with pytest.raises(Stopped):
            loop.train("tiny", data=folder, output=tmp_path / "broken")
    broken = loop.train("tiny", data=folder, output=tmp_path / "broken", resume=True)
    one, two = weights(whole), weights(broken)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_what_it_refuses(folder, tmp_path):
    with pytest.raises(loop.RecipeError, match="lite_cpu"):
        loop.train("nothing", data=folder, output=tmp_path)
    (tmp_path / CHECKPOINT).write_bytes(b"")
    with pytest.raises(TrainingError, match="--resume"):
        loop.train("tiny", data=folder, output=tmp_path)


def test_a_loss_that_is_no_number_stops_the_run(monkeypatch):
    run = TrainingRun(RECIPES["tiny"]())
    monkeypatch.setattr(run.loss, "forward", lambda *_: {"total": torch.tensor(float("nan"))})
    with pytest.raises(TrainingError, match="step 0"):
        run.advance([{}])


def test_a_slice_stops_with_a_checkpoint_and_the_next_goes_on(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny", lambda: replace(TINY, resident=True))
    output, cache = tmp_path / "run", tmp_path / "flows"
    for step in (1, 2):  # no time at all: one step, so that every slice brings the run on
        path = loop.train("tiny", data=folder, output=output, resume=True, max_minutes=0, flow_folder=cache)
        assert torch.load(path, weights_only=True)["step"] == step
    path = loop.train("tiny", data=folder, output=output, resume=True, max_minutes=5, flow_folder=cache)
    assert torch.load(path, weights_only=True)["step"] == TINY.steps
    assert len(list(cache.iterdir())) == 1
    whole = loop.train("tiny", data=folder, output=tmp_path / "whole", flow_folder=cache)
    one, two = weights(path), weights(whole)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_killed_run_goes_on_and_ends_like_an_unbroken_one(folder, tmp_path):
    command = [sys.executable, "-m", "tinct", "train", "tiny", "--data", folder, "--steps", "8", "--resume", "--output"]
    subprocess.run([*command, tmp_path / "whole"], check=True)
    killed = subprocess.Popen([*command, tmp_path / "broken"])
    while not (tmp_path / "broken" / CHECKPOINT).exists():
        time.sleep(0.01)
        assert killed.poll() is None
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert torch.load(tmp_path / "broken" / CHECKPOINT, weights_only=True)["step"] < 8
    subprocess.run([*command, tmp_path / "broken"], check=True)
    one, two = weights(tmp_path / "whole" / CHECKPOINT), weights(tmp_path / "broken" / CHECKPOINT)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_two_processes_train_as_one_with_twice_the_batches(folder, tmp_path, monkeypatch):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    output = ["--data", str(folder), "--output", str(tmp_path / "two")]
    subprocess.run([*torchrun, "-m", "tinct", "train", "tiny", *output], check=True)
    monkeypatch.setitem(RECIPES, "tiny", lambda: replace(TINY, accumulate=2))
    one = weights(loop.train("tiny", data=folder, output=tmp_path / "one"))
    two = weights(tmp_path / "two" / CHECKPOINT)
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=2e-4, rtol=1e-3)
    monkeypatch.setitem(RECIPES, "tiny", lambda: TINY)
    alone = weights(loop.train("tiny", data=folder, output=tmp_path / "alone"))
    assert max(float((alone[name] - value).abs().max()) for name, value in one.items()) > 2e-3, "other samples count"


def test_the_gradient_of_a_step_is_the_mean_over_its_batches(folder):
    store = load_store(folder)
    drawn = [draw_sample(store, TINY.samples, np.random.default_rng(seed)) for seed in (1, 2)]
    batches = [{n: torch.from_numpy(np.stack([getattr(one, n)])) for n in Sample._fields} for one in drawn]
    gradients = []
    for parts in ([batches[0]], [batches[1]], batches):
        run = TrainingRun(replace(TINY, clip_norm=1e9, jitter=0.0, disturbance=0.0, hints=HintConfig(share=0.0)))
        run.advance(parts)
        gradients.append(run.model.colour.head.weight.grad)
    torch.testing.assert_close(gradients[2], (gradients[0] + gradients[1]) / 2, atol=1e-4, rtol=1e-2)


def test_sheets_of_samples_are_written_while_it_trains(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny", lambda: replace(TINY, sheet_every=2))
    loop.train("tiny", data=folder, output=tmp_path)
    assert sorted(file.name for file in (tmp_path / "samples").iterdir()) == ["step_000002.png", "step_000004.png"]
    sheet = cv2.imread(str(tmp_path / "samples" / "step_000004.png"))
    height, width = TINY.samples.size
    assert sheet.shape == (TINY.batch * height, 5 * width, 3)
    result, wanted = sheet[:, 2 * width : 3 * width].astype(int), sheet[:, 3 * width : 4 * width].astype(int)
    assert np.abs(result - wanted).mean() < 40


def test_a_run_can_be_logged_to_weights_and_biases(folder, tmp_path):
    command = [
        sys.executable,
        "-m",
        "tinct",
        "train",
        "tiny",
        "--data",
        folder,
        "--output",
        tmp_path,
        "--wandb",
        "film",
    ]
    offline = {**os.environ, "WANDB_MODE": "offline"}
    done = subprocess.run(command, env=offline, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (log,) = (tmp_path / "wandb").glob("offline-run-*/run-*.wandb")
    assert log.stat().st_size > 0
    refused = subprocess.run(
        [*command, "--resume", "--steps", "5"],
        env={**os.environ, "WANDB_MODE": "online", "WANDB_API_KEY": "none", "WANDB_BASE_URL": "http://localhost:9"},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines()[-1].startswith("tinct: error: Weights & Biases refuses the project film")


def test_a_run_that_diverges_stops(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "LOG_EVERY", 1)
    monkeypatch.setattr(divergence, "WINDOW", 2)
    wild = replace(TINY, steps=40, learning_rate=30.0, warmup=1, clip_norm=1e9, divergence=1.5)
    monkeypatch.setitem(RECIPES, "tiny", lambda: wild)
    with pytest.raises(TrainingError, match=r"diverges|not a number"):
        loop.train("tiny", data=folder, output=tmp_path)


def test_a_run_that_trains_around_a_dead_part_stops(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "LOG_EVERY", 1)
    monkeypatch.setattr(divergence, "LOOKS", 2)
    plain = replace(TINY, model=LiteConfig(colour=ColourNetConfig(leak=0.0)))
    monkeypatch.setitem(RECIPES, "tiny", lambda: plain)
    make_network = run_module._network

    def killed(*arguments):
        network = make_network(*arguments)
        torch.nn.init.constant_(network.colour.deep2.second.bias, -100.0)  # nothing the head sees is above 0
        return network

    monkeypatch.setattr(run_module, "_network", killed)
    with pytest.raises(TrainingError, match="no gradient reaches most weights of colour:"):
        loop.train("tiny", data=folder, output=tmp_path)


def test_a_part_is_dead_when_it_gets_no_gradients_for_long():
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    watch = DeadPartWatch()

    def looks(times):
        for _ in range(times):
            network.zero_grad()
            network(torch.ones(1, 2)).sum().backward()
            found = watch.dead(network)
        return found

    torch.nn.init.ones_(network[0].weight)
    assert looks(2 * LOOKS) == []
    torch.nn.init.constant_(network[0].bias, -9.0)
    assert looks(LOOKS - 1) == []
    assert looks(1) == ["0"]
    network[0].requires_grad_(False)
    assert looks(1) == [], "what is not trained is no dead part"


def test_divergence_is_a_mean_that_stays_up():
    watch = DivergenceWatch(2.0)
    assert not any(watch.diverges(value) for value in [0.1] * WINDOW)
    assert not watch.diverges(2.0), "one bad batch says little"
    assert not any(watch.diverges(value) for value in [0.05] * WINDOW)
    assert any(watch.diverges(value) for value in [0.3] * WINDOW)


@pytest.mark.parametrize("broken", ["loss", "weight"])
def test_no_checkpoint_is_written_of_a_broken_run(folder, tmp_path, broken):
    path = tmp_path / CHECKPOINT
    run = TrainingRun(TINY)
    run.save(path)
    good = path.read_bytes()
    if broken == "loss":
        run.sound = torch.tensor(False)
    else:
        next(run.model.parameters()).data[0] = float("nan")
    with pytest.raises(TrainingError, match=f"{broken} .*not a number"):
        run.save(path)
    assert path.read_bytes() == good


def test_a_run_can_start_from_the_network_of_another(folder, tmp_path):
    first = loop.train("tiny", data=folder, output=tmp_path / "first")
    run = TrainingRun(RECIPES["tiny"]())
    run.start_from(first)
    expected = weights(first)
    for network in (run.model, run.average):
        assert all(torch.equal(value, expected[name]) for name, value in network.state_dict().items())
    other = replace(RECIPES["tiny"](), model=LiteConfig(candidates=2))
    with pytest.raises(WeightsError, match="another configuration"):
        TrainingRun(other).start_from(first)


def test_a_run_takes_the_configuration_of_the_network_it_starts_from(folder, tmp_path):
    model = LiteConfig(colour=ColourNetConfig(leak=0.0))
    first = loop.train(replace(RECIPES["tiny"](), model=model, steps=1), data=folder, output=tmp_path / "first")
    second = loop.train("tiny", steps=1, data=folder, output=tmp_path / "second", weights=first)
    loop.train("tiny", steps=2, data=folder, output=tmp_path / "second", resume=True)
    assert load_weights(second).config == model
    with pytest.raises(WeightsError, match="holds a network 'lite', wanted is motion"):
        loop.train("motion_cpu", data=folder, output=tmp_path / "third", weights=first)


def test_the_lead_carries_the_state_but_gets_no_gradient(folder):
    recipe = RECIPES["tiny"]()
    store = load_store(folder)
    samples = [draw_sample(store, recipe.samples, np.random.default_rng(1), lead=lead) for lead in (0, 3)]
    assert [len(sample.frames) for sample in samples] == [recipe.samples.unroll, recipe.samples.unroll + 3]
    batch = {name: torch.from_numpy(np.stack([getattr(samples[1], name)])) for name in Sample._fields}
    model = TrainingRun(recipe).model
    graded = []
    model.colour.register_forward_hook(lambda *_: graded.append(torch.is_grad_enabled()))
    total = UnrolledLoss(model, recipe)(batch, torch.Generator().manual_seed(0))["total"]
    assert graded == [False] * 3 + [True] * recipe.samples.unroll
    assert total.requires_grad


def test_a_foreign_reference_is_another_samples(folder, monkeypatch):
    recipe = replace(RECIPES["tiny"](), jitter=0.0, disturbance=0.0)
    samples = replace(recipe.samples, from_reference=0.0, from_nothing=1.0, photo_share=0.0)
    store = load_store(folder)
    drawn = [draw_sample(store, samples, np.random.default_rng(seed)) for seed in (1, 2)]
    batch = {name: torch.from_numpy(np.stack([getattr(s, name) for s in drawn])) for name in Sample._fields}
    model = TrainingRun(recipe).model
    encode, seen = model.encode_reference, []
    monkeypatch.setattr(model, "encode_reference", lambda still: (seen.append(still), encode(still))[1])
    for chance in (0.0, 1.0):
        UnrolledLoss(model, replace(recipe, foreign=chance))(batch, torch.Generator().manual_seed(0))
    assert not torch.equal(seen[0], seen[1])
    assert torch.equal(seen[0], seen[1].roll(1, 0))
    started = {**batch, "trust": torch.ones_like(batch["trust"])}  # from the reference itself: it stays
    UnrolledLoss(model, replace(recipe, foreign=1.0))(started, torch.Generator().manual_seed(0))
    assert torch.equal(seen[2], seen[0])


def test_a_still_of_another_shot_is_no_copy_of_the_true_colours(folder):
    store = load_store(folder)
    recipe = replace(TINY, jitter=0.0, disturbance=0.0, foreign=0.0, hints=HintConfig(share=0.0))
    drawn = draw_sample(store, replace(TINY.samples, photo_share=0.0), np.random.default_rng(1))
    found = []
    for elsewhere in (0.0, 1.0):
        # a reference elsewhere anchors nothing, so neither may the other
        sample = drawn._replace(elsewhere=np.float32(elsewhere), anchored_trust=0 * drawn.anchored_trust)
        batch = {name: torch.from_numpy(np.stack([value])) for name, value in sample._asdict().items()}
        found.append(UnrolledLoss(TrainingRun(recipe).model, recipe)(batch, torch.Generator().manual_seed(0)))
    own, other = found
    own, other = ({name: float(value.detach()) for name, value in terms.items()} for terms in found)
    assert own["copies"] > other["copies"] == pytest.approx(0, abs=1e-2)  # the distance of what is alike is not quite 0
    assert own["colour"] == other["colour"]


@pytest.mark.parametrize("variant", ["swin", "vit", "devc"])
def test_the_seeds_networks_train_with_their_losses_and_go_on(folder, tmp_path, monkeypatch, variant):
    full = RECIPES[variant]()
    samples = replace(full.samples, size=(128, 128), largest_lead=1)
    critic = DiscriminatorConfig(channels=(8, 8, 8, 8))
    recipe = replace(
        full,
        name="small",
        model=presets.tiny(full.model),
        trunk_weights="random",
        generator=replace(full.generator, critic=critic),
        samples=samples,
        batch=1,
        resident=False,
        steps=2,
        warmup=1,
        checkpoint_every=1,
        sheet_every=2,
    )
    monkeypatch.setitem(RECIPES, "small", lambda: recipe)
    whole = loop.train("small", data=folder, output=tmp_path / "whole")
    loop.train("small", data=folder, output=tmp_path / "broken", max_minutes=0)
    assert torch.load(tmp_path / "broken" / CHECKPOINT, weights_only=True)["step"] == 1
    broken = loop.train("small", data=folder, output=tmp_path / "broken", resume=True)
    for part in ("model", "critic"):
        one, two = (torch.load(path, weights_only=True)[part] for path in (whole, broken))
        assert all(torch.equal(one[name], two[name]) for name in one)
    started = TrainingRun(recipe)
    moved = {
        name
        for name, value in torch.load(whole, weights_only=True)["critic"].items()
        if not torch.equal(value, started.critic.state_dict()[name])
    }
    assert any("original" in name for name in moved), "the discriminator learns"


def test_a_trunk_without_weights_is_one_clear_error(folder, tmp_path):
    with pytest.raises(TrainingError, match="swin"):
        loop.train("swin", data=folder, output=tmp_path, trunk=tmp_path / "none.safetensors")
