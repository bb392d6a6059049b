"""What the report says of persons who judged the same components."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from calscope.export.report.markup import element, join, table
from calscope.model.note_texts import agreement_texts


def agreement_paragraphs(found: Sequence[Mapping[str, Any]]) -> Iterator[Markup]:
    """Give, for each two raters, how well they agree and the list of what they disagree about; nothing without two."""
    for one in found:
        yield element("p", None, agreement_texts.sentence(one))
        if one["disagreements"]:
            yield _disagreements(one)
    if found:
        yield element("p", {"class": "when"}, agreement_texts.WHAT_IT_IS)


def _disagreements(one: Mapping[str, Any]) -> Markup:
    rows = [[str(each["component"]), *each["decisions"], _settled(each)] for each in one["disagreements"]]
    shown = table(["component", *one["raters"], "settled"], rows)
    return element("details", None, element("summary", None, "Where they disagree"), join(shown))


def _settled(one: Mapping[str, Any]) -> str:
    return f"{one['settled']} by {one['settled_by']}" if one["settled"] else "no: the thresholds decide"
