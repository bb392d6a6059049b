"""The reference of all parameters, made from the model."""

import streamlit as st

from calscope.model.fields import ParameterField
from calscope.model.params import fields
from calscope.pipeline.stages import STAGES
from calscope.ui.frame import messages
from calscope.ui.widgets import parameter_form

GROUP_TITLES = {
    "dataset": "Recording",
    "motion": "Motion correction",
    "cnmf": "Extraction (CNMF) and dF/F",
    "evaluation": "Evaluation",
}


def show(wanted: str) -> None:
    """Draw the reference, group by group; only parameters in whose description `wanted` stands."""
    found = [field for field in fields() if wanted.strip().lower() in _text(field)]
    if not found:
        st.info(messages.plain(f"No parameter matches '{wanted}'."))
    for group in dict.fromkeys(field.group for field in found):
        st.subheader(GROUP_TITLES.get(group, group), anchor=False)
        for field in found:
            if field.group == group:
                with st.container(border=True):
                    _show_field(field)


def _text(field: ParameterField) -> str:
    spec = field.spec
    return " ".join([field.dotted, spec.label, spec.meaning, spec.higher, spec.unit, *spec.caiman]).lower()


def _show_field(field: ParameterField) -> None:
    spec = field.spec
    titles = {stage.name: stage.title for stage in STAGES}
    left, right = st.columns([1, 3], gap="medium")
    with left:
        st.markdown(f"**`{field.name}`**")
        st.caption(
            f"{messages.plain(spec.label)}  \nDefault **{messages.plain(parameter_form.words(field.default, spec))}**"
        )
    with right:
        st.markdown(f"{messages.plain(spec.meaning)} {messages.plain(spec.higher)}")
        caiman = ", ".join(f"`{path}`" for path in spec.caiman) or "none"
        stages = ", ".join(titles[stage] for stage in spec.stages if stage in titles)
        again = f"{stages}, and what follows" if stages else "nothing"
        st.caption(
            f"Allowed: {messages.plain(spec.allowed())}. Default from: {messages.plain(spec.source)}. "
            f"In CaImAn: {caiman}. A change computes again: {messages.plain(again)}."
        )
