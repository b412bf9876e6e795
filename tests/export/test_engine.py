"""TensorRT engines, compiled for real by TensorRT-RTX, which needs no GPU for it."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import helper

from tinct.cli import main
from tinct.export.engine import EnginePlan, build_engines
from tinct.export.engine_profiles import EngineSizes, profiles_for
from tinct.runtime.bundle import digest_files, find_bundle, load_bundle, write_manifest
from tinct.runtime.engine_card import COMPOSITIONS, GRAPHS, load_engine, read_card
from tinct.runtime.errors import BackendError, BundleError, OutputExistsError, UsageError
from tinct.runtime.picture.working_size import WorkingSize

pytest.importorskip("tensorrt_rtx", reason="tensorrt_rtx is not installed: no engine can be compiled")

TINY = load_bundle(Path(__file__).parents[1] / "goldens" / "tiny_bundle")
SMALL = EnginePlan("tensorrt_rtx", EngineSizes((64,), stills=2), architectures=("sm89",))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engines")
    return folder, build_engines(TINY, SMALL, folder)


def test_the_shipped_model_compiles_in_half_for_three_generations(tmp_path, capsys):
    """The parser and the compiler complain of nothing."""
    generations = ("sm86", "sm89", "sm120")
    words = ["export", "lite", "--engine", "tensorrt_rtx"]
    words += [word for name in generations for word in ("--architecture", name)]
    assert main([*words, "--output", str(tmp_path)]) == 0
    card = read_card(tmp_path, "tensorrt_rtx", command="")
    assert card.complaints == ()
    assert 0 < card.half_error["mean"] <= 0.05
    assert set(card.engines) == {*GRAPHS, *COMPOSITIONS}
    for graph, entry in card.engines.items():
        data, spec = load_engine(
            find_bundle("lite"),
            graph,
            flavour="tensorrt_rtx",
            version=entry.spec.version,
            architecture="sm120",
            folder=tmp_path,
        )
        assert spec.precision == ("fp16" if graph in GRAPHS else "fp32")
        assert spec.architectures == generations
        assert len(data) > (1_000_000 if graph in GRAPHS else 10_000)
    said = capsys.readouterr()
    assert said.out.count("MB for sm86, sm89, sm120") == len(card.engines)
    assert said.err == ""


def test_a_folder_holds_a_card_and_what_it_names(built):
    folder, card = built
    assert {path.name for path in folder.iterdir()} == {
        "tensorrt_rtx.json",
        *(entry.file for entry in card.engines.values()),
    }
    assert read_card(folder, "tensorrt_rtx", command="") == card
    for entry in card.engines.values():
        assert hashlib.sha256((folder / entry.file).read_bytes()).hexdigest() == entry.sha256


def test_building_again_replaces_what_is_stale(built, tmp_path):
    folder = Path(shutil.copytree(built[0], tmp_path / "engines"))
    before = {path.name for path in folder.glob("*.engine")}
    card = build_engines(TINY, replace(SMALL, precision="fp32"), folder)
    after = {path.name for path in folder.glob("*.engine")}
    assert after == {entry.file for entry in card.engines.values()}
    assert not {card.engines[graph].file for graph in GRAPHS} & before
    assert {card.engines[graph].file for graph in COMPOSITIONS} <= before  # those are float32 in either
    assert card.half_error == {}


def test_a_build_that_fails_leaves_the_engines_that_were_there(built, tmp_path):
    folder = Path(shutil.copytree(built[0], tmp_path / "engines"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    broken = with_frame(tmp_path / "broken", "NoSuchOperator")
    with pytest.raises(BundleError, match=r"tensorrt_rtx .* cannot parse frame\.onnx: .*NoSuchOperator"):
        build_engines(broken, replace(SMALL, precision="fp32"), folder, profiles=profiles_for(TINY, SMALL.sizes))
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == before


def with_frame(folder, operator):
    """The tiny bundle with a node of the kind ``operator`` at the end of its frame graph."""
    shutil.copytree(TINY.folder, folder)
    model = onnx.load(folder / "frame.onnx")
    for node in model.graph.node:
        node.output[:] = ["ab.before" if name == "ab" else name for name in node.output]
    model.graph.node.append(helper.make_node(operator, ["ab.before"], ["ab"], name="last"))
    onnx.save(model, folder / "frame.onnx")
    manifest = load_bundle(TINY.folder).manifest
    write_manifest(folder, replace(manifest, files=digest_files(folder, manifest.files)))
    return load_bundle(folder)


def test_the_engines_of_another_model_are_not_replaced(built):
    folder, _ = built
    other = replace(TINY, manifest=replace(TINY.manifest, name="other"))
    with pytest.raises(OutputExistsError, match="holds the tensorrt_rtx engines of tiny 1"):
        build_engines(other, SMALL, folder)


def test_an_unknown_gpu_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"cannot compile for sm42; it can for .*sm89"):
        build_engines(TINY, replace(SMALL, architectures=("sm42",)), tmp_path)


def test_a_model_without_networks_is_refused(tmp_path):
    with pytest.raises(BackendError, match="no networks"):
        build_engines(find_bundle("fake"), SMALL, tmp_path)


@pytest.mark.parametrize("stills", [0, 65])
def test_numbers_of_stills_out_of_range_are_refused(stills):
    with pytest.raises(UsageError, match=f"--stills is {stills}"):
        profiles_for(TINY, EngineSizes((64,), stills=stills))


@pytest.mark.parametrize("plate", [(1920, 1080), (1440, 1080), (2048, 858), (720, 576), (512, 288), (640, 320)])
@pytest.mark.parametrize("working_size", [224, 288])
def test_profiles_cover_the_plates_of_a_working_size(plate, working_size):
    profiles = profiles_for(TINY, EngineSizes((working_size,), stills=3))
    size = WorkingSize.fit(*plate, working_size, 32)
    low, _, high = profiles["frame"][0]["luminance"]
    assert all(a <= x <= b for a, x, b in zip(low[2:], size.padded_shape, high[2:], strict=True))
    low, _, high = profiles["reference"][0]["still"]
    for shape in (size.padded_shape, size.padded_shape[::-1]):
        assert all(a <= x <= b for a, x, b in zip(low[2:], shape, high[2:], strict=True))
    tokens = size.padded_width * size.padded_height // 64
    low, _, high = profiles["frame"][0]["key8"]
    assert low[1] <= tokens
    assert 3 * tokens <= high[1]


def test_upright_plates_get_a_profile_when_wanted():
    frames = profiles_for(TINY, EngineSizes((224,), portrait=True))["frame"]
    lying, upright = (profile["luminance"] for profile in frames)
    assert [shape[2:] for shape in upright] == [shape[:1:-1] for shape in lying]
