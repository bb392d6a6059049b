"""One HTML file with everything a colleague needs to judge a run; it opens without server or network."""

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import calscope
from calscope.export.report.markup import Content, Html, element, join
from calscope.export.report.parameter_table import parameter_table
from calscope.export.report.report_budget import budget_for
from calscope.export.report.report_parts import animal_section, methods, overview
from calscope.export.run_folder.open_run_folder import RunFolder, open_run
from calscope.io.atomic_write import atomic_file
from calscope.model.errors import StoreError

_NOTHING_FROM_OUTSIDE = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""The page itself forbids the browser to load anything: what it shows is in it."""


def write_report(run_folder: Path, html: Path | None = None) -> Path:
    """Write the report of a run.

    Parameters
    ----------
    run_folder
        What `calscope run` wrote: OUT, or one animal's folder in it.
    html
        Where to write; `report.html` in the run's folder where not given.

    Raises
    ------
    RecordingError
        When the folder holds no results.
    StoreError
        When one of its files is damaged, or the report can't be written, or `html` is the name of no HTML file.
    """
    target = html or run_folder / "report.html"
    if target.suffix.lower() not in {".html", ".htm"}:
        # A slip of the hand must not replace a recording.
        raise StoreError(f"{target} is not the name of a page. Give a file that ends in .html.")
    run = open_run(run_folder)
    page = render(run)
    with atomic_file(target) as part:
        part.write_text(page, encoding="utf-8")
    return target


def render(run: RunFolder) -> str:
    """Give the report as text."""
    budget = budget_for(run)
    sections = [animal_section(i, animal, budget) for i, animal in enumerate(run.animals)]
    body = element(
        "body",
        None,
        element("header", None, element("h1", None, run.name), _when(run)),
        element("section", None, overview(run)),
        *sections,
        _part("Methods", methods(run)),
        _part("Parameters", parameter_table(run)),
        element("script", None, Html(_asset("report.js"))),
    )
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _NOTHING_FROM_OUTSIDE}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("title", None, f"{run.name} – Calscope report"),
        element("style", None, Html(_asset("report.css"))),
    )
    return join(Html("<!doctype html>\n"), element("html", {"lang": "en"}, head, body))


def _when(run: RunFolder) -> Html:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    started = run.meta.get("started_at")
    ran = f"Run of {started}. " if isinstance(started, str) else ""
    return element("p", {"class": "when"}, f"{ran}Report written {now} by Calscope {calscope.__version__}.")


def _part(title: str, *content: Content) -> Html:
    return element("section", None, element("h2", None, title), *content)


def _asset(name: str) -> str:
    return files("calscope.export.report").joinpath(name).read_text(encoding="utf-8")
