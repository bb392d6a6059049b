"""What is known of a simulated recording: the true outlines and motion, and how well the results match them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.agreement import match_footprints
from calscope.algorithms.comparison.truth_scores import (
    FoundCells,
    Truth,
    cropped_truth,
    displacement,
    drawn_footprints,
    found_cells,
    motion_error_px,
)
from calscope.io.file_names import TRUTH_FILE
from calscope.model.crop import Crop
from calscope.model.errors import CalscopeError
from calscope.model.fields import StageName
from calscope.model.movie import FloatArray
from calscope.model.results import Components, MotionEstimate
from calscope.pipeline.truth_file import read_truth
from calscope.plots.contours import Outline, outlines
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.session import shown_run
from calscope.ui.session.shown_run import ShownAnimal

SHOWN_WITH: tuple[StageName, ...] = ("apply", "refit", "evaluation")
"""Results that the truth is drawn with."""


def show_switch() -> None:
    """Draw the switch, where the current animal is simulated and what made it is known."""
    ref = shown_run.current()
    if ref is not None and (ref.path / TRUTH_FILE).is_file():
        st.toggle(
            "Truth",
            key=keys.SHOWS_TRUTH,
            persist_state="session",
            help="This recording is simulated: its true outlines and motion are known. No run reads them.",
        )


def of(animal: ShownAnimal) -> Truth | None:
    """Give the truth of an animal where it is known and the switch is on."""
    return _known(animal) if st.session_state.get(keys.SHOWS_TRUTH) else None


def is_known(animal: ShownAnimal) -> bool:
    """Tell whether the truth of an animal is known, whatever the switch says."""
    return _known(animal) is not None


def _known(animal: ShownAnimal) -> Truth | None:
    info = animal.info
    if info is None:
        return None
    try:
        return _read(info.path, info.fingerprint, info.shape[0], animal.crop)
    except CalscopeError:
        return None


@st.cache_resource(max_entries=8, show_spinner="Reading the truth")
def _read(path: str, fingerprint: str, n_frames: int, crop: Crop | None) -> Truth | None:
    whole = read_truth(Path(path), crop.stop if crop else n_frames)
    return whole if whole is None or crop is None else cropped_truth(whole, crop)


def true_outlines(view: EvaluatedAnimal) -> tuple[Outline, ...]:
    """Give the outlines of all simulated cells, laid where the components are; none while the switch is off."""
    return outlines_over(view.animal, view.keys[0], view.components)


def outlines_over(animal: ShownAnimal, key: str, components: Components) -> tuple[Outline, ...]:
    """Give the outlines of all simulated cells as `true_outlines`, for components that are stored under `key`."""
    truth = of(animal)
    return () if truth is None else _outlines(key, _truth=truth, _components=components)


@st.cache_data(max_entries=32, show_spinner="Laying out the truth")
def _outlines(key: str, _truth: Truth, _components: Components) -> tuple[Outline, ...]:
    drawn = csc_matrix(drawn_footprints(_truth.masks, _components.A))
    return outlines(drawn[:, np.flatnonzero(drawn.getnnz(axis=0))], _components.dims)


def true_traces(view: EvaluatedAnimal, wanted: Sequence[int]) -> dict[int, FloatArray] | None:
    """Give the true calcium of the cells that some components match, (T,), laid on their denoised traces.

    A component that matches no cell is not in it. None while the switch is off, or where the truth is unknown.
    """
    truth = of(view.animal)
    if truth is None:
        return None
    cells = _cells(view.keys[0], _truth=truth, _components=view.components)
    return {
        number: laid_on(truth.traces[cells[number]], view.components.C[number]) for number in wanted if number in cells
    }


@st.cache_data(max_entries=32, show_spinner="Comparing with the truth")
def _cells(key: str, _truth: Truth, _components: Components) -> dict[int, int]:
    """Give the simulated cell that each component matches."""
    drawn = csc_matrix(drawn_footprints(_truth.masks, _components.A))
    return {int(found): int(cell) for cell, found in match_footprints(drawn, _components.A).pairs}


def laid_on(trace: FloatArray, other: FloatArray) -> FloatArray:
    """Scale and shift a trace, (T,), to lie on another one by least squares; never upside down."""
    centred = np.asarray(trace, np.float64) - trace.mean()
    power = float(centred @ centred)
    gain = max(float(centred @ (other - other.mean())) / power, 0.0) if power else 0.0
    return (gain * centred + other.mean()).astype(np.float32)


def say_cells(view: EvaluatedAnimal) -> None:
    """Say how well the accepted components match the simulated cells, while the switch is on."""
    truth = of(view.animal)
    if truth is None:
        return
    accepted = np.ones(view.components.n, bool) if view.evaluation is None else view.evaluation.accepted
    found = _score(view.keys[0], accepted.tobytes(), _truth=truth, _components=view.components)
    st.caption(
        f"**Against the truth:** {found.n_found} accepted, {found.n_true} active cells in the simulation. F1 "
        f"**{found.f1:.3f}** (precision {found.precision:.3f}, recall {found.recall:.3f}). Median over the cells "
        f"found: footprints agree by a cosine of {found.cosine:.3f}, traces correlate by {found.trace_r:.3f}."
    )


def f1(view: EvaluatedAnimal) -> float | None:
    """Give how well the accepted components match the simulated cells, 1 at best; None while the switch is off."""
    if of(view.animal) is None or view.evaluation is None:
        return None
    found = score(view.animal, view.components, view.evaluation.accepted)
    return None if found is None else found.f1


def score(animal: ShownAnimal, components: Components, accepted: NDArray[np.bool_]) -> FoundCells | None:
    """Give how well accepted components match the simulated cells, whatever the switch says; None without a truth.

    None as well where the truth is of another field or of fewer frames.
    """
    truth = _known(animal)
    if truth is None or truth.masks.shape[1:] != components.dims or truth.traces.shape[1] != components.n_frames:
        return None
    return _score(animal.results.keys["refit"], accepted.tobytes(), _truth=truth, _components=components)


@st.cache_data(max_entries=64, show_spinner="Comparing with the truth")
def _score(key: str, accepted: bytes, _truth: Truth, _components: Components) -> FoundCells:
    chosen = np.frombuffer(accepted, bool)
    return found_cells(_truth, _components.A[:, chosen], _components.C[chosen])


def true_shifts(animal: ShownAnimal, motion: MotionEstimate) -> FloatArray | None:
    """Give the true shift of the whole frame, (T, 2) px with the sign of ours; None while the switch is off."""
    truth = of(animal)
    return None if truth is None else _shifts(animal.results.keys["estimate"], _truth=truth, _motion=motion)


@st.cache_data(max_entries=32, show_spinner=False)
def _shifts(key: str, _truth: Truth, _motion: MotionEstimate) -> FloatArray:
    rows, columns = _truth.masks.shape[1:]
    middle = np.array([[(rows - 1) / 2, (columns - 1) / 2]])
    true = displacement(_truth, middle)[:, 0]
    ours = np.asarray(_motion.shifts_rig, np.float64)
    against = true if ((ours + true).std(axis=0) < (ours - true).std(axis=0)).all() else -true
    return (np.median(ours + against, axis=0) - against).astype(np.float32)


def say_motion(animal: ShownAnimal, motion: MotionEstimate) -> None:
    """Say how far the shifts are from the true motion, while the switch is on."""
    truth = of(animal)
    if truth is not None:
        error_px = _motion_error(animal.results.keys["estimate"], _truth=truth, _motion=motion)
        st.caption(
            f"**Against the truth:** the shifts miss the simulated motion by {error_px:.3f} px (root mean square over "
            "frames and patches). Dotted: the true shift of the middle of the field."
        )


@st.cache_data(max_entries=32, show_spinner="Comparing with the truth")
def _motion_error(key: str, _truth: Truth, _motion: MotionEstimate) -> float:
    rows, columns = _truth.masks.shape[1:]
    if _motion.shifts_els is not None and _motion.centers_px is not None:
        return motion_error_px(_truth, _motion.shifts_els, _motion.centers_px)
    return motion_error_px(_truth, _motion.shifts_rig[:, None], np.array([[(rows - 1) / 2, (columns - 1) / 2]]))
