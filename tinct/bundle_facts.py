"""What a bundle says of itself, as plain data."""

from collections.abc import Mapping

from tinct.runtime.bundle import Bundle


def bundle_facts(bundle: Bundle) -> dict[str, object]:
    """The manifest of ``bundle`` as JSON-able data, with the folder and the size of its files in bytes."""
    manifest = bundle.manifest
    described = manifest.descriptor_graph
    return {
        "name": manifest.name,
        "version": manifest.version,
        "variant": manifest.variant,
        "folder": str(bundle.folder),
        "bytes": sum((bundle.folder / name).stat().st_size for name in manifest.files),
        "schema": manifest.schema,
        "parameters": manifest.parameters,
        "frame_flops": manifest.frame_flops,
        "working_size": manifest.working_size,
        "size_multiple": manifest.size_multiple,
        "motion": manifest.motion,
        "licence": manifest.licence,
        "graphs": {
            "reference": _graph(manifest.reference_graph.file, manifest.files),
            "frame": _graph(manifest.frame_graph.file, manifest.files),
            **({} if described is None else {"descriptor": _graph(described.file, manifest.files)}),
        },
        "files": dict(manifest.files),
        "training": dict(manifest.training),
        "quality": dict(manifest.quality),
    }


def _graph(file: str, files: Mapping[str, str]) -> dict[str, object]:
    return {"file": file, "sha256": files.get(file)}
