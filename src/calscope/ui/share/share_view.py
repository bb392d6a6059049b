"""What can be handed over of a run, a row each: make, download, write into a folder."""

import json
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from calscope.export.formats.format_words import BUNDLE, REPORT
from calscope.io.bundles.bundle_reading import is_bundle
from calscope.io.safe_paths import allowed_roots
from calscope.io.server_rights import Right
from calscope.jobs.manager import Job
from calscope.model.errors import CalscopeError
from calscope.model.parameter_file import write_parameter_file
from calscope.model.params import Parameters, fields
from calscope.model.quantities import size
from calscope.ui.frame import keys, messages, wording
from calscope.ui.frame.act_button import act_button
from calscope.ui.session.shown_run import ShownRun
from calscope.ui.share import download_route, nwb_form, shared_things
from calscope.ui.share.shared_things import Chosen, Thing

_WIDTHS = [4.5, 1.6, 2, 1.5]
_DEFAULTS = Parameters()
_PROVENANCE_PX = 320
_PROVENANCE = (
    "Of each animal: fingerprint of the recording, engine, versions, parameters as they were used, and the key of "
    "every result in the store. `calscope verify` tells of a folder or a bundle what changed since."
)
_PATHS = (
    "Off, the report names recordings and files without their folders: paths tell names of people and disks to whoever "
    "gets the report. On, it says where each lies."
)
_FILM = "20 s around the largest displacement, raw beside corrected, at most 4 MB an animal. The movies don't go along."


def say_nothing_ran() -> None:
    """Say that there is nothing to hand over, and what to do."""
    messages.nothing_yet(
        "There is nothing to share yet", "Run something first: the pages Motion, Extraction and Evaluation do."
    )


def show(run: ShownRun) -> None:
    """Draw the choices, and a row for each thing."""
    names = list(run.job.results)
    if not names:
        messages.nothing_yet("This run left nothing", "It ended before its first animal was through. Pick another one.")
        return
    with st.container(key=keys.beside("share")):
        left, right = st.columns(2, gap="small")
    animals = left.multiselect(
        "Animals",
        names,
        key=keys.shared_animals(run.id),
        placeholder=f"all {len(names)}" if len(names) > 1 else names[0],
        help="Which animals go out. Empty means all of the run.",
    )
    folder = right.text_input(
        "Folder to write into",
        key=keys.SHARE_FOLDER,
        placeholder=f"such as {next(iter(allowed_roots()), '')}",
        help="On the machine that runs Calscope. The run gets a folder of its own in it; nothing of yours is replaced.",
        persist_state="session",
    )
    with_film, with_paths = (bool(st.session_state.get(key, False)) for key in (keys.SHARE_FILM, keys.SHARE_PATHS))
    chosen = Chosen(run, tuple(name for name in names if name in animals) or tuple(names), with_film, with_paths)
    for thing in shared_things.things_of(chosen):
        _show_thing(chosen, thing, folder)
    nwb_form.show(run)
    _show_texts(chosen)


def _show_thing(chosen: Chosen, thing: Thing, folder: str) -> None:
    made = next(iter(shared_things.downloads_of(chosen, thing)), None)
    written = next(iter(shared_things.writings_of(chosen, thing)), None)
    with st.container(key=keys.shared_row(thing.name), gap="xsmall"):
        what, how_large, get, write = st.columns(_WIDTHS, vertical_alignment="center", gap="small")
        with what.container(gap=None):
            st.markdown(f"**{messages.plain(thing.words.title)}**")
            st.caption(messages.plain(thing.words.purpose))
            if thing.name == REPORT:
                st.toggle("With paths of this machine", key=keys.SHARE_PATHS, persist_state="session", help=_PATHS)
            if thing.name == BUNDLE:
                st.toggle(
                    "With a short film of each animal",
                    key=keys.SHARE_FILM,
                    persist_state="session",
                    help=_FILM,
                    disabled=not (chosen.has_movie or is_bundle(Path(chosen.run.job.spec.data))),
                )
        with how_large:
            _show_size(thing, made)
        with get:
            _show_download(chosen, thing, made)
        with write:
            is_busy = written is not None and written.status.is_active
            act_button(
                Right.RUN,
                "Being written" if is_busy else "Write",
                icon=":material/folder:",
                key=keys.share_button("write", thing.name),
                on_click=_write,
                args=(chosen, thing, folder),
                disabled=is_busy or bool(thing.lacks) or not folder.strip(),
                width="stretch",
                help=None if folder.strip() else "Name a folder above first.",
            )
        _say_how_it_ended(chosen, thing, made, written)


def _show_size(thing: Thing, made: Job | None) -> None:
    if made is not None and made.status.is_active:
        st.caption(thing.about)
        return
    file = shared_things.made_file(made) if made else None
    st.caption(size(file[1]) if file else thing.about, help=thing.remedy or None)


def _show_download(chosen: Chosen, thing: Thing, made: Job | None) -> None:
    file = shared_things.made_file(made) if made else None
    if made is not None and file is not None and _is_current(chosen, made):
        st.link_button(
            "Download",
            download_route.address_of(made, file[0]),
            icon=":material/download:",
            type="primary",
            width="stretch",
            help=messages.plain(f"{file[0]}, made {wording.moment(made.status.ended_at)}"),
        )
        return
    is_busy = made is not None and made.status.is_active
    act_button(
        Right.RUN,
        "Being made" if is_busy else "Make again" if file else "Make",
        icon=":material/build:",
        key=keys.share_button("make", thing.name),
        on_click=_make,
        args=(chosen, thing),
        disabled=is_busy or bool(thing.lacks),
        width="stretch",
    )


def _is_current(chosen: Chosen, made: Job) -> bool:
    """Tell whether what was made is what the pages show: decisions may have come since."""
    return made.spec.export is not None and made.spec.export.n_judgements == chosen.n_judgements


def _say_how_it_ended(chosen: Chosen, thing: Thing, made: Job | None, written: Job | None) -> None:
    if made is not None and not made.status.is_active and not _is_current(chosen, made):
        st.caption(":material/info: Decisions were made since this was made: make it again.")
    for job in (made, written):
        if job is not None and job.status.state in ("failed", "interrupted"):
            st.error(messages.plain(job.status.error or job.status.state), icon=":material/error:")
    if written is not None and written.status.state == "done":
        st.caption(messages.plain(f"Written into {written.spec.data}"))
    if why := st.session_state.get(keys.SHARE_REFUSED, {}).get(thing.name):
        st.error(messages.plain(why), icon=":material/error:")


def _make(chosen: Chosen, thing: Thing) -> None:
    _order(thing, lambda: shared_things.order_download(chosen, thing))


def _write(chosen: Chosen, thing: Thing, folder: str) -> None:
    _order(thing, lambda: shared_things.order_writing(chosen, thing, folder))


def _order(thing: Thing, order: Callable[[], None]) -> None:
    """Start a job, or keep why it can't be, to be told in the row of the thing."""
    st.session_state[keys.SHARE_REFUSED] = {}
    try:
        order()
    except CalscopeError as error:
        st.session_state[keys.SHARE_REFUSED] = {thing.name: str(error)}


def _show_texts(chosen: Chosen) -> None:
    """Draw what is so small that it needs no job: parameters, the text for a manuscript, a link."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            "Parameters (JSON)",
            _parameter_text(chosen),
            file_name=f"{chosen.folder_name}_parameters.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key=keys.share_button("parameters", "file"),
            help="For `calscope run --params FILE` or the page Parameters; with the own values of single animals.",
        )
        methods = shared_things.methods_of(chosen)
        st.download_button(
            "Methods text",
            methods,
            file_name=f"{chosen.folder_name}_methods.txt",
            mime="text/plain",
            icon=":material/download:",
            on_click="ignore",
            key=keys.share_button("methods", "file"),
            help="A paragraph for a manuscript, from the parameters that were used, with what it cites.",
        )
    with st.expander("Methods text", icon=":material/article:"):
        st.code(methods, language=None, wrap_lines=True)
    with st.expander("What the numbers rest on", icon=":material/account_tree:"):
        st.caption(_PROVENANCE)
        provenance = json.dumps(shared_things.provenance_of(chosen), ensure_ascii=False, indent=1)
        st.code(provenance, language="json", height=_PROVENANCE_PX)
    st.caption("A link to this run, for who can reach this server:")
    st.code(_link(chosen.run), language=None)


def _parameter_text(chosen: Chosen) -> str:
    """Give the parameters of the run as a file; what is at its default is left out."""
    run = chosen.run
    values = {field.dotted: run.params.get(field.dotted) for field in fields()}
    changed = {name: value for name, value in values.items() if value != _DEFAULTS.get(name)}
    own = {name: dict(inputs.parameters) for name, inputs in run.job.spec.inputs.items() if name in chosen.animals}
    return write_parameter_file(changed, own)


def _link(run: ShownRun) -> str:
    here = (st.context.url or "").split("?")[0].rstrip("/")
    above = here.removesuffix("/share")
    return f"{above}/evaluation?run={run.id}"
