"""Judgements of the components of other runs, given to the like components of one run.

Footprints are matched one to one so that the sum of their cosines is largest (Kuhn 1955), as where two analyses are
compared; beyond a distance of the centres no two are alike.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.comparison.agreement import MIN_COSINE, cosines
from calscope.algorithms.curation.fold_log import Folded, Place
from calscope.model.curation.curation_entry import Target
from calscope.model.curation.judgements import NOTHING_SAID, Judgement, Judgements, LostJudgement
from calscope.model.results import Components


def carry_over(
    folded: Folded,
    run: str,
    components: Components,
    places: Sequence[Place] | None = None,
    gone: frozenset[Place] = frozenset(),
) -> Judgements:
    """Give what holds for the components of one run.

    What was said of a component in this run counts; what was not is taken from the like component of another run, of
    several from the one of which something was said last.

    Parameters
    ----------
    run
        Key of the refit that found the components: what was said in this run is found by number.
    places
        (K,) what entries call each component; those of the refit, 0 to K - 1, unless components were edited by hand.
    gone
        Components that were merged or split: what was said of them holds no more.
    """
    own, others = _by_run(folded, run, places or [(run, k) for k in range(components.n)], components, gone)
    centers, carried, lost = components.centers_px(), [], []
    for meant in others:
        numbers = alike([folded.targets[place] for place in meant], components, centers)
        for place, component in zip(meant, numbers, strict=True):
            judgement = folded.judgements[place]
            if component is not None:
                carried.append((component, judgement))
            elif judgement.says_something and place not in folded.dismissed:
                lost.append(LostJudgement(judgement, folded.targets[place]))
    found = dict(own)
    for component, judgement in sorted(carried, key=lambda one: -one[1].newest):
        found[component] = found.get(component, NOTHING_SAID).or_else(judgement)
    said = {component: judgement for component, judgement in sorted(found.items()) if judgement.says_something}
    return Judgements(said, tuple(_each_once(lost)))


def _by_run(
    folded: Folded, run: str, places: Sequence[Place], components: Components, gone: frozenset[Place]
) -> tuple[dict[int, Judgement], list[list[Place]]]:
    """Give what was said of these components, and the places of other runs, the run of the newest judgement first."""
    own: dict[int, Judgement] = {}
    others: dict[str, list[Place]] = defaultdict(list)
    numbers = {place: number for number, place in enumerate(places)}
    for place, judgement in sorted(folded.judgements.items(), key=lambda item: -item[1].newest):
        number = numbers.get(place)
        if number is not None and (place[0] == run or _is_meant(folded.targets[place], components, number)):
            own[number] = judgement
        elif place not in gone:
            others[place[0]].append(place)
    return own, list(others.values())


def _is_meant(target: Target, components: Components, number: int) -> bool:
    """Whether a component by that name is the one that was meant: made by the same act, it may differ between runs."""
    column = column_of(target, components.dims)
    return column is None or float(cosines(column, components.A[:, [number]])[0, 0]) >= MIN_COSINE


def alike(targets: Sequence[Target], components: Components, centers: NDArray) -> list[int | None]:
    """Give the component that each target is like; None where none is."""
    columns = [column_of(target, components.dims) for target in targets]
    readable = [k for k, column in enumerate(columns) if column is not None]
    found: list[int | None] = [None] * len(targets)
    if not readable or not components.n:
        return found
    meant = csc_matrix(hstack([column for column in columns if column is not None]))
    cosine = cosines(meant, components.A)
    places = np.array([(targets[k].y_px, targets[k].x_px) for k in readable])
    radius = np.sqrt(np.maximum.outer(meant.getnnz(axis=0), components.A.getnnz(axis=0)) / np.pi)
    far = np.linalg.norm(places[:, None] - centers[None], axis=2) > radius
    cosine[far | (cosine < MIN_COSINE)] = 0
    for row, column in zip(*linear_sum_assignment(-cosine), strict=True):
        if cosine[row, column]:
            found[readable[row]] = int(column)
    return found


def column_of(target: Target, dims: tuple[int, int]) -> csc_matrix | None:
    """Unpack a footprint; None where it is damaged or of another field."""
    if target.footprint.dims != dims:
        return None
    try:
        return target.footprint.column()
    except ValueError:
        return None


def _each_once(lost: Sequence[LostJudgement]) -> Iterator[LostJudgement]:
    """Leave out those that mean the same as one of another run about which something was said later."""
    newest_first = sorted(lost, key=lambda one: -one.judgement.newest)
    columns = [column_of(one.target, lost[0].target.footprint.dims) for one in newest_first]
    readable = [k for k, column in enumerate(columns) if column is not None]
    same = np.zeros((len(lost), len(lost)), bool)
    if readable:
        meant = csc_matrix(hstack([columns[k] for k in readable]))
        same[np.ix_(readable, readable)] = cosines(meant, meant) >= MIN_COSINE
    kept: list[int] = []
    for k, one in enumerate(newest_first):
        others = (i for i in kept if newest_first[i].target.run != one.target.run)
        if not any(same[k, i] for i in others):
            kept.append(k)
            yield one
