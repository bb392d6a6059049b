"""How fine the report's pictures and traces may be, so that the file still goes by mail."""

from dataclasses import dataclass

import numpy as np

from calscope.export.exported_animal import ExportedRun

BYTES_FOR_TRACES = 3_000_000
"""What the traces of a whole report may take, before base64 makes a third more of it."""
PIXELS_FOR_IMAGES = 3_200_000
"""How many pixels, of about a byte each, the images of a whole report may have together."""


@dataclass(frozen=True)
class Budget:
    """What one trace and one image may take."""

    buckets: int
    """Into how many stretches of time a trace may be thinned; each keeps its lowest and highest value."""
    most_pixels: int
    """Larger images are made smaller for the page."""


def budget_for(run: ExportedRun) -> Budget:
    """Share what a report may take among all that is in it; under 10 MB for five animals of 1500 frames."""
    n_traces = sum(animal.n_components * len(animal.trace_kinds) for animal in run.animals)
    n_images = sum(len(animal.images) for animal in run.animals)
    return share(n_traces, n_images)


def share(n_traces: int, n_images: int) -> Budget:
    """Share among so many traces and images; never so little that nothing can be seen."""
    return Budget(
        buckets=int(np.clip(BYTES_FOR_TRACES // (2 * max(n_traces, 1)), 100, 800)),
        most_pixels=max(PIXELS_FOR_IMAGES // max(n_images, 1), 128 * 128),
    )
