"""What the fit missed, and seeds placed there for the next refit."""

import plotly.graph_objects as go
import streamlit as st

from calscope.algorithms.cnmf.missed_spots import SMALLEST_RISE_SD, missed_spots
from calscope.engines.engine_registry import ENGINES
from calscope.io.server_rights import Right
from calscope.model.errors import CalscopeError
from calscope.model.recording import Pair
from calscope.model.results import Components, Residual
from calscope.model.seeds import Seeds
from calscope.plots.fits import residual_figure, seeds_figure
from calscope.plots.images import Panel
from calscope.plots.scaling import DisplayRange, display_range
from calscope.ui.frame import messages, wording
from calscope.ui.frame.act_button import act_button
from calscope.ui.frame.keys import on_page
from calscope.ui.session import cached, launch, placed_seeds, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import charts, parameter_form

MOST_SPOTS = 30
_FLOOR_SD = 3.5
HELP = (
    "The residual is the movie without components and background, averaged over about one transient and one soma. A "
    "pixel is bright where the residual ever rises far above its usual scatter. A missed cell is a round spot without "
    "an outline; moving vessels and the edges of the field show as streaks. **Click a ring, or any spot,** to place a "
    "seed: the next refit begins a component there."
)


def show(animal: ShownAnimal) -> None:
    """Draw the residual; a click there places a seed."""
    found = animal.results.as_fitted
    if found.residual is None or found.refit is None:
        st.info(
            "This run has no residual: an older version made the run, or the residual was pruned. "
            "Press **Extract components**; the fits are in the store and are used again."
        )
        return
    st.caption(HELP)
    messages.fragment(_draw)(animal)


def _draw(animal: ShownAnimal) -> None:
    found = animal.results.as_fitted
    if found.residual is None or found.refit is None:
        return
    own = placed_seeds.placed(animal.name)
    border_px = found.corrected.border_px if found.corrected else 0
    left, right = st.columns(2)
    with left:
        # This figure must not depend on the seeds: it would forget zoom and selection when one is placed.
        figure, n_missed = _left_over(
            (found.keys["residual"], found.keys["refit"]),
            animal.dxy_um,
            animal.fr_hz,
            border_px,
            _residual=found.residual,
            _components=found.refit,
        )
        key = on_page("extraction", f"residual {animal.name} {found.keys['residual'][:8]}")
        alt = f"Residual of the refit of {animal.name}; a click places a seed"
        charts.show_clickable(figure, key, alt, _clicked, animal.name)
        st.caption(rings_words(n_missed, border_px))
    with right:
        if found.after is not None:
            panel = Panel(found.after.corr, _seeds_title(own), display_range([found.after.corr], 1.0, 99.7))
            lines = cached.contour_lines(found.keys["refit"], found.refit)
            chosen = seeds_figure(panel, lines, own, animal.dxy_um)
            charts.show(chosen, on_page("extraction", f"seeds {animal.name}"), f"Seeds placed on {animal.name}")
    _show_list(animal, found.residual, own)


def _seeds_title(own: Seeds) -> str:
    return "Seeds for the next refit" if own else "Seeds will be shown here"


@st.cache_data(max_entries=32, max_size="64MB", show_spinner=False)
def _left_over(
    keys: tuple[str, str],
    dxy_um: Pair | None,
    fr_hz: float | None,
    border_px: int,
    _residual: Residual,
    _components: Components,
) -> tuple[go.Figure, int]:
    """Give the figure, and how many places may be missed cells; the highest of them have rings."""
    missed = missed_spots(_residual, _components, border_px=border_px)
    spots = missed[:MOST_SPOTS]
    told = [place_words(_residual, (int(y), int(x)), fr_hz) for y, x in spots]
    low, high = peak_display_range(_residual)
    panel = Panel(_residual.peak, f"Residual: dark {low:g}, bright {high:.0f} SD or more", (low, high))
    lines = cached.contour_lines(keys[1], _components)
    return residual_figure(panel, lines, spots, told, border_px=border_px, dxy_um=dxy_um), len(missed)


def rings_words(n_missed: int, border_px: int) -> str:
    """Say what a ring is, and why a bright spot may have none."""
    rule = f"outside of every component where the residual reaches {SMALLEST_RISE_SD:g} SD or more"
    if n_missed == 0:
        ringed = f"**No orange ring:** there is no place {rule}."
    elif n_missed == 1:
        ringed = f"**Orange ring:** the one place {rule}; it may be a missed cell."
    else:
        which = f"the {MOST_SPOTS} highest of {n_missed} places" if n_missed > MOST_SPOTS else f"the {n_missed} places"
        ringed = f"**Orange rings:** {which} {rule}; each may be a missed cell."
    rim = f", or in the rim of {border_px} px that some frames lack after their shift" if border_px else ""
    return (
        f"{ringed} A spot without a ring stays below that, or lies in a component: its faint edge reaches beyond its "
        f"outline, and the fit may explain only part of its light{rim}."
    )


def peak_display_range(residual: Residual) -> DisplayRange:
    """Give the display range in which noise is dark and a missed cell bright, whatever the rest of the field does."""
    return _FLOOR_SD, max(3 * _FLOOR_SD, display_range([residual.peak], 50.0, 99.7)[1])


def place_words(residual: Residual, place: tuple[int, int], fr_hz: float | None) -> str:
    """Say where a place is, how far the residual rises there, and when."""
    frame = int(residual.frame[place])
    when = f"at {frame / fr_hz:.1f} s" if fr_hz else f"at frame {frame}"
    return f"y {place[0]}, x {place[1]} · {residual.peak[place]:.1f} SD {when}"


def _clicked(key: str, name: str) -> None:
    place = placed_seeds.place_in(st.session_state.get(key))
    if place is not None:
        placed_seeds.add(name, place, apart_px=max(parameter_form.value("cnmf.gSig")) / 2)


def _show_list(animal: ShownAnimal, residual: Residual, own: Seeds) -> None:
    """List the seeds, each with a button that removes it, and offer the refit."""
    run = animal.run
    if run is None:
        return
    engine = ENGINES.get(run.job.spec.engine)
    if engine is None or not engine.takes_seeds:
        st.info("This run's engine takes no seeds. Use the built-in engine to place seeds.")
        return
    used = placed_seeds.of_shown_run(animal.name)
    if not own and not used:
        st.caption("No seed is placed yet.")
        return
    with st.container(horizontal=True):
        for number, place in enumerate(own, start=1):
            inside = place[0] < residual.peak.shape[0] and place[1] < residual.peak.shape[1]
            words = place_words(residual, place, animal.fr_hz) if inside else f"y {place[0]}, x {place[1]}"
            st.button(
                f"{number}: {words}" + (" · in this refit" if place in used else ""),
                icon=":material/close:",
                help="Remove this seed.",
                key=on_page("extraction", f"seed {animal.name} {place}"),
                on_click=placed_seeds.remove,
                args=(animal.name, place),
            )
    with st.container(horizontal=True):
        pressed = act_button(
            Right.RUN,
            f"Refit with {wording.count(len(own), 'seed')}" if own else "Refit without seeds",
            type="primary",
            icon=":material/play_arrow:",
            disabled=own == used,
            key=on_page("extraction", f"refit {animal.name}"),
            help="The first fit is used again; refit and evaluation are computed again with this run's parameters.",
        )
        if own:
            st.button(
                "Remove all",
                icon=":material/delete:",
                key=on_page("extraction", f"no seeds {animal.name}"),
                on_click=placed_seeds.clear,
                args=(animal.name,),
            )
    if own and own == used:
        st.caption("The refit on this page began components at these seeds.")
    if pressed:
        _refit(run)


def _refit(run: shown_run.ShownRun) -> None:
    try:
        launch.start_refit(run)
    except CalscopeError as error:
        messages.show_error(error)
    else:
        st.rerun()
