"""Images and outlines of the map, sent apart: a threshold changes which outlines are blue, and nothing of these."""

from typing import Any

from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import mounting

NAME, LATER = "field_images", "later_images"


def move_into_view(data: dict[str, Any], view: EvaluatedAnimal, page: str, wanted: object) -> None:
    """Bring the images and the outlines in a map's data to the browser in views of their own, which draw nothing.

    Parameters
    ----------
    wanted
        Title of the layer that the map tells it looks at: one that is to come later is sent while it is wanted.
    """
    layers = data["layers"]
    images = ["" if layer.get("later") else layer["uri"] for layer in layers]
    later = {layer["title"]: layer["uri"] for layer in layers if layer.get("later") and layer["title"] == wanted}
    data["layers"] = [layer | {"uri": ""} for layer in layers]
    outlines, data["outlines"] = data["outlines"], None
    mounting.mount(NAME, view, page, {"images": images, "outlines": outlines})
    if later:
        mounting.mount(LATER, view, page, {"images": later})
