"""What a search came to, for people: the points of a round as a table, and what is proposed with its evidence."""

import pandas as pd

from calscope.model.crop import Crop
from calscope.pipeline.sweeps.find_values import IN_USE, Round, SearchResults, ranked
from calscope.pipeline.sweeps.point_table import point_table
from calscope.pipeline.sweeps.run_points import SweepPoint, in_words


def round_table(one: Round, most_unconfirmed: int | None) -> pd.DataFrame:
    """Give the points of a round, the best first: `point` (its number, or in use), then the columns of a sweep."""
    table = point_table(one.points)
    numbers = sorted(point.number for point in one.points)
    table.insert(0, "point", ["in use" if number == IN_USE else str(number) for number in numbers])
    return table.iloc[[numbers.index(number) for number in ranked(one.points, most_unconfirmed)]]


def all_rounds(found: SearchResults, most_unconfirmed: int | None) -> pd.DataFrame:
    """Give the tables of all rounds below each other, with the number of the round and the part that was tried."""
    tables = []
    for number, one in enumerate(found.rounds, 1):
        table = round_table(one, most_unconfirmed)
        table.insert(0, "part", part_in_words(one.crop))
        table.insert(0, "round", number)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def proposed_values(found: SearchResults) -> str:
    """Say which values are proposed, or that those in use stay; of a search that is through."""
    if found.proposal is None:
        return "The values in use are as good as any that were tried"
    return in_words(found.proposal.values)


def evidence(found: SearchResults) -> str:
    """Say what speaks for the proposal, and how sure that is; empty where there is none."""
    best = found.proposal
    if best is None:
        return ""
    last = found.rounds[-1]
    by_number = {point.number: point for point in last.points}
    point, now = by_number[best.number], by_number[IN_USE]
    sure = "more than chance gives" if best.is_clear else "no more than chance gives among so few cells"
    return (
        f"On {part_in_words(last.crop)}, {_share(point)} known cells are accepted, with the values in use "
        f"{_share(now)}: {100 * best.gain:+.0f} % ± {196 * best.gain_sd:.0f} % (95 %), {sure}. Unconfirmed components: "
        f"{_unconfirmed(point)}, with the values in use {_unconfirmed(now)}."
    )


def part_in_words(crop: Crop | None) -> str:
    """Say which part of the recording it is."""
    if crop is None:
        return "the whole recording"
    frames, rows, columns = crop.shape
    return f"{rows} × {columns} px and {frames} frames"


def _share(point: SweepPoint) -> str:
    measures = point.measures
    return f"{100 * (measures.injected_recall or 0):.0f} % of {measures.injected_cells}"


def _unconfirmed(point: SweepPoint) -> str:
    return f"{point.measures.unconfirmed} of {point.measures.in_halves}"
