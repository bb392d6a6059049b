"""How each kind of result is taken apart into arrays and plain values for the store, and put together again."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from calscope.model.artefacts import RecordingCheck
from calscope.model.curation.edits import EditedComponents, parts_of
from calscope.model.errors import StoreError
from calscope.model.fields import StageName
from calscope.model.motion_preview import MotionPreview, MotionSurvey, MovingPart, PreviewVersion
from calscope.model.movie import Movie
from calscope.model.notes import Note, notes_from_json, notes_to_json
from calscope.model.proposals import AverageTransient, Measure, Measurements
from calscope.model.results import (
    Components,
    CorrectedMovie,
    Estimate,
    Evaluation,
    MotionEstimate,
    MotionGain,
    MotionMeasures,
    MotionQuality,
    MovieValues,
    RelativeFluorescence,
    Residual,
    SummaryImages,
)
from calscope.pipeline.result_writer import ResultWriter
from calscope.pipeline.store import StoredResult
from calscope.pipeline.stored_parts.detection_parts import (
    load_confirmation,
    load_detection,
    load_found_cells,
    load_half_fits,
    load_known_cells,
    save_confirmation,
    save_detection,
    save_found_cells,
    save_half_fits,
    save_known_cells,
)
from calscope.pipeline.stored_parts.flag_parts import load_flags, save_flags
from calscope.pipeline.stored_parts.shared_parts import (
    array_or_none,
    load_component_quality,
    load_footprints,
    save_component_quality,
    save_floats,
    save_footprints,
)


@dataclass(frozen=True)
class Codec:
    """A way into the store and the way back."""

    save: Callable[[ResultWriter, Any], None]
    load: Callable[[StoredResult], Any]


def save_result(stage: StageName, writer: ResultWriter, result: object) -> None:
    """Write a stage's result."""
    CODECS[stage].save(writer, result)


def load_result(stage: StageName, stored: StoredResult) -> Any:
    """Give a stage's result; large arrays stay on disk as memory maps.

    Raises
    ------
    StoreError
        When what is stored is not what this version stores: another one made it, or its files are damaged.
    """
    try:
        return CODECS[stage].load(stored)
    except (KeyError, IndexError, TypeError, ValueError, OSError, EOFError) as error:
        raise StoreError(
            f"The result {stored.key} of the stage {stage} is not one of this version of Calscope: another version "
            f"made it, or its files are damaged ({type(error).__name__}: {error}). Run again to make it anew."
        ) from error


def _save_images(writer: ResultWriter, images: SummaryImages) -> None:
    save_floats(writer, images, "mean", "max", "corr")


def _load_images(stored: StoredResult) -> SummaryImages:
    return SummaryImages(mean=stored.array("mean"), max=stored.array("max"), corr=stored.array("corr"))


def _save_check(writer: ResultWriter, check: RecordingCheck) -> None:
    writer.save("light_artefacts", np.asarray(check.light_artefacts, np.bool_))
    save_floats(writer, check, "still_fill")
    writer.values.update(
        line_offset_px=float(check.line_offset_px),
        pattern_share=float(check.pattern_share),
        has_still_image=bool(check.has_still_image),
        notes=notes_to_json(check.notes),
    )


def _load_check(stored: StoredResult) -> RecordingCheck:
    values = dict(stored.values)
    notes = notes_from_json(values.pop("notes"))
    artefacts, fill = stored.array("light_artefacts"), stored.array("still_fill")
    return RecordingCheck(light_artefacts=artefacts, still_fill=fill, notes=notes, **values)


def _save_survey(writer: ResultWriter, survey: MotionSurvey) -> None:
    save_floats(writer, survey, "shifts", "template")
    writer.save("frames", np.asarray(survey.frames, np.int64))
    writer.save("shows", np.asarray(survey.shows, np.bool_))
    writer.values["binning"] = int(survey.binning)


def _load_survey(stored: StoredResult) -> MotionSurvey:
    arrays = {name: stored.array(name) for name in ("frames", "shifts", "shows", "template")}
    return MotionSurvey(binning=stored.values["binning"], **arrays)


def _save_preview(writer: ResultWriter, preview: MotionPreview) -> None:
    told = {}
    for name, version in preview.versions.items():
        for kind in ("mean", "max", "corr"):
            writer.save(f"{name}_{kind}", np.asarray(getattr(version.images, kind), np.float32))
        measures = None if version.measures is None else asdict(version.measures)
        told[name] = {"template_r": float(version.template_r), "measures": measures}
    writer.values.update(
        crop=asdict(preview.crop),
        versions=told,
        verdict=preview.verdict,
        why=preview.why.to_json(),
        n_evaluated=int(preview.n_evaluated),
        notes=notes_to_json(preview.notes),
        crop_notes=notes_to_json(preview.crop_notes),
    )


def _load_preview(stored: StoredResult) -> MotionPreview:
    values = stored.values
    versions = {}
    for name, told in values["versions"].items():
        images = SummaryImages(**{kind: stored.array(f"{name}_{kind}") for kind in ("mean", "max", "corr")})
        measures = None if told["measures"] is None else _load_measures(told["measures"])
        versions[name] = PreviewVersion(images, told["template_r"], measures)
    return MotionPreview(
        crop=MovingPart(**values["crop"]),
        versions=versions,
        verdict=values["verdict"],
        why=Note.from_json(values["why"]),
        n_evaluated=values["n_evaluated"],
        notes=notes_from_json(values["notes"]),
        crop_notes=notes_from_json(values["crop_notes"]),
    )


def _save_proposals(writer: ResultWriter, found: Measurements) -> None:
    save_floats(writer, found, "cells", "corr", "parts_px", "noise_curve")
    if found.transient is not None:
        save_floats(writer, found.transient, "mean", "fitted")
        writer.values["transient"] = {"before": found.transient.before, "skipped": found.transient.skipped}
    writer.values.update(
        measures={
            name: {
                "estimate": None if one.estimate is None else asdict(one.estimate),
                "n": int(one.n),
                "why_not": None if one.why_not is None else one.why_not.to_json(),
            }
            for name, one in found.measures.items()
        },
        shape=_ints(found.shape),
        looked_at=_ints(found.looked_at),
        rim_px=_ints(found.rim_px),
        rise_frames=int(found.rise_frames),
    )


def _load_proposals(stored: StoredResult) -> Measurements:
    values = stored.values
    told = values.get("transient")
    transient = (
        None if told is None else AverageTransient(mean=stored.array("mean"), fitted=stored.array("fitted"), **told)
    )
    return Measurements(
        measures={name: _load_measure(one) for name, one in values["measures"].items()},
        shape=tuple(values["shape"]),
        looked_at=tuple(values["looked_at"]),
        cells=stored.array("cells"),
        rim_px=tuple(values["rim_px"]),
        rise_frames=values["rise_frames"],
        corr=stored.array("corr"),
        transient=transient,
        parts_px=stored.array("parts_px"),
        noise_curve=stored.array("noise_curve"),
    )


def _load_measure(told: Mapping[str, Any]) -> Measure:
    estimate = None if told["estimate"] is None else Estimate(**told["estimate"])
    return Measure(estimate, told["n"], None if told["why_not"] is None else Note.from_json(told["why_not"]))


def _load_measures(told: Mapping[str, Mapping[str, float]]) -> MotionMeasures:
    return MotionMeasures(**{name: Estimate(**value) for name, value in told.items()})


def _save_estimate(writer: ResultWriter, motion: MotionEstimate) -> None:
    save_floats(writer, motion, "template", "shifts_rig", "corr_raw")
    for name in ("shifts_els", "centers_px", "field_coefficients"):
        if getattr(motion, name) is not None:
            save_floats(writer, motion, name)
    if motion.values is not None:
        save_floats(writer, motion.values, "fill")
        # as an array: JSON has no infinity
        ends = (*motion.values.credible, motion.values.low, motion.values.high)
        writer.save("value_ends", np.asarray(ends, np.float64))
    writer.values.update(
        rim_px=int(motion.rim_px), patch_shape_px=_ints(motion.patch_shape_px), notes=notes_to_json(motion.notes)
    )


def _load_estimate(stored: StoredResult) -> MotionEstimate:
    values = stored.values
    return MotionEstimate(
        template=stored.array("template"),
        shifts_rig=stored.array("shifts_rig"),
        corr_raw=stored.array("corr_raw"),
        rim_px=values["rim_px"],
        shifts_els=array_or_none(stored, "shifts_els"),
        centers_px=array_or_none(stored, "centers_px"),
        patch_shape_px=_pair(values["patch_shape_px"]),
        field_coefficients=array_or_none(stored, "field_coefficients"),
        values=_load_movie_values(stored),
        notes=notes_from_json(values["notes"]),
    )


def _load_movie_values(stored: StoredResult) -> MovieValues | None:
    if "fill" not in stored.arrays:
        return None
    lowest, highest, low, high = (float(value) for value in stored.array("value_ends"))
    return MovieValues(stored.array("fill"), (lowest, highest), low, high)


def _save_corrected(writer: ResultWriter, corrected: CorrectedMovie) -> None:
    writer.save("codes", corrected.movie.codes)
    save_floats(writer, corrected, "corr_corrected")
    writer.values.update(
        scale=float(corrected.movie.scale), offset=float(corrected.movie.offset), border_px=int(corrected.border_px)
    )


def _load_corrected(stored: StoredResult) -> CorrectedMovie:
    values = stored.values
    return CorrectedMovie(
        movie=Movie(stored.array("codes"), scale=values["scale"], offset=values["offset"]),
        corr_corrected=stored.array("corr_corrected"),
        border_px=values["border_px"],
    )


def _save_motion_quality(writer: ResultWriter, quality: MotionQuality) -> None:
    save_floats(writer, quality, "shift_px", "margin_to_max_shift_px")
    for name in ("clipped", "got_worse"):
        writer.save(name, np.asarray(getattr(quality, name), np.bool_))
    writer.values.update(
        brightness_r=float(quality.brightness_r),
        brightness_p=float(quality.brightness_p),
        measures={version: asdict(measures) for version, measures in quality.measures.items()},
        gains=[asdict(gain) for gain in quality.gains],
        verdict=quality.verdict,
        why=quality.why.to_json(),
        n_evaluated=int(quality.n_evaluated),
        flags=notes_to_json(quality.flags),
    )


def _load_motion_quality(stored: StoredResult) -> MotionQuality:
    values = stored.values
    return MotionQuality(
        shift_px=stored.array("shift_px"),
        margin_to_max_shift_px=stored.array("margin_to_max_shift_px"),
        clipped=stored.array("clipped"),
        got_worse=stored.array("got_worse"),
        brightness_r=values["brightness_r"],
        brightness_p=values["brightness_p"],
        verdict=values["verdict"],
        why=Note.from_json(values["why"]),
        n_evaluated=values["n_evaluated"],
        measures={version: _load_measures(measures) for version, measures in values["measures"].items()},
        gains=tuple(MotionGain(**{**gain, "gain": Estimate(**gain["gain"])}) for gain in values["gains"]),
        flags=notes_from_json(values["flags"]),
    )


_TRACES = ("C", "S", "YrA", "b", "f", "bl", "c1", "g", "neurons_sn", "sn")


def _save_components(writer: ResultWriter, components: Components) -> None:
    save_footprints(writer, components.A)
    save_floats(writer, components, *_TRACES)
    writer.values.update(dims=_ints(components.dims), notes=notes_to_json(components.notes))


def _load_components(stored: StoredResult) -> Components:
    height, width = stored.values["dims"]
    traces = {name: stored.array(name) for name in _TRACES}
    A = load_footprints(stored, height * width)
    return Components(dims=(height, width), A=A, notes=notes_from_json(stored.values["notes"]), **traces)


def _save_evaluation(writer: ResultWriter, evaluation: Evaluation) -> None:
    writer.save("accepted", np.asarray(evaluation.accepted, np.bool_))
    writer.values["reasons"] = notes_to_json(evaluation.reasons)


def _load_evaluation(stored: StoredResult) -> Evaluation:
    return Evaluation(accepted=stored.array("accepted"), reasons=notes_from_json(stored.values["reasons"]))


def _save_dff(writer: ResultWriter, dff: RelativeFluorescence) -> None:
    save_floats(writer, dff, "dff", "f0")
    writer.values["notes"] = notes_to_json(dff.notes)


def _load_dff(stored: StoredResult) -> RelativeFluorescence:
    notes = notes_from_json(stored.values["notes"])
    return RelativeFluorescence(dff=stored.array("dff"), f0=stored.array("f0"), notes=notes)


def _save_residual(writer: ResultWriter, residual: Residual) -> None:
    save_floats(writer, residual, "peak")
    writer.save("frame", np.asarray(residual.frame, np.int32))


def _load_residual(stored: StoredResult) -> Residual:
    return Residual(peak=stored.array("peak"), frame=stored.array("frame"))


def _save_edited(writer: ResultWriter, found: EditedComponents) -> None:
    _save_components(writer, found.components)
    writer.save("parts", np.asarray(found.parts, np.int32).reshape(-1, 2))
    writer.values["refused"] = [[number, why.to_json()] for number, why in sorted(found.refused.items())]


def _load_edited(stored: StoredResult) -> EditedComponents:
    refused = {int(number): Note.from_json(why) for number, why in stored.values["refused"]}
    return EditedComponents(_load_components(stored), parts_of(stored.array("parts").tolist()), refused)


_IMAGES = Codec(_save_images, _load_images)
_COMPONENTS = Codec(_save_components, _load_components)
CODECS: dict[StageName, Codec] = {
    "before": _IMAGES,
    "check": Codec(_save_check, _load_check),
    "survey": Codec(_save_survey, _load_survey),
    "preview": Codec(_save_preview, _load_preview),
    "proposals": Codec(_save_proposals, _load_proposals),
    "estimate": Codec(_save_estimate, _load_estimate),
    "apply": Codec(_save_corrected, _load_corrected),
    "after": _IMAGES,
    "motion_quality": Codec(_save_motion_quality, _load_motion_quality),
    "fit": _COMPONENTS,
    "refit": _COMPONENTS,
    "edited": Codec(_save_edited, _load_edited),
    "residual": Codec(_save_residual, _load_residual),
    "component_quality": Codec(save_component_quality, load_component_quality),
    "evaluation": Codec(_save_evaluation, _load_evaluation),
    "flags": Codec(save_flags, load_flags),
    "dff": Codec(_save_dff, _load_dff),
    "known_cells": Codec(save_known_cells, load_known_cells),
    "known_found": Codec(save_found_cells, load_found_cells),
    "injected": Codec(save_detection, load_detection),
    "half_fits": Codec(save_half_fits, load_half_fits),
    "halves": Codec(save_confirmation, load_confirmation),
}


def _ints(values: tuple[int, ...] | None) -> list[int] | None:
    return None if values is None else [int(value) for value in values]


def _pair(values: list[int] | None) -> tuple[int, int] | None:
    return None if values is None else (values[0], values[1])
