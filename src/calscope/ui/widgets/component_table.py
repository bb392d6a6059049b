"""Tables for the pages."""

import pandas as pd
import streamlit as st

from calscope.model.note_texts.all_texts import why
from calscope.model.quantities import size
from calscope.model.results import ComponentQuality, Components, Evaluation
from calscope.pipeline.stages import STAGES


@st.cache_data(max_entries=64, show_spinner=False)
def components(
    keys: tuple[str, str, str], _components: Components, _quality: ComponentQuality, _evaluation: Evaluation | None
) -> pd.DataFrame:
    """One row a component: the evaluation, the reason, the measures, place and size."""
    centers = _components.centers_px()
    return pd.DataFrame(
        {
            "component": range(_components.n),
            "evaluation": _verdicts(_evaluation) or ["not evaluated"] * _components.n,
            # The evaluation stands beside it; without it the whole reason fits in.
            "reason": [why(reason) for reason in _evaluation.reasons] if _evaluation else [""] * _components.n,
            "SNR": _quality.snr,
            "spatial r": _quality.r_value,
            "soma": _quality.soma,
            "area (px)": _components.A.getnnz(axis=0),
            "y (px)": centers[:, 0],
            "x (px)": centers[:, 1],
        }
    )


def _verdicts(evaluation: Evaluation | None) -> list[str]:
    return ["accepted" if accepted else "rejected" for accepted in evaluation.accepted] if evaluation else []


REASON_PX = 530
"""As wide as the longest usual reason; what is cut off on a narrow screen are places and sizes."""
COMPONENT_COLUMNS = {
    "component": st.column_config.NumberColumn(width=84, help="Counted from 0, as on disk."),
    "evaluation": st.column_config.TextColumn(width=78),
    "reason": st.column_config.TextColumn(width=REASON_PX),
    "SNR": st.column_config.NumberColumn(format="%.2f", width=60),
    "spatial r": st.column_config.NumberColumn(format="%.3f", width=74),
    "soma": st.column_config.NumberColumn(
        format="%.2f",
        width=70,
        help="Likeness to a cell body in focus, 0 to 1; the reason names its weakest part.",
    ),
    "y (px)": st.column_config.NumberColumn(format="%.1f", width="small"),
    "x (px)": st.column_config.NumberColumn(format="%.1f", width="small"),
    "area (px)": st.column_config.NumberColumn(width="small"),
}


def store_sizes(bytes_by_stage: dict[str, int]) -> pd.DataFrame:
    """One row a stage: what its results take on disk."""
    titles: dict[str, str] = {stage.name: stage.title for stage in STAGES}
    return pd.DataFrame(
        {"Results of": titles.get(stage, stage), "On disk": size(n_bytes)}
        for stage, n_bytes in sorted(bytes_by_stage.items(), key=lambda item: -item[1])
    )
