"""What a person wrote of the animals of the open project."""

from functools import partial

import streamlit as st

from calscope.io.server_rights import Right, server_rights
from calscope.model.errors import CalscopeError
from calscope.model.remark import MOST_CHARACTERS
from calscope.pipeline.kept_remarks import keep_remark, remarks_of
from calscope.ui.frame import box_changes, keys, messages
from calscope.ui.session import places, selection, shown_run

BOX_PX = 440


def all_of_project() -> dict[str, str]:
    """Give the remarks by animal; animals without one are left out."""
    project = places.project()
    return remarks_of(places.store().root, str(project.root)) if project else {}


def show_box() -> None:
    """Offer to write a remark on the animal that the page shows."""
    project, animal = places.project(), shown_run.current()
    if project is None or animal is None or selection.shows_all():
        return
    data, said = str(project.root), all_of_project().get(animal.name, "")
    icon = ":material/sticky_note_2:" if said else ":material/edit_note:"
    with st.popover("Remark", icon=icon, width="content", type="tertiary", help=messages.plain(said) or None):
        st.text_input(
            "Remark on this animal",
            value=said,
            max_chars=MOST_CHARACTERS,
            placeholder="dim, few cells, window moved",
            key=(key := keys.remark(data, animal.name, said)),
            on_change=box_changes.pass_on,
            args=(key, said, partial(_keep, data, animal.name)),
            width=BOX_PX,
            disabled=bool(why := server_rights().why_not(Right.KEEP)),
            help=why or "Kept with this folder. It goes into tables, report and exports.",
        )


def _keep(data: str, animal: str, said: str | None) -> None:
    try:
        keep_remark(places.store().root, data, animal, said or "")
    except CalscopeError as error:
        messages.show_error(error)
