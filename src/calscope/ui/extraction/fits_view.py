"""The first fit beside the refit: what was kept, merged, dropped and added."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from calscope.algorithms.cnmf.fit_changes import FitChanges, compare_fits
from calscope.model.fields import StageName
from calscope.model.recording import Pair
from calscope.model.results import Components, SummaryImages
from calscope.plots.contours import Group, Outline
from calscope.plots.fits import ALONE_ON_IMAGE, KEPT_ON_IMAGE, MERGED_ON_IMAGE, DrawnFit, two_fits_figure
from calscope.plots.images import Panel
from calscope.plots.scaling import display_range
from calscope.plots.style import TRUTH_ON_IMAGE
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.frame import messages, wording
from calscope.ui.frame.keys import on_page
from calscope.ui.session import cached, own_values, remarks, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import cached_figures, charts, truth_view

GROUPS = ("in both fits", "merged", "in one fit only")


def table() -> pd.DataFrame:
    """One row an animal: how many components the first fit had, what became of them, and how many the refit has."""
    said = remarks.all_of_project()
    rows = [
        _row(animal) | {"Own values": own_values.ran_with(animal.record) or None, "Remark": said.get(animal.name)}
        for animal in shown_run.animals("refit", "fit")
    ]
    found = pd.DataFrame(rows)
    return found.drop(columns=[name for name in ("Own values", "Remark") if found[name].isna().all()])


def _row(animal: ShownAnimal) -> dict[str, object]:
    first, refit, changes = animal.results.first, animal.results.as_fitted.refit, changes_of(animal)
    evaluation = thresholds_panel.evaluation_of(animal)
    return {
        "Animal": animal.name,
        "First fit": first.n if first else None,
        "Kept": len(changes.kept) if changes else None,
        "Merged": _merged(changes) if changes else None,
        "Dropped": len(changes.dropped) if changes else None,
        "Added": len(changes.added) if changes else None,
        "Refit": refit.n if refit else None,
        "Accepted": evaluation.n_accepted if evaluation else None,
    }


def _merged(changes: FitChanges) -> str:
    return f"{changes.n_merged} into {len(changes.merged)}" if changes.n_merged else "none"


def changes_of(animal: ShownAnimal) -> FitChanges | None:
    """Give what became of the components; None where one of the fits is not there."""
    found = animal.results.as_fitted
    if found.first is None or found.refit is None:
        return None
    return _changes((found.keys["fit"], found.keys["refit"]), _first=found.first, _refit=found.refit)


@st.cache_data(max_entries=64, show_spinner=False)
def _changes(keys: tuple[str, str], _first: Components, _refit: Components) -> FitChanges:
    return compare_fits(_first, _refit)


def sentence(changes: FitChanges, n_first: int, n_refit: int) -> str:
    """Say what became of the first fit's components."""
    if n_first == 0 and n_refit == 0:
        return (
            "No component was found in either fit. A larger K, a gSig nearer to the cells' half-size or a lower p may "
            "find some."
        )
    parts = [f"{len(changes.kept)} were kept"]
    if changes.merged:
        parts.append(f":blue[{changes.n_merged} were merged into {len(changes.merged)}]")
    parts.append(f":orange[{len(changes.dropped)} dropped]")
    added = f":orange[{len(changes.added)} added]" if changes.added else "none was added"
    return (
        f"Of {wording.count(n_first, 'component')} of the first fit {', '.join(parts)}; {added}. The refit has "
        f"**{n_refit}**."
    )


def has_fit(animal: ShownAnimal) -> bool:
    """Tell whether there is any fit of an animal."""
    return animal.results.first is not None or animal.results.refit is not None


def show_fits(animal: ShownAnimal) -> None:
    """Draw both fits beside each other, or the one that is there."""
    first, refit = animal.results.first, animal.results.as_fitted.refit
    if first is not None and refit is not None:
        _show_both(animal)
    elif refit is not None:
        st.info("The file holds one fit only.")
        _show_one(animal, "refit", "Fit", refit)
    elif first is not None:
        st.info("This run has no refit yet.")
        _show_one(animal, "fit", "First fit", first)


def show_small(animal: ShownAnimal) -> None:
    """Draw the outlines of the refit, or of the first fit, of one of several animals."""
    first, refit = animal.results.first, animal.results.as_fitted.refit
    if refit is not None:
        _show_outlines(animal, "refit", "Refit", refit)
    elif first is not None:
        _show_outlines(animal, "fit", "First fit", first)


def show_background(animal: ShownAnimal) -> None:
    """Draw the background components in space and time."""
    components = animal.results.as_fitted.refit
    if components is None:
        st.info("This run has no refit yet, and so no background of the whole field.")
        return
    if not len(components.f):
        st.info("These results have no background (b, f).")
        return
    st.caption(
        "Background (neuropil, out-of-focus light): images **b**, in the units of the movie, times traces **f**, each "
        "divided by its mean. Cell shapes in b are cells that were taken up by the background: lower *nb*."
    )
    key = animal.results.as_fitted.keys["refit"]
    figure = cached_figures.background_images(key, animal.dxy_um, _components=components)
    charts.show(figure, on_page("extraction", f"b {animal.name}"), f"Spatial background of {animal.name}")
    figure = cached_figures.background_traces(key, animal.fr_hz, _components=components)
    charts.show(figure, on_page("extraction", f"f {animal.name}"), f"Temporal background of {animal.name}")


def _show_one(animal: ShownAnimal, stage: StageName, title: str, components: Components) -> None:
    """Draw a fit that stands alone."""
    _show_outlines(animal, stage, title, components)
    if components.n == 0:
        st.info("No component was found. A larger K, a gSig nearer to the cells' half-size or a lower p may find some.")
    messages.notes(components.notes)


def _show_outlines(animal: ShownAnimal, stage: StageName, title: str, components: Components) -> None:
    """Draw the outlines of a fit over the corrected correlation image."""
    found = animal.results.as_fitted
    if found.after is None:
        st.info("The corrected correlation image is no longer in the store. Run again to make it.")
        return
    truth = truth_view.outlines_over(animal, found.keys[stage], components)
    figure = cached_figures.fit_map(
        (found.keys[stage], found.keys["after"], len(truth)),
        f"{title}: {wording.count(components.n, 'component')}",
        animal.dxy_um,
        _components=components,
        _after=found.after,
        _truth=truth,
    )
    charts.show(figure, on_page("extraction", f"{stage} {animal.name}"), f"{title} of {animal.name}")


def _show_both(animal: ShownAnimal) -> None:
    """Draw both fits with linked zoom, and say in numbers how they differ; one fit alone where there is only one."""
    found, changes = animal.results, changes_of(animal)
    if found.after is None:
        st.info("The corrected correlation image is no longer in the store. Run again to make it.")
        return
    if changes is None or found.first is None or found.refit is None:
        return
    truth = truth_view.outlines_over(animal, found.keys["refit"], found.refit)
    figure = _figure(
        (found.keys["fit"], found.keys["refit"], found.keys["after"], len(truth)),
        animal.dxy_um,
        _fits=(found.first, found.refit),
        _after=found.after,
        _changes_found=changes,
        _truth=truth,
    )
    charts.show(figure, on_page("extraction", f"fits {animal.name}"), f"First fit and refit of {animal.name}")
    st.markdown(sentence(changes, found.first.n, found.refit.n))
    _show_changes(animal.name, changes)
    messages.notes(found.first.notes, of="First fit")
    messages.notes(found.refit.notes, of="Refit")


@st.cache_data(max_entries=32, max_size="64MB", show_spinner=False)
def _figure(
    keys: tuple[str, str, str, int],
    dxy_um: Pair | None,
    _fits: tuple[Components, Components],
    _after: SummaryImages,
    _changes_found: FitChanges,
    _truth: Sequence[Outline],
) -> go.Figure:
    _first, _refit = _fits
    shown = display_range([_after.corr], 1.0, 99.7)
    merged_first = [number for one in _changes_found.merged for number in one.first]
    first = DrawnFit(
        Panel(_after.corr, f"First fit: {wording.count(_first.n, 'component')}", shown),
        [*cached.contour_lines(keys[0], _first), *_truth],
        _in_truth(_first.n, len(_truth))
        + _groups([i for i, _ in _changes_found.kept], merged_first, _changes_found.dropped),
        _first.centers_px(),
        _hover_of_first(_changes_found, _first.n),
    )
    refit = DrawnFit(
        Panel(_after.corr, f"Refit: {wording.count(_refit.n, 'component')}", shown),
        [*cached.contour_lines(keys[1], _refit), *_truth],
        _in_truth(_refit.n, len(_truth))
        + _groups(
            [j for _, j in _changes_found.kept], [one.refit for one in _changes_found.merged], _changes_found.added
        ),
        _refit.centers_px(),
        _hover_of_refit(_changes_found, _refit.n),
    )
    return two_fits_figure((first, refit), dxy_um)


def _in_truth(n: int, n_true: int) -> list[Group]:
    """Give the group of the true outlines, which stand behind those of the components."""
    return [Group("truth", TRUTH_ON_IMAGE, tuple(range(n, n + n_true)))] if n_true else []


def _groups(kept: Sequence[int], merged: Sequence[int], alone: Sequence[int]) -> list[Group]:
    colours = (KEPT_ON_IMAGE, MERGED_ON_IMAGE, ALONE_ON_IMAGE)
    return [
        Group(name, colour, tuple(which))
        for name, colour, which in zip(GROUPS, colours, (kept, merged, alone), strict=True)
    ]


def _hover_of_first(changes: FitChanges, n: int) -> list[str]:
    texts = [f"component {i}: dropped" for i in range(n)]
    for i, j in changes.kept:
        texts[i] = f"component {i}: kept, number {j} of the refit"
    for one in changes.merged:
        for i in one.first:
            texts[i] = f"component {i}: merged into number {one.refit} of the refit"
    return texts


def _hover_of_refit(changes: FitChanges, n: int) -> list[str]:
    texts = [f"component {j}: added" for j in range(n)]
    for i, j in changes.kept:
        texts[j] = f"component {j}: kept, number {i} of the first fit"
    for one in changes.merged:
        texts[one.refit] = f"component {one.refit}: merged from {', '.join(map(str, one.first))} of the first fit"
    return texts


def _show_changes(name: str, changes: FitChanges) -> None:
    """List what was merged, dropped and added by number."""
    rows = [
        {"What": "merged", "First fit": ", ".join(map(str, one.first)), "Refit": one.refit} for one in changes.merged
    ]
    rows += [{"What": "added", "First fit": "", "Refit": j} for j in changes.added]
    rows += [{"What": "dropped", "First fit": str(i), "Refit": None} for i in changes.dropped]
    if rows:
        with st.expander("Which ones, by number", key=on_page("extraction", f"changes {name}")):
            st.dataframe(pd.DataFrame(rows), hide_index=True, width="content", height=min(38 + 35 * len(rows), 290))
