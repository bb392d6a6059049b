"""HTML elements, in which text is escaped unless it is markup already."""

from collections.abc import Mapping

from markupsafe import Markup, escape

EMPTY_ELEMENTS = ("img", "input", "meta", "br", "path", "line", "rect", "polyline", "image")

Content = str | Markup


def trusted(text: str) -> Markup:
    """Take text of our own as the markup that it is; never what a file or a person said."""
    return Markup(text)  # noqa: S704 - the one place where text is not escaped


def element(name: str, attributes: Mapping[str, object] | None = None, *content: Content) -> Markup:
    """Make one element; attributes that are None are left out, and text that isn't Markup is escaped."""
    opening = name + "".join(
        f' {key}="{escape(str(value))}"' for key, value in (attributes or {}).items() if value is not None
    )
    if name in EMPTY_ELEMENTS:
        return trusted(f"<{opening}/>")
    return trusted(f"<{opening}>{join(*content)}</{name}>")


def join(*content: Content) -> Markup:
    """Put pieces behind each other; text that isn't Markup is escaped."""
    return Markup("").join(content)


def table(header: list[str], rows: list[list[Content]], attributes: Mapping[str, object] | None = None) -> Markup:
    """Make a plain table."""
    head = element("thead", None, element("tr", None, *(element("th", {"scope": "col"}, cell) for cell in header)))
    body = element("tbody", None, *(element("tr", None, *(element("td", None, cell) for cell in row)) for row in rows))
    return element("table", attributes, head, body)
