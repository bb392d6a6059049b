"""What is said of each animal of a cohort, in numbers, and which of them lie far from those of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from calscope.algorithms.comparison.outliers import spread
from calscope.algorithms.motion_check import shift_summary
from calscope.model.curation.component_flags import FLAG_KINDS, FlagKind, is_raised
from calscope.model.detection import Limit
from calscope.model.results import MotionEstimate
from calscope.plots.scaling import short
from calscope.ui.evaluation import detection_panel, thresholds_panel
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.session import own_values, remarks, shown_run
from calscope.ui.session.shown_run import ShownAnimal


@dataclass(frozen=True)
class Measure:
    """A number that is known of animals."""

    name: str
    """Of the entry in `AnimalMeasures`, and of the column in files."""
    title: str
    least: float
    """The smallest deviation between animals that is taken for one."""


MEASURES = (
    Measure("frames", "frames", 1.0),
    Measure("shift_p95_px", "95 % shift", 0.5),
    Measure("match", "match", 0.02),
    Measure("components", "components", 2.0),
    Measure("accepted", "accepted", 2.0),
    Measure("snr_median", "SNR", 0.2),
    Measure("flagged", "flagged", 2.0),
    Measure("detection_limit_snr", "detection limit", 0.2),
)
"""Those in which animals are compared."""


@dataclass(frozen=True)
class AnimalMeasures:
    """One animal; None where something was not measured."""

    animal: ShownAnimal
    view: EvaluatedAnimal | None
    frames: int | None
    duration_s: float | None
    motion_verdict: str
    shift_p95_px: float | None
    """Distance of a frame from the median position that 95 % of the frames don't exceed."""
    match: float | None
    """Median correlation of the corrected frames with the template."""
    components: int | None
    accepted: int | None
    snr_median: float | None
    """Of the accepted components."""
    flags: Mapping[FlagKind, int] | None
    """How many of the accepted components have a flag of each kind; None where the run did not look for them."""
    flagged: int | None
    """How many of the accepted components have any."""
    limit: Limit | None
    """Peak SNR at which half of the cells that are put in are accepted."""
    ran_with: str
    """Values of its own that it ran with."""
    remark: str

    @property
    def name(self) -> str:
        """Name of the animal."""
        return self.animal.name

    @property
    def detection_limit_snr(self) -> float | None:
        """The limit without its interval; inf or 0 beyond what was tried."""
        return self.limit.value if self.limit else None

    @property
    def error(self) -> str:
        """Why its run ended early; empty where it did not."""
        return self.animal.record.error if self.animal.record else ""

    @property
    def is_in_group(self) -> bool:
        """Whether it counts as one of the group that others are compared with: its run ended well."""
        return self.animal.record is not None and not self.error


def of_all() -> list[AnimalMeasures]:
    """Give the measures of all animals of the project, in its order, each of the run that pages show."""
    return [_of(animal) for animal in shown_run.animals("evaluation", "refit", "fit", "apply")]


def _of(animal: ShownAnimal) -> AnimalMeasures:
    results, view = animal.results, thresholds_panel.evaluated(animal)
    motion, corrected, quality = results.motion_estimate, results.corrected, results.motion_quality
    fit = results.refit or results.first
    evaluation = thresholds_panel.evaluation_of(animal)
    frames = animal.info.shape[0] if animal.info else None
    return AnimalMeasures(
        animal=animal,
        view=view,
        frames=frames,
        duration_s=frames / animal.fr_hz if frames and animal.fr_hz else None,
        motion_verdict=quality.verdict if quality else "",
        shift_p95_px=_shift(results.keys["estimate"], _motion=motion) if motion else None,
        match=float(np.nanmedian(corrected.corr_corrected)) if corrected else None,
        components=fit.n if fit else None,
        accepted=evaluation.n_accepted if evaluation else None,
        snr_median=_snr(view),
        **_flags(view),
        limit=_limit_of(animal),
        ran_with=own_values.ran_with(animal.record),
        remark=remarks.all_of_project().get(animal.name, ""),
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _shift(key: str, _motion: MotionEstimate) -> float:
    return float(shift_summary.summarise_shifts(shift_summary.shift_length(_motion, None)).p95)


def _snr(view: EvaluatedAnimal | None) -> float | None:
    if view is None or view.evaluation is None:
        return None
    values = view.quality.snr[view.evaluation.accepted]
    return float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else None


def _flags(view: EvaluatedAnimal | None) -> dict[str, Any]:
    """Count flags among the accepted components."""
    if view is None or view.evaluation is None or view.flags is None:
        return {"flags": None, "flagged": None}
    raised = {kind: is_raised(view.flags, kind) & view.evaluation.accepted for kind in FLAG_KINDS}
    flagged = int(np.any(list(raised.values()), axis=0).sum())
    return {"flags": {kind: int(those.sum()) for kind, those in raised.items()}, "flagged": flagged}


def _limit_of(animal: ShownAnimal) -> Limit | None:
    """Give the detection limit, where cells were put into the same analysis of the animal."""
    found = detection_panel.search_of(animal)
    return found.detection.limits.accepted_50 if found else None


def far_from_group(animals: Sequence[AnimalMeasures]) -> dict[str, dict[str, str]]:
    """Give by animal, and by name of the measure, in words what lies far from the group.

    An animal without a run, or whose run failed, is not in the group: it is neither far nor moves the median.
    """
    found: dict[str, dict[str, str]] = {one.name: {} for one in animals}
    members = [one for one in animals if one.is_in_group]
    for measure in MEASURES:
        values: list[float | None] = [getattr(one, measure.name) for one in members]
        group = spread(values, measure.least)
        for one, value, is_far in zip(members, values, group.far if group else (), strict=False):
            if group and is_far and value is not None:
                found[one.name][measure.name] = f"{measure.title} {short(value)} (median {short(group.median)})"
    return found
