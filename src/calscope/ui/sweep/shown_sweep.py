"""The sweep that a page shows: its description, what is done of it, and each point's components."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from calscope.io.project import RecordingRef
from calscope.jobs.manager import Job
from calscope.jobs.sweep_job import POINTS_FILE, read_points
from calscope.model.errors import CalscopeError
from calscope.model.params import Parameters
from calscope.model.sweeps.sweep_plan import Over, points_of
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.run_points import SweepPoint, SweepResults
from calscope.pipeline.trials import trial_store
from calscope.ui.frame import keys
from calscope.ui.session import places
from calscope.ui.session.lately import remembered


@dataclass(frozen=True)
class ShownSweep:
    """A sweep of one animal, done as far as it is."""

    job: Job
    params: Parameters
    """All values but those that vary."""
    points: tuple[dict[str, Any], ...]
    """Values of every point, by its number."""
    results: SweepResults

    @property
    def over(self) -> tuple[Over, ...]:
        """The parameters that vary."""
        return self.job.spec.sweep.over if self.job.spec.sweep else ()

    @cached_property
    def done(self) -> dict[int, SweepPoint]:
        """The points that have ended, by number."""
        return {point.number: point for point in self.results.points}

    @property
    def store(self) -> Store:
        """Where the points' results are."""
        store = places.store()
        return store if self.results.crop is None else trial_store(store.root)

    def results_of(self, point: SweepPoint) -> AnimalResults | None:
        """Give a point's results, as far as they are still in the store; None where it failed."""
        if point.record is None:
            return None
        return AnimalResults(self.store, point.record.keys)

    def number_of(self, params: Parameters) -> int | None:
        """Give the point with these values of what varies; None where there is none."""
        now = {one.parameter: _plain(params.get(one.parameter)) for one in self.over}
        return next((number for number, values in enumerate(self.points) if values == now), None)


def of_animal(ref: RecordingRef, kind: Literal["sweep", "search"] = "sweep") -> list[Job]:
    """Give all sweeps of an animal, or all searches on it, the newest first."""
    project = places.project()
    folder = str(project.root) if project else ""
    sweeps = [job for job in places.jobs() if job.spec.kind == kind and job.spec.data == folder]
    return [job for job in sweeps if job.spec.animals == (ref.name,)]


def chosen(jobs: list[Job]) -> ShownSweep | None:
    """Give the sweep that was chosen or started here, else the newest; None where there is none that can be read."""
    wanted = st.session_state.get(keys.SWEEP_SHOWN)
    for job in sorted(jobs, key=lambda job: job.id != wanted):
        try:
            params, plan = job.spec.one_animal()[1], job.spec.sweep_plan()
            return ShownSweep(job, params, points_of(plan.over, params), _read(job.folder))
        except CalscopeError:
            continue  # of another version
    return None


def _read(folder: Path) -> SweepResults:
    try:
        found = (folder / POINTS_FILE).stat()
    except OSError:
        return SweepResults()
    return _read_once(folder, found.st_mtime_ns, found.st_size)


@remembered(600.0)
def _read_once(folder: Path, written_ns: int, size: int) -> SweepResults:
    return read_points(folder)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
