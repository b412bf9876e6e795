"""Configurations and the spaces in them."""

from pathlib import Path

import numpy as np
import pytest

from tinct.runtime.errors import UnknownNameError, UsageError
from tinct.runtime.managed import ColourSpaces
from tinct.runtime.managed.config import DEFAULT_CONFIG, ColourConfig
from tinct.runtime.managed.working_space import measure_linear_space


@pytest.fixture(autouse=True)
def without_a_studios_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCIO", raising=False)


@pytest.fixture(scope="module")
def aces() -> ColourConfig:
    return ColourConfig(DEFAULT_CONFIG)


def test_a_named_aces_configuration_is_there_without_any_file() -> None:
    assert ColourConfig().name == DEFAULT_CONFIG
    assert "aces" in DEFAULT_CONFIG


def test_the_environments_configuration_is_taken_and_the_option_goes_before_it(
    cineon: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCIO", str(cineon))
    assert ColourConfig().space("film log", "--input-space") == "Cineon"
    assert ColourConfig("ocio://default").space("ACEScg", "--input-space") == "ACEScg"


@pytest.mark.parametrize(
    ("name", "space"), [("acescg", "ACEScg"), ("ACES - ACEScg", "ACEScg"), ("scene_linear", "ACEScg")]
)
def test_names_aliases_and_roles_are_spaces(aces: ColourConfig, name: str, space: str) -> None:
    assert aces.space(name, "--input-space") == space


@pytest.mark.parametrize(("name", "meant"), [("ACESgc", "ACEScg"), ("logc3", "ARRI LogC3"), ("srgb displ", "sRGB")])
def test_an_unknown_space_is_refused_with_names_alike(aces: ColourConfig, name: str, meant: str) -> None:
    with pytest.raises(UnknownNameError, match=f"--output-space: .* has no colour space '{name}'; did you.*{meant}"):
        aces.space(name, "--output-space")


def test_a_space_of_data_is_refused(aces: ColourConfig) -> None:
    with pytest.raises(UsageError, match=r"'Raw' .*holds data, not colours"):
        aces.space("Raw", "--input-space")


@pytest.mark.parametrize("name", ["no/such.ocio", "ocio://nosuch"])
def test_a_configuration_that_cannot_be_read_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=f"configuration {name} .--ocio. cannot be used"):
        ColourConfig(name)


def test_options_without_an_input_space_are_refused() -> None:
    assert ColourSpaces().open() is None
    for spaces in (ColourSpaces(config="x"), ColourSpaces(output="ACEScg"), ColourSpaces(still="ACEScg")):
        with pytest.raises(UsageError, match="needs --input-space"):
            spaces.open()


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("ACEScg", (0.2722287, 0.6740818, 0.0536895)),
        ("ACES2065-1", (0.3439664, 0.7281661, -0.0721325)),
        ("Linear Rec.709 (sRGB)", (0.2126, 0.7152, 0.0722)),
        ("Linear Rec.2020", (0.2627, 0.6780, 0.0593)),
        ("Linear ARRI Wide Gamut 3", (0.291954, 0.823841, -0.115795)),
    ],
)
def test_luminance_weights_are_the_spaces_published_ones(
    aces: ColourConfig, name: str, weights: tuple[float, float, float]
) -> None:
    # ARRI's own matrix uses another adaptation in the third digit.
    space = measure_linear_space(aces, name, scene=True)
    np.testing.assert_allclose(space.luma_weights, weights, atol=3e-3 if "ARRI" in name else 1e-4)
    assert sum(space.luma_weights) == pytest.approx(1, abs=1e-12)


def test_a_space_whose_equal_values_are_not_neutral_is_refused(aces: ColourConfig) -> None:
    with pytest.raises(UsageError, match="are not neutral"):
        measure_linear_space(aces, "CIE-XYZ-D65", scene=True)
