"""Two images over each other with a slider between them, as plain values that a page can draw."""

from dataclasses import asdict, dataclass

from numpy.typing import NDArray

from calscope.model.recording import Pair
from calscope.plots import png
from calscope.plots.scaling import DisplayRange, display_range, scale_bar, short, to_codes

CLOSER = (1, 3)
"""As they are, and by how much a double click makes them larger."""


@dataclass(frozen=True)
class Bar:
    """A scale bar at one magnification."""

    percent: float
    """Length, of the width of the picture."""
    text: str


@dataclass(frozen=True)
class Swipe:
    """What the page's script draws; the images are PNG in the text of their address."""

    title: str
    columns: int
    rows: int
    before: str
    after: str
    left: str
    """Name of what is on the left of the slider."""
    right: str
    low: str
    """Lower end of the display range, in words."""
    high: str
    colours: tuple[str, ...]
    """Colours from the lower to the upper end."""
    closer: int
    bars: tuple[Bar, ...]
    """As they are, and magnified."""

    def to_dict(self) -> dict[str, object]:
        """Give it as plain values."""
        return asdict(self)


def make_swipe(
    before: NDArray, after: NDArray, title: str, *, dxy_um: Pair | None = None, names: tuple[str, str] | None = None
) -> Swipe:
    """Lay (H, W) images `before` and `after` over each other, in viridis, in a display range shared by both.

    The range is from the 50 to the 99.5 percentile of the pixels of both.
    """
    shown = display_range([before, after])
    rows, columns = before.shape
    colours = png.palette("viridis")
    first, second = (png.data_uri(to_codes(image, shown), colours) for image in (before, after))
    left, right = names or ("raw", "corrected")
    return Swipe(
        title=title,
        columns=columns,
        rows=rows,
        before=first,
        after=second,
        left=left,
        right=right,
        low=short(_near(shown[0], shown)),
        high=short(_near(shown[1], shown)),
        colours=tuple(f"rgb({r} {g} {b})" for r, g, b in colours[::51]),
        closer=CLOSER[1],
        bars=tuple(_bar(columns, dxy_um, factor) for factor in CLOSER),
    )


def _near(value: float, shown: DisplayRange) -> float:
    """Give 0 for what can't be told from it in this display range."""
    return 0.0 if abs(value) < 1e-3 * (shown[1] - shown[0]) else value


def _bar(columns: int, dxy_um: Pair | None, closer: int) -> Bar:
    bar = scale_bar(columns / closer, dxy_um)
    return Bar(round(100 * bar.length_px * closer / columns, 3), bar.text)
