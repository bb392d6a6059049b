"""The parts of a bundle, a zip file, by their names.

manifest.json                    what the bundle is, and size and checksum of every other part
README.txt                       the same for people
run.json                         what ran: parameters, versions, a record an animal; remarks
animals/N/components.parquet     the table of components, with what persons decided
animals/N/curation.jsonl         all that persons said of the components
animals/N/STAGE/values.json      a stage's result: what is no array
animals/N/STAGE/ARRAY.npy        its arrays, as the store keeps them
animals/N/events.csv             events of the recording, where it has some
animals/N/film.bin               a short film, where one was asked for (`plots/film_sheet.py`)
"""

from calscope.model.fields import StageName

RUN, README, VALUES = "run.json", "README.txt", "values.json"
CURATION, COMPONENTS_FILE, EVENTS, FILM = "curation.jsonl", "components.parquet", "events.csv", "film.bin"
BUNDLED: tuple[StageName, ...] = (
    *("before", "check", "estimate", "after", "motion_quality", "fit", "refit", "residual"),
    *("component_quality", "evaluation", "flags", "dff", "injected"),
)
"""Stages whose results a bundle holds. The corrected movie (`apply`) is left out."""


def part_of(number: int, *names: str) -> str:
    """Give the name of a part of an animal, by the animal's place among those of the bundle."""
    return "/".join(("animals", str(number), *names))
