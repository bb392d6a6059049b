"""Content keys: the same recording, parameters and code give the same key, anything else another one."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from calscope.code_digest import code_digest
from calscope.engines.engine import Engine, with_defaults
from calscope.io.readers.reader_registry import code_of, libraries_of
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs, parameters_of
from calscope.model.errors import ParameterError
from calscope.model.fields import StageName
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.pipeline.stages import STAGES, Stage
from calscope.pipeline.versions import computing_versions, versions_of

_KEY_DIGITS = 40


def fill_params(params: Parameters, info: RecordingInfo, inputs: AnimalInputs = NO_INPUTS) -> Parameters:
    """Give an animal's parameters, with frame rate and pixel size taken from the recording where they are not set.

    Raises
    ------
    ParameterError
        When the animal's own parameters are not allowed, or don't fit the others.
    """
    params = parameters_of(info.name, params, inputs)
    known: dict[str, Any] = {}
    if params.dataset.fr is None and info.fr_hz is not None:
        known["dataset.fr"] = info.fr_hz
    if params.dataset.dxy is None and info.dxy_um is not None:
        known["dataset.dxy"] = info.dxy_um
    return params.replace(known) if known else params


def resolve_params(params: Parameters, info: RecordingInfo, inputs: AnimalInputs = NO_INPUTS) -> Parameters:
    """Give the parameters as `fill_params`, with a frame rate for certain.

    Raises
    ------
    ParameterError
        As `fill_params`, and when neither the parameters nor the recording tell the frame rate; it is never guessed.
    """
    filled = fill_params(params, info, inputs)
    if filled.dataset.fr is None:
        raise ParameterError(
            f"The frame rate of {info.name} is unknown: {info.path} does not say it. Give it as dataset.fr, in Hz "
            "(--set dataset.fr=30 on the command line)."
        )
    return filled


def plan_keys(
    info: RecordingInfo, params: Parameters, engine: Engine, inputs: AnimalInputs = NO_INPUTS
) -> dict[StageName, str]:
    """Give the key that every stage's result has or would have, without running anything.

    Stages that need the frame rate are left out where it is unknown. A key holds those parts of the animal's inputs
    that its stage reads; known cells that are given have the key that they were given by. Errors as `fill_params`.
    """
    filled = with_defaults(engine, fill_params(params, info, inputs))
    keys: dict[StageName, str] = {"source": _source_key(info)}
    identity = identity_of(engine)
    for stage in STAGES:
        if stage.name == "known_cells" and inputs.known_cells:
            keys[stage.name] = inputs.known_cells
            continue
        read = filled.read_by(stage.name)
        has_rate = "dataset.fr" not in read or read["dataset.fr"] is not None
        if has_rate and all(parent in keys for parent in stage.parents):
            parents = {parent: keys[parent] for parent in stage.parents}
            own = inputs.only(stage.reads_inputs).to_dict()
            keys[stage.name] = stage_key(stage, identity if stage.uses_engine else None, read, parents, own)
    return keys


def read_code() -> None:
    """Read the sources and versions that keys hold, which takes a tenth of a second; they are remembered."""
    for stage in STAGES:
        code_digest(stage.code)
    computing_versions()


def identity_of(engine: Engine) -> list[str]:
    """Give what in keys stands for an engine."""
    return [engine.name, engine.availability().version, code_digest((type(engine).__module__,))]


def _source_key(info: RecordingInfo) -> str:
    """Give the key of a recording; with a changed reader, frames or their times may be others than they were."""
    content = {"stage": "source", "fingerprint": info.fingerprint, "shape": list(info.shape), "reader": info.reader}
    code, libraries = code_digest(code_of(info.reader)), versions_of(libraries_of(info.reader))
    return _digest(content | {"code": code, "libraries": libraries})


def stage_key(
    stage: Stage,
    engine: list[str] | None,
    read: Mapping[str, Any],
    parents: Mapping[StageName, str],
    inputs: Mapping[str, Any],
) -> str:
    """Give the key of one stage's result from all that it depends on.

    Parameters
    ----------
    engine
        As by `identity_of`; None where the stage uses none.
    read
        The parameters that it reads, by full name.
    inputs
        What a person set for this animal, as far as the stage reads it.
    """
    content: dict[str, Any] = {
        "stage": stage.name,
        "layout": stage.layout,
        "code": code_digest(stage.code),
        "libraries": computing_versions(),
        "engine": engine,
        "parameters": read,
        "parents": parents,
    }
    return _digest(content | {"inputs": inputs} if inputs else content)


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]
