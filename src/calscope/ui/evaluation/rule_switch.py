"""The switch between the two rules of evaluation, with how many components each accepts beside each other."""

from dataclasses import replace

import streamlit as st

from calscope.model.fields import ParameterField
from calscope.model.groups import Thresholds
from calscope.model.params import field_of
from calscope.model.results import Evaluation
from calscope.pipeline.steps.stage_steps import evaluate_components
from calscope.ui.evaluation import evaluated_animal, judged_animal, thresholds_panel
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.session import selection, shown_run
from calscope.ui.widgets import parameter_form

PARAMETER = "evaluation.use_soma"
RULES = {True: "cell bodies only", False: "as CaImAn judges"}


def show(field: ParameterField) -> None:
    """Draw the switch in place of the parameter's own widget; left open, it stands where the engine puts it."""
    view, thresholds = _shown()
    if thresholds is not None:
        st.session_state[keys.RULE] = thresholds.tests_soma
    st.segmented_control(
        parameter_form.label(field),
        list(RULES),
        format_func=lambda rule: _words(rule, view, thresholds),
        required=True,
        key=keys.RULE,
        on_change=_take,
        help=parameter_form.help_text(field),
        width="stretch",
    )


def _take() -> None:
    parameter_form.put(field_of(PARAMETER), st.session_state[keys.RULE])


def _shown() -> tuple[EvaluatedAnimal | None, Thresholds | None]:
    """Give the animal that is shown, where it is one and evaluated, and the thresholds that hold."""
    ref = shown_run.current()
    if ref is None or selection.shows_all():
        return None, thresholds_panel.in_force("")
    return evaluated_animal.evaluated(shown_run.animal(ref, "evaluation")), thresholds_panel.in_force(ref.name)


def _words(rule: bool, view: EvaluatedAnimal | None, thresholds: Thresholds | None) -> str:  # noqa: FBT001 - an option
    if view is None or thresholds is None:
        return RULES[rule]
    found = _by_rule(view, thresholds, use_soma=rule)
    found = judged_animal.judge(replace(view, evaluation=found)).evaluation or found
    return f"{RULES[rule]}: {found.n_accepted}"


def other_rule_words(view: EvaluatedAnimal, thresholds: Thresholds) -> str:
    """Say how many components the rule accepts that does not hold."""
    other = not thresholds.tests_soma
    return f"{RULES[other]}: {_by_rule(view, thresholds, use_soma=other).n_accepted}"


def _by_rule(view: EvaluatedAnimal, thresholds: Thresholds, *, use_soma: bool) -> Evaluation:
    """Evaluate by one of the two rules, otherwise with these thresholds; without reasons, which nobody reads here."""
    rule = thresholds.model_copy(update={"use_soma": use_soma})
    return evaluate_components(view.quality, rule, with_reasons=False)
