"""Tables for the pages."""

import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from calscope.io.project import Project
from calscope.jobs.manager import Job
from calscope.model.errors import CalscopeError
from calscope.model.recording import LoadReport
from calscope.model.results import Components, Evaluation, Quality
from calscope.model.words import duration, size
from calscope.pipeline.stages import STAGES
from calscope.ui import cached, wording


def recordings(project: Project) -> pd.DataFrame:
    """One row an animal: what its files say, and how many warnings there are."""
    return pd.DataFrame([_recording_row(ref.name, str(ref.path)) for ref in project.recordings])


def _recording_row(name: str, path: str) -> dict[str, object]:
    try:
        return {"Animal": name, **_report_cells(cached.report(path))}
    except CalscopeError as error:
        return {"Animal": name, "Warnings": f"can't be opened: {error}"}


def _report_cells(report: LoadReport) -> dict[str, object]:
    info = report.info
    frames, rows, columns = info.shape
    return {
        "Frames": frames,
        "Size (px)": f"{rows} × {columns}",
        "Type": info.dtype,
        "Files": info.n_files,
        "Rate (Hz)": f"{info.fr_hz:.4g}" if info.fr_hz else wording.UNKNOWN,
        "Pixel (µm)": f"{info.dxy_um[0]:.3g} × {info.dxy_um[1]:.3g}" if info.dxy_um else wording.UNKNOWN,
        "Warnings": wording.count(len(report.warnings), "warning") if report.warnings else "none",
        "Rate from": info.fr_source,
        "Pixel size from": info.dxy_source,
    }


@st.cache_data(max_entries=64, show_spinner=False)
def components(
    keys: tuple[str, str, str], _components: Components, _quality: Quality, _evaluation: Evaluation
) -> pd.DataFrame:
    """One row a component: the judgement, the reason, the measures, place and size."""
    centers = _components.centers_px()
    return pd.DataFrame(
        {
            "component": range(_components.n),
            "judgement": ["accepted" if accepted else "rejected" for accepted in _evaluation.accepted],
            # The judgement stands beside it; without it the whole reason fits in.
            "reason": [re.sub("^(accepted|rejected): ", "", reason) for reason in _evaluation.reasons],
            "SNR": _quality.snr,
            "spatial r": _quality.r_value,
            "soma": _quality.soma,
            "area (px)": _components.A.getnnz(axis=0),
            "y (px)": centers[:, 0],
            "x (px)": centers[:, 1],
        }
    )


REASON_PX = 530
"""As wide as the longest usual reason; what is cut off on a narrow screen are places and sizes."""
COMPONENT_COLUMNS = {
    "component": st.column_config.NumberColumn(width=84, help="Counted from 0, as on disk."),
    "judgement": st.column_config.TextColumn(width=78),
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


def run_list(jobs: Sequence[Job]) -> pd.DataFrame:
    """One row a job, newest first."""
    return pd.DataFrame(
        {
            "Started": wording.moment(job.created_at),
            "What": wording.title(job),
            "State": job.status.state,
            "Folder": job.spec.data.rstrip("/").rpartition("/")[2],
            "Animals": f"{len(job.results)} of {len(job.spec.animals)}" if job.spec.animals else str(len(job.results)),
            "Engine": job.spec.engine if job.spec.kind != "demo" else "",
            "Progress": 1.0 if job.status.state == "done" else job.status.fraction,
            "Time": _time(job),
            "Run": job.id,
        }
        for job in jobs
    )


def _time(job: Job) -> str:
    started, ended = job.status.started_at, job.status.ended_at
    return duration(ended - started) if started and ended else ""


def run_animals(job: Job) -> pd.DataFrame:
    """One row an animal of one job: counts, times, memory, and what went wrong."""
    return pd.DataFrame(
        {
            "Animal": record.name,
            "First fit": record.counts.get("first"),
            "Refit": record.counts.get("refit"),
            "Accepted": record.counts.get("accepted"),
            "Time": duration(sum(stage.seconds for stage in record.stages)),
            "From the store": f"{sum(stage.cached for stage in record.stages)} of {len(record.stages)} stages",
            "Peak memory": size(record.peak_memory_bytes) if record.peak_memory_bytes else "",
            "What went wrong": record.error,
        }
        for record in job.results.values()
    )


def store_sizes(bytes_by_stage: dict[str, int]) -> pd.DataFrame:
    """One row a stage: what its results take on disk."""
    titles = {stage.name: stage.title for stage in STAGES}
    return pd.DataFrame(
        {"Results of": titles.get(stage, stage), "On disk": size(n_bytes)}
        for stage, n_bytes in sorted(bytes_by_stage.items(), key=lambda item: -item[1])
    )
