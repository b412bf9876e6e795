"""Weights of the six losses in the generator's total (seed 000, eq. 4.8 and Table 4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class GeneratorLossWeights:
    """The lambdas of seed 000, eq. 4.8, for colours in Lab units (not scaled) and losses that are means.

    ``contextual_levels``: w_s of eq. 4.5 from the shallowest level to the deepest, as in the code published with the
    seed; the text gives no values.
    """

    l1: float
    adversarial: float
    perceptual: float
    contextual: float
    temporal: float
    smoothness: float
    contextual_levels: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)

    def total(self, terms: Mapping[str, Tensor]) -> Tensor:
        """Weighted sum of the ``terms``, named as the fields are. A term that is not there counts as 0.

        Source: seed 000, eq. 4.8. Raises:
            ValueError: no terms, or one that has no weight.
        """
        weights = {name: value for name, value in vars(self).items() if name != "contextual_levels"}
        if not terms or not terms.keys() <= weights.keys():
            raise ValueError(f"terms {sorted(terms)}: each must be one of {', '.join(weights)}")
        return sum(weights[name] * value for name, value in terms.items())


VITEXCO = GeneratorLossWeights(l1=2.0, adversarial=0.2, perceptual=0.005, contextual=0.5, temporal=0.02, smoothness=5.0)
"""ViTExCo: seed 000, Table 4.2; seed 001, section IV."""

SWINTEXCO = GeneratorLossWeights(l1=2.0, adversarial=0.5, perceptual=0.1, contextual=1.0, temporal=0.3, smoothness=5.0)
"""SwinTExCo: seed 000, Table 4.2."""
