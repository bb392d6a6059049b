"""Jobs and records of earlier versions, brought into today's form: the one place that knows what they looked like."""

from typing import Any


def record_of_today(values: Any) -> Any:
    """Give the record of an animal's run; until version 0.1 it held `seeds` where `inputs` are now."""
    if not isinstance(values, dict) or "seeds" not in values:
        return values
    rest = {name: value for name, value in values.items() if name != "seeds"}
    return rest | {"inputs": {"seeds": values["seeds"]}}


def job_of_today(values: Any) -> Any:
    """Give the description of a job; until version 0.1 it held the `seeds` of each animal where `inputs` are now."""
    if not isinstance(values, dict) or not isinstance(values.get("seeds"), dict):
        return values
    rest = {name: value for name, value in values.items() if name != "seeds"}
    return rest | {"inputs": {animal: {"seeds": seeds} for animal, seeds in values["seeds"].items()}}
