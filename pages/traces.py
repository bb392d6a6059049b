"""Traces: one component at a time, accepted or rejected."""

import streamlit as st

from calscope.model.fields import StageName
from calscope.ui.evaluation import thresholds_panel
from calscope.ui.frame import keys, messages, shell
from calscope.ui.linked import choice, linked_views
from calscope.ui.session import places, selection, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import animal_sections

RUN = "Evaluate"


def choose_animal() -> ShownAnimal | None:
    """Draw the choice of the animal; the address remembers it."""
    found = {animal.name: animal for animal in shown_run.animals()}
    if not found:
        return None
    if st.session_state.get(keys.ANIMAL) not in found:
        st.session_state[keys.ANIMAL] = next(iter(found))
    chosen = st.segmented_control(
        "Animal",
        list(found),
        default=st.session_state[keys.ANIMAL],
        required=True,
        format_func=messages.plain,
        key=keys.on_page("traces", f"animal, first {st.session_state[keys.ANIMAL]}"),
    )
    if chosen != st.session_state[keys.ANIMAL]:
        st.session_state[keys.ANIMAL] = chosen
        st.session_state.pop(keys.COMPONENT, None)
        st.rerun()
    return found[chosen]


def draw(animal: ShownAnimal) -> None:
    """Draw the chosen component of one animal."""
    view = thresholds_panel.evaluated(animal)
    if view is None or view.components.n == 0:
        st.info("No component was found in this animal.")
        return
    thresholds_panel.say_whose([animal])
    selection.look_at_component(choice.of(view).component)
    linked_views.show_traces(view)
    selection.put_into_address()


@messages.fragment
def show_component(animal: ShownAnimal) -> None:
    """Draw the animal's components; choosing another one draws only this part again."""
    # another program need not have evaluated what it found
    stage: StageName = "refit" if places.shows_import() else "evaluation"
    animal_sections.draw_or_say(animal, stage, draw, button=RUN)


def render() -> None:
    """Draw the page."""
    st.title("Traces", anchor=False)
    st.markdown(
        "The **raw** trace is the movie at the footprint without the other components and the background. The "
        "**denoised** trace is the calcium model, and **spikes** are the deconvolved activity, in arbitrary units. A "
        "cell shows steep rises and slow decays well above the noise, and a compact footprint. Slow waves without "
        "steep rises are background; jumps at large shifts are motion. Click an outline or a row, or use the arrow "
        "keys."
    )
    if animal_sections.run_or_say(RUN) is None:
        return
    animal = choose_animal()
    if animal is not None:
        show_component(animal)


shell.page(render)
