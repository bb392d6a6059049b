"""What the result store takes on disk, and how to make it smaller."""

import pandas as pd
import streamlit as st

from calscope.io.server_rights import Right
from calscope.model.errors import CalscopeError
from calscope.model.quantities import size
from calscope.pipeline.stages import STAGES
from calscope.ui.frame import keys, messages, wording
from calscope.ui.frame.act_button import keep_button
from calscope.ui.session import places

DAY_S = 86400.0
GB = 1e9


def show() -> None:
    """Draw sizes and the pruning form."""
    store = places.store()
    sizes = store.size_by_stage()
    st.markdown(
        f"The store at {messages.plain(str(store.root))} holds **{size(sum(sizes.values()))}** of results. "
        "Runs with the same parameters use them again; what is removed is computed again when it is needed. What was "
        "decided by hand is none of this, and stays."
    )
    if sizes:
        st.dataframe(_by_stage(sizes), hide_index=True, width="content")
        _show_pruning()
    if message := st.session_state.pop(keys.PRUNED, ""):
        st.success(message)


def _by_stage(bytes_by_stage: dict[str, int]) -> pd.DataFrame:
    titles: dict[str, str] = {stage.name: stage.title for stage in STAGES}
    return pd.DataFrame(
        {"Results of": titles.get(stage, stage), "On disk": size(n_bytes)}
        for stage, n_bytes in sorted(bytes_by_stage.items(), key=lambda item: -item[1])
    )


def _show_pruning() -> None:
    with st.form(keys.PRUNE_FORM, width=520):
        st.markdown("**Free disk space**")
        left, right = st.columns(2)
        keep_gb = left.number_input("Keep at most (GB)", min_value=0.0, value=None, step=1.0, placeholder="no limit")
        days = right.number_input("Not used for (days)", min_value=0.0, value=None, step=1.0, placeholder="any time")
        icon = ":material/delete_sweep:"
        if keep_button("Remove least recently used results", right=Right.REMOVE, icon=icon):
            _prune(keep_gb, days)


def _prune(keep_gb: float | None, days: float | None) -> None:
    if keep_gb is None and days is None:
        st.info("Enter how much to keep, or how long results must have been unused.")
        return
    try:
        gone = places.store().prune(
            max_bytes=None if keep_gb is None else int(keep_gb * GB),
            older_than_s=None if days is None else days * DAY_S,
        )
    except CalscopeError as error:
        messages.show_error(error)
        return
    st.session_state[keys.PRUNED] = f"{wording.count(gone.n, 'result')} removed, {size(gone.n_bytes)} freed."
    st.rerun()
