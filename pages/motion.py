"""Motion: every animal before and after correction."""

import streamlit as st

from calscope.ui import animals, charts, messages, pictures, shell, sidebar
from calscope.ui.keys import on_page
from calscope.ui.runs import ShownAnimal

RUN = "Correct motion"
WIDE_PX, NARROW_PX = 940, 470


def show_images(animal: ShownAnimal, image: str, width_px: int) -> None:
    """Draw one kind of image before and after, in shared limits."""
    found = animal.results
    figure = pictures.before_after(
        (found.keys["before"], found.keys["after"]),
        image,
        animal.dxy_um,
        width_px,
        _before=found.before,
        _after=found.after,
    )
    title = pictures.IMAGE_TITLES[image]
    charts.show(figure, on_page("motion", f"{image} {animal.name}"), f"{title} of {animal.name} before and after")


def show_curves(animal: ShownAnimal) -> None:
    """Draw shifts and match with the template over time."""
    found = animal.results
    left, right = st.columns(2)
    with left:
        figure = pictures.shifts(found.keys["motion"], animal.fr_hz, animal.dxy_um, _motion=found.motion)
        charts.show(figure, on_page("motion", f"shifts {animal.name}"), f"Shifts of {animal.name} over time")
    with right:
        figure = pictures.template_match(found.keys["motion"], animal.fr_hz, _motion=found.motion)
        charts.show(figure, on_page("motion", f"match {animal.name}"), f"Match with the template of {animal.name}")


def show_verdict(animal: ShownAnimal) -> None:
    """Say what the comparison of raw, rigid and piecewise-rigid found, and what a person should look at."""
    quality = animal.results.motion_quality
    if quality is not None:
        st.badge(quality.verdict, icon=":material/gavel:", color="blue")
        st.caption(messages.plain(quality.sentence))
        messages.notes(quality.flags, icon=":material/warning:")


def draw(animal: ShownAnimal) -> None:
    """Draw one animal."""
    found = animal.results
    show_verdict(animal)
    if found.before is None or found.after is None:
        st.info(f"The summary images of this animal are no longer in the store. Press **{RUN}** to make them again.")
    elif st.session_state.get(on_page("motion", "size")) == "Large":
        show_images(animal, "max", WIDE_PX)
        show_images(animal, "corr", WIDE_PX)
    else:
        left, right = st.columns(2)
        with left:
            show_images(animal, "max", NARROW_PX)
        with right:
            show_images(animal, "corr", NARROW_PX)
    show_curves(animal)
    messages.notes(found.motion.notes)


def render() -> None:
    """Draw the page."""
    st.title("Motion correction", anchor=False)
    sidebar.parameters("motion", until="motion", button=RUN, heading="Motion correction")
    st.markdown(
        "Each pair shares its colour limits (50 to 99.5 percentile of both images), so a difference you see is a "
        "difference in the data. **After correction** cells should have sharp rims in the max projection, and the "
        "correlation image should lose its broad glow and keep compact spots. Correlation with the template should "
        "rise in nearly every frame. Shift curves that run flat along the largest shift allowed mean that it is too "
        "small; lone spikes in a dim recording mean that it is too large. If nothing gets better, switch *piecewise "
        "rigid* off."
    )
    if not animals.ready(RUN):
        return
    st.segmented_control(
        "Size of the images",
        ["Compact", "Large"],
        default="Compact",
        required=True,
        key=on_page("motion", "size"),
        label_visibility="collapsed",
        persist_state="session",
    )
    animals.each("motion", draw, what=RUN)


shell.page(render)
