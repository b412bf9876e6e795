"""A bundle as it is read back: checked against the model of Open Job Description, its parameters in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinct.runtime.errors import MediaNotFoundError, UsageError

TEMPLATE, VALUES, ASSETS, JOB = "template.yaml", "parameter_values.yaml", "asset_references.yaml", "job.json"


@dataclass(frozen=True)
class OpenedJob:
    """``job``: openjd's own, with all of its steps. ``values``: of the parameters, by name, as openjd has them."""

    folder: Path
    job: Any
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.job.name)

    @property
    def work(self) -> Path:
        """The job's folder on this machine."""
        return Path(self.value("WorkFolder"))

    def value(self, name: str) -> str:
        """The value of a parameter, as text."""
        return str(self.values[name].value)

    def tasks(self, step: Any) -> list[Any]:
        """The sets of parameters of all tasks of a step."""
        from openjd.model import StepParameterSpaceIterator

        return list(StepParameterSpaceIterator(space=step.parameterSpace))


def open_job(folder: Path, overrides: Mapping[str, str] | None = None) -> OpenedJob:
    """Read the bundle in ``folder``; ``overrides`` are values of its parameters.

    Raises:
        MediaNotFoundError: there is none.
        UsageError: openjd-model is missing, or it says that the bundle, or a value, is wrong.
    """
    model = load_model()
    import yaml

    try:
        template = yaml.safe_load((folder / TEMPLATE).read_text(encoding="utf-8"))
        named = yaml.safe_load((folder / VALUES).read_text(encoding="utf-8"))["parameterValues"]
    except FileNotFoundError as error:
        raise MediaNotFoundError(f"there is no bundle in {folder}; tinct farm bundle writes one") from error
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} is no bundle ({error}); write it again with tinct farm bundle") from error
    given = {one["name"]: str(one["value"]) for one in named if ":" not in one["name"]} | dict(overrides or {})
    try:
        decoded = model.decode_job_template(template=template, supported_extensions=[])
        values = model.preprocess_job_parameters(
            job_template=decoded,
            job_parameter_values=given,
            job_template_dir=folder.resolve(),
            current_working_dir=Path.cwd(),
        )
        return OpenedJob(folder, model.create_job(job_template=decoded, job_parameter_values=values), values)
    except (model.DecodeValidationError, ValueError) as error:
        raise UsageError(f"the bundle {folder} cannot be used: {error}") from error


def load_model() -> Any:
    """The package openjd.model.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import openjd.model
    except ImportError as error:
        raise UsageError("jobs for a farm need openjd-model; install Tinct with its extra: tinct[farm]") from error
    return openjd.model
