"""HTML in which text is escaped unless it was made here."""

from collections.abc import Mapping
from html import escape


class Html(str):
    """Text that is HTML already; every other text is escaped when it becomes part of a page."""

    __slots__ = ()


EMPTY_ELEMENTS = ("img", "input", "meta", "br", "path", "line", "rect", "polyline", "image")

Content = str | Html


def element(name: str, attributes: Mapping[str, object] | None = None, *content: Content) -> Html:
    """Make one element; attributes that are None are left out, and text that isn't Html is escaped."""
    opening = name + "".join(
        f' {key}="{escape(str(value))}"' for key, value in (attributes or {}).items() if value is not None
    )
    if name in EMPTY_ELEMENTS:
        return Html(f"<{opening}/>")
    return Html(f"<{opening}>{join(*content)}</{name}>")


def join(*content: Content) -> Html:
    """Put pieces behind each other; text that isn't Html is escaped."""
    return Html("".join(piece if isinstance(piece, Html) else escape(piece) for piece in content))


def table(header: list[str], rows: list[list[Content]], attributes: Mapping[str, object] | None = None) -> Html:
    """Make a plain table."""
    head = element("thead", None, element("tr", None, *(element("th", {"scope": "col"}, cell) for cell in header)))
    body = element("tbody", None, *(element("tr", None, *(element("td", None, cell) for cell in row)) for row in rows))
    return element("table", attributes, head, body)
