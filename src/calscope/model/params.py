"""The one model of all parameters: made from dictionaries or JSON, checked, never changed."""

import difflib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from calscope.model.errors import ParameterError
from calscope.model.fields import ParameterField, StageName
from calscope.model.groups import Cnmf, Dataset, IntPair, Motion, Thresholds, spec_of
from calscope.model.json_text import parse_json, quoted


class Parameters(BaseModel):
    """All parameters of a run; made by `from_dict`, `from_json` or `replace`, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Dataset = Dataset()
    motion: Motion = Motion()
    cnmf: Cnmf = Cnmf()
    evaluation: Thresholds = Thresholds()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = list(_conflicts(self))
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def gSiz_px(self) -> IntPair:
        """The seed window in force, 2·gSig + 1 unless set."""
        return self.cnmf.gSiz or (2 * self.cnmf.gSig[0] + 1, 2 * self.cnmf.gSig[1] + 1)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Parameters":
        """Make parameters from nested groups.

        Raises
        ------
        ParameterError
            Naming every parameter that is unknown, out of range or in conflict, and what is allowed.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ParameterError(_explain(error)) from None

    @classmethod
    def from_json(cls, text: str) -> "Parameters":
        """Make parameters from JSON text; errors as `from_dict`."""
        try:
            values = parse_json(text)
        except ValueError as error:
            raise ParameterError(f"The parameters are not valid JSON: {error}.") from None
        if not isinstance(values, dict):
            raise ParameterError(
                "The parameters must be a JSON object with the groups " + ", ".join(cls.model_fields) + "."
            )
        return cls.from_dict(values)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Give nested groups of plain values."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """Give JSON text that `from_json` reads."""
        return json.dumps(self.to_dict(), indent=1)

    @classmethod
    def one_value(cls, dotted: str, value: object) -> Any:
        """Give one value as its parameter holds it, whether or not it fits together with others.

        Raises
        ------
        ParameterError
            When there is no such parameter, or the value is not allowed.
        """
        group, name = _split(dotted)
        try:
            return getattr(_groups()[group].model_validate({name: value}), name)
        except ValidationError:
            allowed = spec_of(_groups()[group], name).allowed()
            raise ParameterError(f"{dotted} must be {allowed}; got {quoted(value)}.") from None

    def get(self, dotted: str) -> Any:
        """Give one value by its full name."""
        group, name = _split(dotted)
        return getattr(getattr(self, group), name)

    def replace(self, changes: Mapping[str, Any]) -> "Parameters":
        """Give new parameters with some values changed, by full name; errors as `from_dict`."""
        values = self.to_dict()
        for dotted, value in changes.items():
            group, name = _split(dotted)
            values[group][name] = value
        return Parameters.from_dict(values)

    def with_known(self, changes: Mapping[str, Any]) -> "Parameters":
        """Give new parameters with some values changed, by full name; not checked, as they are known to be allowed."""
        found = self
        for dotted, value in changes.items():
            group, name = _split(dotted)
            changed = getattr(found, group).model_copy(update={name: value})
            found = found.model_copy(update={group: changed})
        return found

    def read_by(self, stage: StageName) -> dict[str, Any]:
        """Give the values that a stage reads, by full name."""
        values = self.to_dict()
        return {f.dotted: values[f.group][f.name] for f in fields() if stage in f.spec.stages}


@cache
def fields() -> tuple[ParameterField, ...]:
    """Give every parameter, in the order of the groups."""
    return tuple(
        ParameterField(group, name, info.get_default(), spec_of(model, name))
        for group, model in _groups().items()
        for name, info in model.model_fields.items()
    )


def field_of(dotted: str) -> ParameterField:
    """Give one parameter by its full name."""
    group, name = _split(dotted)
    return next(f for f in fields() if (f.group, f.name) == (group, name))


def _groups() -> dict[str, type[BaseModel]]:
    return {"dataset": Dataset, "motion": Motion, "cnmf": Cnmf, "evaluation": Thresholds}


def _split(dotted: str) -> tuple[str, str]:
    group, _, name = dotted.partition(".")
    if name not in getattr(_groups().get(group), "model_fields", {}):
        raise ParameterError(_unknown(dotted))
    return group, name


def _unknown(dotted: str) -> str:
    known = [f.dotted for f in fields()]
    same_name = [k for k in known if k.split(".")[1] == dotted.rpartition(".")[2]]
    close = same_name or difflib.get_close_matches(dotted, known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(close)}?" if close else "`calscope params` lists all of them."
    return f"There is no parameter {dotted}. {hint}"


def _conflicts(params: Parameters) -> Iterable[str]:
    cnmf, motion, limits = params.cnmf, params.motion, params.evaluation
    gSiz = params.gSiz_px
    if cnmf.rf is not None:
        side = 2 * cnmf.rf + 1
        if side < max(gSiz):
            yield (
                f"cnmf.rf {cnmf.rf} makes patches of {side} px, smaller than a neuron of {max(gSiz)} px (cnmf.gSiz, or "
                f"2·gSig + 1). Use rf of at least {(max(gSiz) + 1) // 2}, or a smaller gSig."
            )
        if cnmf.stride >= side:
            yield (
                f"cnmf.stride {cnmf.stride} is an overlap and must be smaller than the patch side 2·rf + 1 = {side}."
            )
    if min(gSiz) < 3 or any(size < sig for size, sig in zip(gSiz, cnmf.gSig, strict=True)):
        yield f"cnmf.gSiz {gSiz} must be at least gSig {cnmf.gSig}; 2·gSig + 1 is usual."
    side_px = [s + o for s, o in zip(motion.strides, motion.overlaps, strict=True)]
    if motion.pw_rigid and min(side_px) <= 2 * motion.max_deviation_rigid:
        yield (
            f"motion.strides + motion.overlaps make patches of {side_px} px, too small to be moved by "
            f"motion.max_deviation_rigid = {motion.max_deviation_rigid} px to either side."
        )
    for low, high in (("SNR_lowest", "min_SNR"), ("rval_lowest", "rval_thr"), ("cnn_lowest", "min_cnn_thr")):
        lowest, threshold = getattr(limits, low), getattr(limits, high)
        if lowest > threshold:
            yield f"evaluation.{low} {lowest:g} must not be above evaluation.{high} {threshold:g}."


def _explain(error: ValidationError) -> str:
    return "\n".join(dict.fromkeys(_explain_one(item) for item in error.errors()))


def _explain_one(item: Any) -> str:
    place = [str(part) for part in item["loc"] if not str(part).startswith("function-")]
    dotted = ".".join(place[:2])
    if item["type"] == "extra_forbidden":
        return _unknown(dotted) if len(place) > 1 else _unknown_group(dotted)
    if not place:
        return str(item["ctx"]["error"]) if "ctx" in item else str(item["msg"])
    if len(place) == 1:
        return f"{dotted} must be a group of parameters, got {quoted(item['input'])}."
    group = _groups()[place[0]]
    return f"{dotted} must be {spec_of(group, place[1]).allowed()}; got {_whole_input(item, place)}."


def _whole_input(item: Any, place: list[str]) -> str:
    value = quoted(item["input"])
    return value if len(place) == 2 else f"{value} in it"


def _unknown_group(name: str) -> str:
    return f"There is no group of parameters {name!r}. The groups are {', '.join(_groups())}."
