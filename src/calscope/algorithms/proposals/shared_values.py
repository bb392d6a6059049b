"""Proposals of several animals: values for all, and those of single animals where they differ for certain."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calscope.algorithms.proposals.from_measurements import InUse, propose
from calscope.model.proposals import AnimalProposals, Measurements, MeasureName
from calscope.model.results import Estimate

POOLED: tuple[MeasureName, ...] = ("soma_diameter_px", "decay_frames")


@dataclass(frozen=True)
class SharedProposals:
    """Values of parameters by full name."""

    values: Mapping[str, Any]
    """For all animals."""
    own: Mapping[str, Mapping[str, Any]]
    """By animal: what differs."""


def share(animals: Sequence[AnimalProposals], rates_hz: Mapping[str, float | None], in_use: InUse) -> SharedProposals:
    """Give values for all animals, and single ones' own.

    A size or decay whose interval holds the median of all animals is taken as that; what still differs is an animal's
    own. The value for all is the commonest one, the largest among equally common ones.

    Parameters
    ----------
    rates_hz
        Frame rate of each animal, None where it is unknown.
    in_use
        The values that runs of all animals would use now.
    """
    pooled = {one.animal: one.measurements for one in animals}
    for name in POOLED:
        pooled = _towards_median(pooled, name, rates_hz)
    proposed = {
        animal: {one.name: one.value for one in propose(found, rates_hz[animal], in_use) if one.is_made}
        for animal, found in pooled.items()
    }
    names = list(dict.fromkeys(name for values in proposed.values() for name in values))
    shared = {name: _commonest([values[name] for values in proposed.values() if name in values]) for name in names}
    own = {
        animal: {name: value for name, value in values.items() if value != shared[name]}
        for animal, values in proposed.items()
    }
    return SharedProposals(shared, {animal: values for animal, values in own.items() if values})


def _towards_median(
    found: Mapping[str, Measurements], name: MeasureName, rates_hz: Mapping[str, float | None]
) -> dict[str, Measurements]:
    """Give the median of all animals to those whose interval holds it; times are compared in seconds."""
    per_unit = {animal: (rates_hz[animal] or 1.0) if name == "decay_frames" else 1.0 for animal in found}
    values = {animal: one.get(name) for animal, one in found.items()}
    known = [value.value / per_unit[animal] for animal, value in values.items() if value is not None]
    if not known:
        return dict(found)
    middle = float(np.median(known))
    return {animal: _with(one, name, values[animal], middle * per_unit[animal]) for animal, one in found.items()}


def _with(found: Measurements, name: MeasureName, own: Estimate | None, middle: float) -> Measurements:
    if own is None or not own.low <= middle <= own.high:
        return found
    measure = replace(found.measures[name], estimate=replace(own, value=middle))
    return replace(found, measures={**found.measures, name: measure})


def _commonest(values: Sequence[Any]) -> Any:
    counts = Counter(values)
    most = max(counts.values())
    common = [value for value, count in counts.items() if count == most]
    return None if None in common else max(common)
