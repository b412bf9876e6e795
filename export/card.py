"""The model card: what its authors say of a model, read from JSON and written as ``MODEL_CARD.md``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tinct.runtime.bundle import Manifest
from tinct.runtime.errors import MediaNotFoundError, UsageError

FILE_NAME = "MODEL_CARD.md"


@dataclass(frozen=True)
class ModelCard:
    """``summary`` and ``licence`` are texts, ``limits`` texts one a line; ``training`` and ``quality`` go into the
    manifest as they are."""

    summary: str = ""
    licence: str = ""
    limits: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    quality: Mapping[str, Any] = field(default_factory=dict)


def read_card(path: Path) -> ModelCard:
    """The card in a JSON file whose keys are the fields of `ModelCard`, all optional.

    Raises:
        MediaNotFoundError: no such file.
        UsageError: it is not such a document.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MediaNotFoundError(f"no model card {path}; name a JSON file") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"the model card {path} cannot be read as JSON: {error}") from error
    if not isinstance(document, dict):
        raise UsageError(f"the model card {path} must be a JSON object")
    kinds = {"summary": str, "licence": str, "limits": list, "training": dict, "quality": dict}
    for key, value in document.items():
        if key not in kinds:
            raise UsageError(f"the model card {path} has the key {key!r}; the keys are {', '.join(kinds)}")
        if not isinstance(value, kinds[key]):
            raise UsageError(f"the model card {path}: {key} must be a JSON {_WORDS[kinds[key]]}")
    if not all(isinstance(line, str) for line in document.get("limits", ())):
        raise UsageError(f"the model card {path}: limits must be a list of texts")
    known = {entry.name: document[entry.name] for entry in fields(ModelCard) if entry.name in document}
    return ModelCard(**{**known, "limits": tuple(document.get("limits", ()))})


def render_card(card: ModelCard, manifest: Manifest) -> str:
    """Markdown of ``card`` with the facts that ``manifest`` states."""
    facts = {
        "Variant": manifest.variant,
        "Weights": f"{manifest.parameters / 1e6:.2f} million, stored in float16",
        "Cost": f"{manifest.frame_flops / 1e9:.1f} GFLOP a frame at 224x384 with one still",
        "Working size": f"{manifest.working_size} pixels on the short side",
        "Motion": manifest.motion,
        "Licence": card.licence or "not stated",
    }
    parts = [f"# {manifest.name} {manifest.version}"]
    if card.summary:
        parts.append(card.summary)
    parts.append(_bullets(facts))
    for title, content in (("Training", manifest.training), ("Quality", manifest.quality)):
        if content:
            parts.append(f"## {title}\n\n{_bullets(content)}")
    if card.limits:
        parts.append("## Limits\n\n" + "\n".join(f"- {line}" for line in card.limits))
    return "\n\n".join(parts) + "\n"


_WORDS = {str: "text", list: "list", dict: "object"}


def _bullets(content: Mapping[str, Any], indent: str = "") -> str:
    lines = []
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{indent}- {key}:", _bullets(value, indent + "  ")]
        elif isinstance(value, list) and value and all(isinstance(entry, Mapping) for entry in value):
            rows = (", ".join(f"{name} {item}" for name, item in entry.items()) for entry in value)
            lines += [f"{indent}- {key}:", *(f"{indent}  - {row}" for row in rows)]
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            lines.append(f"{indent}- {key}: {text}")
    return "\n".join(lines)
