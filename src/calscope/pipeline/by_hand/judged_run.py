"""A run of one animal as persons left it: components changed by hand and decisions, for files and reports."""

from calscope.model.curation.judgements import Judgements
from calscope.model.progress import Progress, silent
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.edited_results import edited_run, make_edited, with_edits
from calscope.pipeline.kept_judgements import entries_of, judgements_of, with_judged_counts
from calscope.pipeline.records import AnimalRun


def judged_run(
    run: AnimalRun, results: AnimalResults, *, workers: int | None = None, progress: Progress = silent
) -> tuple[AnimalRun, AnimalResults, Judgements]:
    """Give record, results and judgements of a run after all that persons did; what is missing of it is made.

    Raises
    ------
    StoreError, EngineError
        When the log can't be read, or components that were changed by hand can't be made.
    """
    entries, _ = entries_of(run, results)
    results = with_edits(run, results, entries)
    make_edited(run, results, workers=workers, progress=progress)
    run = edited_run(run, results)
    judgements = judgements_of(run, results)
    return with_judged_counts(run, results, judgements), results, judgements
