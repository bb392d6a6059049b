"""What two engines found alike, as pictures: their outlines over each other, and the traces of one pair."""

from markupsafe import Markup

from calscope.export.report.markup import element
from calscope.export.report.report_figures import Curve, svg_path, time_chart
from calscope.model.matched import MatchedComponents
from calscope.plots import png, style
from calscope.plots.contours import outlines
from calscope.plots.scaling import display_range, to_codes

_NAMES = ("built-in", "CaImAn")
_COLOURS = (style.ACCEPTED_ON_IMAGE, style.REJECTED_ON_IMAGE)


def outlines_of_both(matched: MatchedComponents) -> Markup:
    """Draw the outlines of matched components over the correlation image, blue and orange."""
    rows, columns = matched.image.shape
    codes = to_codes(matched.image, display_range([matched.image], 1.0, 99.7))
    uri = png.data_uri(codes, png.palette("gray"))
    image = element("image", {"href": uri, "width": columns, "height": rows, "preserveAspectRatio": "none"})
    paths = [
        element("path", {"d": svg_path(line), "stroke": colour, "class": name}, "")
        for name, colour, A in zip(_NAMES, _COLOURS, matched.footprints, strict=True)
        for line in outlines(A, (rows, columns))
        if len(line)
    ]
    label = "Outlines of matched components over the local correlation image"
    look = {"class": "outlines", "viewBox": f"0 0 {columns} {rows}", "role": "img", "aria-label": label}
    drawing = element("svg", look, image, *paths)
    n = matched.footprints[0].shape[1]
    words = (
        f"Outlines of the {n} matched components over the local correlation of the movie that the built-in engine "
        "corrected: built-in blue, CaImAn orange. Each engine has a template of its own, so that they may lie apart."
    )
    return element("figure", None, drawing, element("figcaption", None, words))


def traces_of_both(matched: MatchedComponents) -> Markup:
    """Draw the traces of the pair in the middle over each other."""
    colours = (style.ACCEPTED, style.REJECTED)
    curves = [Curve(name, trace, colour) for name, trace, colour in zip(_NAMES, matched.traces, colours, strict=True)]
    chart = time_chart(curves, fr_hz=matched.fr_hz, y_title="denoised / largest")
    a, b = matched.shown or (0, 0)
    words = (
        f"Component {a} of the built-in engine and {b} of CaImAn: of all pairs, the one with the median correlation of "
        f"traces ({matched.correlation:.3f})."
    )
    return element("figure", None, chart, element("figcaption", None, words))
