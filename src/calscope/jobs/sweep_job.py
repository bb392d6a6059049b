"""A sweep or a search as a job: what it works on, and its points in a file of the job's folder."""

from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from calscope.engines.engine_registry import get_engine
from calscope.io.atomic_write import write_text_whole
from calscope.io.project import find_recordings
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import JobSpec
from calscope.model.animal_inputs import NO_INPUTS
from calscope.pipeline.cohort import choose_animals
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.find_values import SearchResults
from calscope.pipeline.sweeps.run_points import SweepResults, SweptAnimal

POINTS_FILE, SEARCH_FILE = "points.json", "search.json"


def swept_animal(store: Store, spec: JobSpec) -> SweptAnimal:
    """Give what a job of the kind `sweep` or `search` works on.

    Raises
    ------
    CalscopeError
        When the animal isn't there, its parameters are not allowed, or the engine can't run.
    """
    animal, params = spec.one_animal()
    (ref,) = choose_animals(find_recordings(Path(spec.data)), (animal,))
    return SweptAnimal(
        path=ref.path,
        params=params,
        engine=get_engine(spec.engine),
        store=store,
        n_frames=spec.n_frames,
        workers=spec.workers,
        inputs=replace(spec.inputs.get(animal, NO_INPUTS), parameters={}),
    )


def write_points(folder: JobFolder, results: SweepResults) -> None:
    """Write the points that have ended."""
    write_text_whole(folder.path / POINTS_FILE, _RESULTS.dump_json(results).decode())


def read_points(folder: Path) -> SweepResults:
    """Give the points that have ended; none where the file is absent or damaged."""
    try:
        return _RESULTS.validate_json((folder / POINTS_FILE).read_bytes())
    except (OSError, ValidationError):
        return SweepResults()


def write_search(folder: JobFolder, results: SearchResults) -> None:
    """Write what a search has tried."""
    write_text_whole(folder.path / SEARCH_FILE, _SEARCH.dump_json(results).decode())


def read_search(folder: Path) -> SearchResults:
    """Give what a search has tried; nothing where the file is absent or damaged."""
    try:
        return _SEARCH.validate_json((folder / SEARCH_FILE).read_bytes())
    except (OSError, ValidationError):
        return SearchResults()


_RESULTS: TypeAdapter[SweepResults] = TypeAdapter(SweepResults)
_SEARCH: TypeAdapter[SearchResults] = TypeAdapter(SearchResults)
