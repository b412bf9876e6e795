"""Plates that the worker reads itself, and what else it does with files, for clients without pixels."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tinct.plugin.client import FROM_FILE, Cancelled, Client, Hint, Still, WorkerRefused
from tinct.plugin.effect import EffectInstance, PlateFile, create_instance
from tinct.plugin.params import StillInForce, format_stills
from tinct.runtime.picture.colour import srgb_to_lab
from tinct.runtime.run.pipeline import ColorizeRequest, StillAt, colorize_plate

WIDTH, HEIGHT = 192, 128
SHOT = range(1001, 1007)
VIEWS = ("view", "plate_view", "chroma_view", "confidence_view")


def luma(number: int) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    return (0.5 + 0.4 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)).astype(np.float32)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``plate.####.png``, a mask of its left half, and colour stills in ``stills``."""
    folder = tmp_path_factory.mktemp("material")
    for number in SHOT:
        cv2.imwrite(str(folder / f"plate.{number}.png"), np.rint(luma(number) * 65535).astype(np.uint16))
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, : WIDTH // 2] = 255
    cv2.imwrite(str(folder / "mask.png"), mask)
    (folder / "stills").mkdir()
    for index in range(3):
        grey = luma(1001 + 40 * index) * 255
        still = np.stack([grey, 255 - grey * 0.8, grey * 0.3 + 50 * index], axis=-1)
        cv2.imwrite(str(folder / "stills" / f"{index}.png"), still.astype(np.uint8))
    return folder


@pytest.fixture
def client(serve: Callable[..., Client]) -> Client:
    return serve()


@pytest.fixture
def instance(client: Client, material: Path) -> Iterator[EffectInstance]:
    stills = format_stills([StillInForce(str(material / "stills" / "0.png"))])
    values = {"stills": stills, "model": "fake", "backend": "fake", "workingSize": 64}
    made = create_instance(client, PlateFile(str(material / "plate.####.png")), values)
    yield made
    made.close()


def whole(material: Path, **options: object) -> dict[int, np.ndarray]:
    """Frames as ``tinct colorize`` makes them."""
    frames: dict[int, np.ndarray] = {}
    colorize_plate(
        ColorizeRequest(
            input=material / "plate.####.png",
            references=(StillAt(material / "stills" / "0.png"),),
            output=material / "out.####.png",
            model="fake",
            backend="fake",
            working_size=64,
            overwrite=True,
            **options,  # type: ignore[arg-type]
        ),
        on_frame=lambda frame, step: frames.update({frame.number: frame.rgb.copy()}),
    )
    return frames


def test_frames_from_the_file_are_those_of_colorize(instance: EffectInstance, material: Path) -> None:
    want = whole(material, mask=material / "mask.png", chroma=1.2)
    instance.set_values({"mask": str(material / "mask.png"), "chroma": 1.2})
    facts = instance.plate
    assert facts is not None
    assert (facts.width, facts.height, facts.first, facts.last, facts.frames) == (WIDTH, HEIGHT, 1001, 1006, 6)
    for number in (1001, 1002, 1005, 1003):
        rendered = instance.render(number, lambda wanted: FROM_FILE)
        assert not rendered.preview
        np.testing.assert_array_equal(np.asarray(rendered.arrays["rgb"]), want[number])


def test_views_show_the_frame(instance: EffectInstance, material: Path) -> None:
    want = whole(material)[1001]
    arrays = instance.render(1001, lambda wanted: FROM_FILE, outputs=VIEWS, view_size=WIDTH).arrays
    shown = {name: np.asarray(arrays[name]) for name in VIEWS}
    assert {picture.dtype for picture in shown.values()} == {np.dtype(np.uint8)}
    np.testing.assert_allclose(shown["view"], np.rint(want * 255), atol=1)
    np.testing.assert_allclose(shown["plate_view"], np.rint(luma(1001) * 255)[..., None].repeat(3, -1), atol=1)
    chroma, result = (srgb_to_lab(shown[name].astype(np.float32) / 255) for name in ("chroma_view", "view"))
    assert np.abs(chroma[..., 0] - 60).mean() < 8  # colours that are out of gamut there give way
    assert np.corrcoef(chroma[..., 1].ravel(), result[..., 1].ravel())[0, 1] > 0.9
    assert shown["confidence_view"].shape == (HEIGHT, WIDTH)
    small = instance.render(1001, lambda wanted: FROM_FILE, outputs=VIEWS, view_size=48).arrays
    assert [small[name].shape for name in VIEWS] == [(32, 48, 3), (32, 48, 3), (32, 48, 3), (32, 48)]


def test_a_pixel_is_told_as_the_file_will_have_it(instance: EffectInstance, material: Path) -> None:
    want = whole(material)[1002]
    for number in (1001, 1002):
        instance.render(number, lambda wanted: FROM_FILE, outputs=("view",), view_size=48)
    pixel = instance.pixel(70, 20)
    np.testing.assert_allclose(pixel["rgb"], want[20, 70], atol=1e-6)
    assert pixel["plate"] == pytest.approx(luma(1002)[20, 70], abs=1e-4)
    np.testing.assert_allclose(pixel["lab"], srgb_to_lab(want)[20, 70], atol=0.05)
    assert 0 <= pixel["confidence"] <= 1
    with pytest.raises(WorkerRefused, match="'x'"):
        instance.pixel(WIDTH, 0)


def test_a_session_on_a_file_survives_its_worker(connect: Callable[..., Client], material: Path) -> None:
    client = connect()
    session = client.open_plate(str(material / "plate.####.png"), model="fake", backend="fake", working_size=64)
    session.set_references([Still(path=str(material / "stills" / "0.png"))])
    session.set_hints([Hint(1001, 20.0, 15.0, (0.0, 0.0, 1.0))])
    first = bytes(session.render(1001, FROM_FILE).arrays["rgb"])
    os.kill(client.status()["pid"], signal.SIGKILL)
    second = session.render(1002, FROM_FILE)
    assert session.restored == 1
    assert not second.was_reset
    assert bytes(second.arrays["rgb"]) != first


def test_a_plate_is_told_of(client: Client, material: Path) -> None:
    facts = client.probe(str(material / "plate.####.png"))
    assert (facts.frames, facts.bit_depth, facts.rate, facts.is_float) == (6, 16, None, False)
    with pytest.raises(WorkerRefused, match="nowhere"):
        client.probe("/nowhere/plate.mov")
    with pytest.raises(WorkerRefused, match="1001"):
        client.open_plate(str(material / "plate.####.png"), frames="1-5", model="fake", backend="fake")


def test_small_pictures_of_stills_and_frames(client: Client, material: Path) -> None:
    still, plate = str(material / "stills" / "1.png"), str(material / "plate.####.png")
    small = np.asarray(client.thumbnail(still, 96))
    whole_still = cv2.imread(still)[..., ::-1]
    assert small.shape == (64, 96, 3)
    np.testing.assert_allclose(small, cv2.resize(whole_still, (96, 64), interpolation=cv2.INTER_AREA), atol=2)
    turned = np.asarray(client.thumbnail(still, 96, turn=90))
    np.testing.assert_allclose(turned, np.rot90(small, -1), atol=2)
    part = np.asarray(client.thumbnail(still, 96, crop=(0.5, 0.0, 1.0, 0.5)))
    np.testing.assert_allclose(part, whole_still[:64, 96:], atol=2)
    frame = np.asarray(client.thumbnail(plate, 96, frame=1003))
    grey = cv2.resize(luma(1003), (96, 64), interpolation=cv2.INTER_AREA) * 255
    np.testing.assert_allclose(frame, grey[..., None].repeat(3, -1), atol=2)
    for wrong in ({"crop": (0.5, 0, 0.4, 1)}, {"turn": 45}, {"frame": 5}):
        with pytest.raises(WorkerRefused):
            client.thumbnail(plate if "frame" in wrong else still, 96, **wrong)


def test_a_grey_picture_has_a_thumbnail_too(client: Client, material: Path) -> None:
    assert client.thumbnail(str(material / "plate.1001.png"), 96).shape == (64, 96, 3)


def test_shots_are_found_and_the_search_can_be_stopped(client: Client, tmp_path: Path) -> None:
    pytest.importorskip("scenedetect")
    path = str(tmp_path / "cut.mkv")
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "gray"
        for number in range(48):
            grey = np.full((64, 96), 40 if number < 24 else 200, np.uint8)
            grey[number : number + 8, 20:40] = 120
            for packet in stream.encode(av.VideoFrame.from_ndarray(grey, "gray")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    heard: list[dict[str, int]] = []
    assert client.find_shots(path, detector="content", progress=heard.append) == [(0, 23), (24, 47)]
    assert all(one["total"] == 48 for one in heard)
    with pytest.raises(Cancelled):
        client.find_shots(path, detector="content", cancelled=lambda: True)
    with pytest.raises(WorkerRefused, match="clairvoyant"):
        client.find_shots(path, detector="clairvoyant")


def test_stills_of_a_library_are_ranked(client: Client, material: Path, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    library, plate = str(tmp_path / "library"), str(material / "plate.####.png")
    report = client.make_library(str(material / "stills"), library)
    assert (report["stills"], report["skipped"]) == (3, [])
    for _ in range(2):
        found = client.rank(library, plate, 1001, count=2)
        assert len(found) == 2
        assert found[0][1] >= found[1][1]
        assert Path(found[0][0]).parent == material / "stills"
    with pytest.raises(WorkerRefused, match="library"):
        client.rank(str(tmp_path / "none"), plate, 1001)
