"""Results of a run in which persons merged, split and drew components: they stand for those of the run everywhere.

The components after the changes are a stage `edited` of their own, whose key holds the changes and the keys of the
movie and of the refit. Whatever comes after the refit is made from them by the same stages. A run of which nothing
was changed has no such stage: none of its keys is another one for it. Each change is added to the result of those
before it, so that only the new one is computed, and only what it changed is measured again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from calscope.algorithms.curation.apply_edits import apply_edits
from calscope.algorithms.curation.said_edits import edits_of_run, said_edits
from calscope.algorithms.evaluation.measure_changed import Measured, measure_changed
from calscope.engines.engine import Context, with_defaults
from calscope.engines.engine_registry import ENGINES, get_engine
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.curation.edits import EDIT_KINDS, EditedComponents, Edits, Part, edits_to_json, unedited
from calscope.model.errors import ParameterError, StoreError
from calscope.model.fields import StageName
from calscope.model.notes import Note
from calscope.model.params import Parameters
from calscope.model.progress import Progress, part, silent
from calscope.model.results import ComponentQuality, Components
from calscope.pipeline.animal_results import AnimalResults, Edited
from calscope.pipeline.codecs import save_result
from calscope.pipeline.cpus import cpu_count
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.stage_keys import identity_of, resolve_params, stage_key
from calscope.pipeline.stages import Stage, stage_of
from calscope.pipeline.steps.stage_inputs import StageInputs, needed
from calscope.pipeline.versions import library_versions

FOLLOWING: tuple[StageName, ...] = ("component_quality", "evaluation", "dff")
"""Stages after the refit that are made anew; the others tell of the fit itself."""
_CODE = ("calscope.algorithms.curation.apply_edits", "calscope.algorithms.evaluation.measure_changed")
_ROUGH_SECONDS = 0.002


def can_be_edited(run: AnimalRun) -> bool:
    """Tell whether components of a run can be changed: it has a refit, and the movie that was fitted."""
    return {"apply", "refit"} <= set(run.keys) and run.info is not None and run.engine in ENGINES


def with_edits(run: AnimalRun, results: AnimalResults, entries: Sequence[CurationEntry]) -> AnimalResults:
    """Give a run's results as persons changed them, which may have to be made yet (`make_edited`).

    The same results where nobody changed anything.

    Raises
    ------
    StoreError
        When the run's parameters are of another version, or the refit is gone.
    """
    said = said_edits(entries) if can_be_edited(run) else ()
    if not said:
        return results
    if results.refit is None:
        raise _gone(run)
    found = edits_of_run(said, results.keys["refit"], results.refit)
    keys = _keys(run, found.edits, results.keys) if found.edits else {}
    return AnimalResults(results.store, {**results.keys, **keys}, Edited(results, found))


def edited_run(run: AnimalRun, results: AnimalResults) -> AnimalRun:
    """Give the record of a run with the keys and the number of components of its results after changes by hand."""
    edited, evaluation = results.edited, results.evaluation
    if edited is None:
        return run
    counts = {**run.counts, "refit": edited.components.n}
    if evaluation is not None:
        counts |= {"accepted": evaluation.n_accepted, "rejected": evaluation.n_rejected}
    return replace(run, keys=results.keys, counts=counts, notes=(*run.notes, *_notes(results)))


def _notes(results: AnimalResults) -> Iterator[Note]:
    """Say how many components were merged, split and drawn."""
    edits, edited = results.edits, results.edited
    if edits and edited:
        made = Counter(said.kind for number, said in enumerate(edits.said) if number not in edited.refused)
        if made:
            yield Note("edited_by_hand", {kind: made[kind] for kind in EDIT_KINDS})


def is_made(results: AnimalResults) -> bool:
    """Tell whether all that was changed by hand is in the store."""
    return all(results.store.has(results.keys[stage]) for stage in _stages(results))


def make_edited(
    run: AnimalRun,
    results: AnimalResults,
    *,
    only_components: bool = False,
    workers: int | None = None,
    progress: Progress = silent,
) -> None:
    """Make what is not in the store yet of results that were changed by hand; for a preview only the components.

    Raises
    ------
    StoreError
        When the movie or the refit is no longer there, or the disk refuses.
    EngineError
        When the engine that measures components is not there.
    Cancelled
        When `progress` raised it; what is whole by then stays.
    """
    wanted = [stage for stage in _stages(results) if stage == "edited" or not only_components]
    missing = [stage for stage in wanted if not results.store.has(results.keys[stage])]
    if not missing:
        return
    making = _Making(run, results, workers or cpu_count())
    for at, stage in enumerate(missing):
        making.make(stage, part(progress, at / len(missing), (at + 1) / len(missing)))


def _stages(results: AnimalResults) -> list[StageName]:
    return [stage for stage in ("edited", *FOLLOWING) if stage in results.keys] if "edited" in results.keys else []


class _Making:
    def __init__(self, run: AnimalRun, results: AnimalResults, workers: int) -> None:
        self.run, self.results, self.workers = run, results, workers
        self.params, self.engine = _parameters(run), get_engine(run.engine)
        self.store, self.found = results.store, results.as_fitted

    def make(self, name: StageName, progress: Progress) -> None:
        """Compute one stage and keep it."""
        stage = self._stage(name)
        corrected = self.found.corrected
        if corrected is None:
            raise StoreError(
                f"The corrected movie of {self.run.name} is no longer in the store, so components that were changed by "
                "hand can't be made. Run the animal again with the same parameters."
            )
        with (
            self.store.lease([*self.results.keys.values(), *self.found.keys.values()]),
            self.store.scratch() as scratch,
            self.store.writer(self.results.keys[name], self._provenance(stage)) as writer,
        ):
            context = Context(progress=progress, allocate=writer.allocate, workers=self.workers, scratch=scratch)
            inputs = StageInputs(corrected.movie, self.params, self.engine, self.results, context)
            save_result(name, writer, stage.run(inputs))

    def _stage(self, name: StageName) -> Stage:
        if name == "edited":
            return self._edited()
        stage, measured = stage_of(name), None
        if name == "component_quality" and self.engine.measures_locally:
            measured = self._last_measured()
        return replace(stage, run=partial(_measure, before=measured[0], parts=measured[1])) if measured else stage

    @property
    def _edits(self) -> Edits:
        return self.results.edits.edits if self.results.edits else ()

    def _edited(self) -> Stage:
        wanted = self._edits
        start, n_made = self._longest_made(wanted)
        return Stage(
            "edited",
            "components changed by hand",
            ("apply", "refit"),
            partial(_apply, fit=self._fit(), edits=wanted, start=start, n_made=n_made),
            _CODE,
            _ROUGH_SECONDS,
        )

    def _longest_made(self, edits: Edits) -> tuple[EditedComponents, int]:
        """Give the components after as many of the changes as were made before, and how many these are."""
        for n in range(len(edits) - 1, 0, -1):
            before = AnimalResults(self.store, {"edited": _edited_key(edits[:n], self.found.keys)}).edited
            if before is not None:
                return before, n
        return unedited(self._fit()), 0

    def _last_measured(self) -> tuple[Measured, tuple[Part, ...]] | None:
        """Give the components after as many of the changes as were measured before, and what each of them is."""
        for n in range(len(self._edits) - 1, -1, -1):
            keys = self.found.keys | (_keys(self.run, self._edits[:n], self.found.keys) if n else {})
            before = AnimalResults(self.store, keys)
            components, quality, edited = before.refit, before.component_quality, before.edited
            if components is not None and quality is not None and (edited is not None or not n):
                return Measured(components, quality), (edited or unedited(components)).parts
        return None

    def _fit(self) -> Components:
        if self.found.refit is None:
            raise _gone(self.run)
        return self.found.refit

    def _provenance(self, stage: Stage) -> dict[str, object]:
        info = self.run.info
        return {
            "stage": stage.name,
            "recording": self.run.name,
            "fingerprint": info.fingerprint if info else "",
            "shape": list(info.shape) if info else [],
            "parents": {parent: self.results.keys.get(parent, "") for parent in stage.parents},
            "versions": library_versions(),
        }


def _apply(
    inputs: StageInputs, *, fit: Components, edits: Edits, start: EditedComponents, n_made: int
) -> EditedComponents:
    wanted = inputs.params.cnmf
    return apply_edits(
        inputs.corrected.movie,
        fit,
        edits,
        start=start,
        n_made=n_made,
        gSig=wanted.gSig,
        gSiz=inputs.params.gSiz_px,
        nb=wanted.nb,
        p=wanted.p,
        bas_nonneg=wanted.bas_nonneg,
        workers=inputs.context.workers,
        progress=inputs.context.progress,
    )


def _measure(inputs: StageInputs, *, before: Measured, parts: Sequence[Part]) -> ComponentQuality:
    """Measure those that the last changes concern; the others are as they were."""
    edited = needed(inputs.parents.edited, "edited")
    number = {part: k for k, part in enumerate(parts)}
    return measure_changed(
        inputs.corrected.movie,
        before,
        edited.components,
        [number.get(part, -1) for part in edited.parts],
        gSig=inputs.params.cnmf.gSig,
        measure=lambda movie, some: inputs.engine.measure(movie, some, inputs.params, inputs.context),
    )


def _keys(run: AnimalRun, edits: Edits, keys: dict[StageName, str]) -> dict[StageName, str]:
    """Give the keys that are others after changes by hand."""
    edited = _edited_key(edits, keys)
    changed: dict[StageName, str] = {"edited": edited, "refit": edited}
    params, engine = _parameters(run), ENGINES[run.engine]
    for name in FOLLOWING:
        if name in keys:
            stage = stage_of(name)
            parents = {parent: changed.get(parent, keys.get(parent, "")) for parent in stage.parents}
            identity = identity_of(engine) if stage.uses_engine else None
            changed[name] = stage_key(stage, identity, params.read_by(name), parents, {})
    return changed


def _edited_key(edits: Edits, keys: dict[StageName, str]) -> str:
    """Give the key of components after changes; parameters stand in that of the refit."""
    stage = Stage("edited", "", ("apply", "refit"), lambda inputs: None, _CODE, _ROUGH_SECONDS)
    parents = {parent: keys[parent] for parent in stage.parents}
    return stage_key(stage, None, {}, parents, {"edits": edits_to_json(edits)})


def _gone(run: AnimalRun) -> StoreError:
    return StoreError(f"The components of {run.name} are no longer in the store. Run the animal again.")


def _parameters(run: AnimalRun) -> Parameters:
    if run.info is None:
        raise StoreError(f"The recording of {run.name} is not known.")
    try:
        return with_defaults(ENGINES[run.engine], resolve_params(Parameters.from_dict(run.requested), run.info))
    except ParameterError as error:
        raise StoreError(
            f"Components of {run.name} that were changed by hand can't be made: another version of Calscope made the "
            f"run, and this one does not know its parameters. {error} Run the animal again."
        ) from None
