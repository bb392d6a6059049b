"""Parameters as files: download in our form and in CaImAn's, upload of either."""

import json

import streamlit as st

from calscope.model.caiman_params import read_params, to_caiman
from calscope.model.errors import CalscopeError
from calscope.model.fields import ParameterField
from calscope.model.note_texts.all_texts import texts
from calscope.model.params import fields
from calscope.pipeline.stages import STAGES
from calscope.ui.frame import keys, messages
from calscope.ui.widgets import parameter_form

MAX_UPLOAD_MB = 1


def show_download() -> None:
    """Offer the sidebar's parameters in both forms; where they are not allowed, say why."""
    try:
        params = parameter_form.parameters()
    except CalscopeError as error:
        messages.show_error(error)
        return
    with st.container(horizontal=True):
        st.download_button(
            "Download as JSON",
            params.to_json(),
            file_name="calscope_parameters.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Download in CaImAn's form",
            json.dumps(to_caiman(params), indent=1),
            file_name="caiman_params.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )


def show_upload() -> None:
    """Take a parameter file of either form and fill the widgets with it, or say what is wrong with it."""
    st.file_uploader(
        "Upload a parameter file (JSON, Calscope's or CaImAn's)",
        type=["json"],
        key=keys.UPLOAD,
        max_upload_size=MAX_UPLOAD_MB,
        on_change=_take,
    )
    kind, text = st.session_state.get(keys.UPLOAD_MESSAGE, ("", ""))
    if kind == "error":
        st.error(messages.plain(text), icon=":material/error:")
    elif kind:
        st.success(messages.plain(text), icon=":material/check_circle:")


def _take() -> None:
    file = st.session_state.get(keys.UPLOAD)
    if file is None:
        st.session_state.pop(keys.UPLOAD_MESSAGE, None)
        return
    st.session_state[keys.UPLOAD_MESSAGE] = take_text(file.name, file.getvalue())


def take_text(name: str, content: bytes) -> tuple[str, str]:
    """Fill the widgets from a file's content; give 'ok' or 'error', and what to say."""
    try:
        params, notes = read_params(content.decode("utf-8"))
    except UnicodeDecodeError:
        return "error", f"{name} is not a text file. Upload JSON, as the buttons above give it."
    except CalscopeError as error:
        return "error", f"{name} was not loaded; all parameters are unchanged.\n{error}"
    parameter_form.fill(params)
    changed = parameter_form.changed_words(params)
    differing = f" Different from the defaults: {'; '.join(changed)}." if changed else " All are the defaults."
    return "ok", f"{name} was loaded.{differing} {' '.join(texts(notes))}".strip()


def changed_now() -> list[str]:
    """Give the sidebar's parameters that differ from the defaults, in words; none where they are not allowed."""
    try:
        return parameter_form.changed_words(parameter_form.parameters())
    except CalscopeError:
        return []


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
