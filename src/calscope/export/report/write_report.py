"""One HTML file with everything a colleague needs to assess a run; it opens without server or network."""

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

import calscope
from calscope.export.exported_animal import ExportedRun
from calscope.export.report.markup import Content, element, join, trusted
from calscope.export.report.parameter_table import parameter_table
from calscope.export.report.path_words import path_words
from calscope.export.report.report_budget import budget_for
from calscope.export.report.report_parts import animal_section, methods, overview
from calscope.io.atomic_write import atomic_file
from calscope.model.errors import StoreError
from calscope.model.progress import Progress, part, silent

_NOTHING_FROM_OUTSIDE = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""The page itself forbids the browser to load anything: what it shows is in it."""


REPORT = "report.html"
_TITLE_ENDS = "– Calscope report</title>"
_BYTES_TO_TITLE = 4096


def write_report(run: ExportedRun, html: Path, progress: Progress = silent, *, with_paths: bool = False) -> Path:
    """Write the report of a run to the file `html`; an earlier report there is replaced.

    Paths of the machine, which name people and disks, are left out of it unless `with_paths`.

    Raises
    ------
    StoreError
        When a result is damaged, the report can't be written, `html` is the name of no HTML file, or another page is
        there.
    """
    if html.suffix.lower() not in {".html", ".htm"}:
        # A slip of the hand must not replace a recording.
        raise StoreError(f"{html} is not the name of a page. Give a file that ends in .html.")
    if html.exists() and not _is_report(html):
        raise StoreError(f"{html} is no report of Calscope's; it is left alone. Choose another name, or move it.")
    page = render(run, progress, with_paths=with_paths)
    with atomic_file(html) as unfinished:
        unfinished.write_text(page, encoding="utf-8")
    return html


def _is_report(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _TITLE_ENDS.encode() in file.read(_BYTES_TO_TITLE)
    except OSError:
        return False


def render(run: ExportedRun, progress: Progress = silent, *, with_paths: bool = False) -> str:
    """Give the report as text."""
    budget, plain, n = budget_for(run), path_words(run, shows_all=with_paths), len(run.animals)
    sections = [
        animal_section(i, animal, budget, plain, part(progress, i / n, (i + 1) / n))
        for i, animal in enumerate(run.animals)
    ]
    body = element(
        "body",
        None,
        element("header", None, element("h1", None, run.name), _when(run)),
        element("section", None, overview(run, plain)),
        *sections,
        _part("Methods", methods(run)),
        _part("Parameters", parameter_table(run)),
        element("script", None, trusted(_asset("report.js"))),
    )
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _NOTHING_FROM_OUTSIDE}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("title", None, f"{run.name} – Calscope report"),
        element("style", None, trusted(_asset("report.css"))),
    )
    return join(Markup("<!doctype html>\n"), element("html", {"lang": "en"}, head, body))


def _when(run: ExportedRun) -> Markup:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    started = run.meta.get("started_at")
    ran = f"Run of {started}. " if isinstance(started, str) else ""
    return element("p", {"class": "when"}, f"{ran}Report written {now} by Calscope {calscope.__version__}.")


def _part(title: str, *content: Content) -> Markup:
    return element("section", None, element("h2", None, title), *content)


def _asset(name: str) -> str:
    return files("calscope.export.report").joinpath(name).read_text(encoding="utf-8")
