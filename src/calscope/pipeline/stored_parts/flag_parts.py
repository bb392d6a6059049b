"""How the measures of flags are taken apart for the store, and put together again."""

from calscope.model.curation.component_flags import FlagMeasures
from calscope.model.curation.flag_arrays import flag_arrays, flags_from_arrays
from calscope.pipeline.result_writer import ResultWriter
from calscope.pipeline.store import StoredResult


def save_flags(writer: ResultWriter, measures: FlagMeasures) -> None:
    """Write an array for each measure, and one for the marks of each kind."""
    for name, array in flag_arrays(measures).items():
        writer.save(name, array)


def load_flags(stored: StoredResult) -> FlagMeasures:
    """Read what `save_flags` wrote."""
    return flags_from_arrays({name: stored.array(name) for name in stored.arrays})
