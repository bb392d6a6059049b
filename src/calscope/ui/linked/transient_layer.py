"""What lights up with the chosen component: a layer of the map that is made when it is looked at."""

from typing import Any

import numpy as np

from calscope.algorithms.evaluation.transients import transient_frames, transient_image
from calscope.model.results import Components, CorrectedMovie, SummaryImages
from calscope.plots import png
from calscope.plots.scaling import display_range, short, to_codes
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import wording
from calscope.ui.linked import component_film, mounting
from calscope.ui.widgets import charts

LAYER = {"title": "Transients", "uri": "", "of": "lit", "low": "", "high": ""}
LAYER["help"] = "Mean of the frames of this component's transients, less the mean of all frames"
MOST_TRANSIENTS = 20


def is_there(view: EvaluatedAnimal) -> bool:
    """Tell whether it can be made: the corrected movie is in the store."""
    corrected = view.animal.results.corrected
    return corrected is not None and corrected.movie.shape[1:] == view.components.dims


def pictures(view: EvaluatedAnimal, map_key: str, component: int | None) -> dict[str, dict[str, Any]]:
    """Give the picture of the chosen component by its number, where the map of that key looks at this layer."""
    corrected, is_wanted = view.animal.results.corrected, mounting.told(map_key, "layer") == LAYER["title"]
    if component is None or corrected is None or not is_wanted or not is_there(view):
        return {}
    keys, apart = (view.keys[0], view.keys[1]), component_film.apart(view.animal.fr_hz)
    made = _picture(keys, component, apart, _components=view.components, _corrected=corrected, _after=view.after)
    return {str(component): made}


@charts.cached
def _picture(
    keys: tuple[str, str],
    component: int,
    apart: int,
    _components: Components,
    _corrected: CorrectedMovie,
    _after: SummaryImages,
) -> dict[str, Any]:
    return make_picture(_components, _corrected, _after, component, apart)


def make_picture(
    components: Components, corrected: CorrectedMovie, after: SummaryImages, component: int, apart: int
) -> dict[str, Any]:
    """Give the picture as the map takes it; without an image, and with words, where the trace has no transient."""
    rows, columns = components.dims
    frames = transient_frames(np.asarray(components.C[component]), apart=apart, most=MOST_TRANSIENTS)
    place = {"x": 0, "y": 0, "columns": columns, "rows": rows}
    if not len(frames):
        return {"uri": "", **place, "low": "", "high": "", "said": "This trace has no transient"}
    image = transient_image(corrected.movie, frames, after.mean)
    shown = display_range([image], 50.0, 99.9)
    return {
        "uri": png.data_uri(to_codes(image, shown), png.palette("gray")),
        **place,
        "low": short(shown[0]),
        "high": short(shown[1]),
        "said": f"mean of {wording.count(len(frames), 'frame')} less that of all",
    }
