"""What was tried, as an animal with evaluated components: the views of other pages draw it as they draw runs."""

from dataclasses import replace

import streamlit as st

from calscope.engines.engine import with_defaults
from calscope.engines.engine_registry import ENGINES
from calscope.model.crop import Crop
from calscope.model.groups import Thresholds
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.trials import trial_store
from calscope.ui.evaluation import evaluated_animal, thresholds_panel
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.session import places
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.tune.tuning import State

ENGINE = "builtin"
"""What is tried is tried with our own engine: others can't answer within a second."""


def view(state: State) -> EvaluatedAnimal | None:
    """Give what came of a state, evaluated with its thresholds; None while it is not there, or no longer."""
    record = state.answer.record if state.answer else None
    if record is None:
        return None
    thresholds = with_defaults(ENGINES[ENGINE], state.params).evaluation
    key = (str(places.store().root), record.keys["component_quality"], record.name, thresholds.model_dump_json())
    return _view(key, _record=record, _thresholds=thresholds, _crop=state.crop)


@st.cache_resource(max_entries=32, show_spinner=False)
def _view(
    key: tuple[str, ...], _record: AnimalRun, _thresholds: Thresholds, _crop: Crop | None
) -> EvaluatedAnimal | None:
    results = AnimalResults(trial_store(places.store().root), _record.keys)
    found = evaluated_animal.evaluated(ShownAnimal(_record.name, _record, results, _record.info, crop=_crop))
    return found and replace(thresholds_panel.evaluate_with(found, _thresholds), is_trial=True)
