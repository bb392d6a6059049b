"""Searches values that find most known cells, without accepting more of what only one half of the frames shows.

The first points fill the ranges evenly (scrambled Sobol points: Owen 1998, J Complex 14:466) and are tried on a crop.
The best third goes on to a larger crop, and the best of those to the whole recording (successive halving: Jamieson &
Talwalkar 2016, AISTATS). The values in use go along to the end, so that both are judged on the same movie. Points with
too many unconfirmed components come behind all others (Deb 2000, Comput Methods Appl Mech Eng 186:311).
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from calscope.algorithms.crop_choice import choose_crop
from calscope.io.readers.reader_registry import open_recording
from calscope.model.crop import Crop
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters
from calscope.model.sweeps.search_plan import SearchPlan, check_search, place_of
from calscope.model.sweeps.sweep_plan import at_point
from calscope.pipeline.cohort import Report, Step
from calscope.pipeline.runner import Log, resolve_params
from calscope.pipeline.sweeps.run_points import PointRuns, PointSet, SweepPoint, SweptAnimal, begin

logger = logging.getLogger(__name__)
IN_USE = 0
"""Number of the point with the values in use."""
_KEPT = 1 / 3
"""Share of the points that goes on."""
_LARGER = 2
"""Times as long, high and wide is the next crop."""
_TRIES = 8
"""Times as many points are drawn as are wanted, because some don't fit together or are the same."""
_CLEAR = 1.96


@dataclass(frozen=True)
class Round:
    """Points that were tried on the same part of the recording."""

    crop: Crop | None
    """None where it is the whole recording."""
    points: tuple[SweepPoint, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """The best point of the last round against the values in use."""

    number: int
    values: dict[str, Any]
    gain: float
    """Share of known cells accepted, less that of the values in use."""
    gain_sd: float
    """Standard deviation of that difference, as if each cell were found or missed independently."""

    @property
    def is_clear(self) -> bool:
        """Whether the gain is more than chance among so few cells gives."""
        return self.gain > _CLEAR * self.gain_sd


@dataclass(frozen=True)
class SearchResults:
    """All that was tried, and what is proposed once it is through."""

    rounds: tuple[Round, ...] = ()
    proposal: Proposal | None = None
    """None before the end, and where the values in use are the best."""
    is_over: bool = False

    @property
    def points(self) -> tuple[SweepPoint, ...]:
        """The points of all rounds."""
        return tuple(point for one in self.rounds for point in one.points)


def find_values(
    animal: SweptAnimal,
    plan: SearchPlan,
    *,
    report: Report,
    log: Log = logger.info,
    on_point: Callable[[SearchResults], None],
) -> SearchResults:
    """Search; arguments and errors as `run_points.run_sweep`."""
    check_search(plan)
    recording = open_recording(animal.path, animal.n_frames)
    resolve_params(animal.params, recording.info)
    candidates = first_points(plan, animal.params)
    crop = plan.crop or choose_crop(recording, progress=begin(report, recording))
    parts = parts_of(recording.shape, crop, on_whole=plan.on_whole)
    counts = _counts(len(candidates), len(parts))
    sizes = [n * math.prod(_shape(part, recording.shape)) for n, part in zip(counts, parts, strict=True)]
    done, chosen = SearchResults(), list(candidates)
    for at, part in enumerate(parts):
        share = (sum(sizes[:at]) / sum(sizes), sum(sizes[: at + 1]) / sum(sizes))
        points = PointSet({number: candidates[number] for number in chosen}, "search")
        runs = PointRuns(animal, points, recording, part, _within(report, at, len(parts), share), log)
        before = done
        for number in chosen:
            runs.one_point(number)
            done = replace(before, rounds=(*before.rounds, Round(part, runs.done.points)))
            on_point(done)
        order = ranked(done.rounds[-1].points, plan.most_unconfirmed)
        if at + 1 < len(parts):
            chosen = sorted({IN_USE, *order[: counts[at + 1] - 1]})
    done = replace(done, proposal=proposal_of(done.rounds[-1].points, order), is_over=True)
    on_point(done)
    return done


def first_points(plan: SearchPlan, params: Parameters) -> dict[int, dict[str, Any]]:
    """Give the values of each point by its number: those in use first, then points that fill the ranges evenly.

    Raises
    ------
    ParameterError
        When no point of the ranges fits the other values.
    """
    from scipy.stats import qmc  # noqa: PLC0415 - takes half a second, and every job imports this file

    names = [one.parameter for one in plan.ranges]
    found = [{name: _plain(params.get(name)) for name in names}]
    for unit in qmc.Sobol(len(names), seed=0).random(2 ** math.ceil(math.log2(_TRIES * plan.n_points))):
        values = place_of(plan, unit.tolist())
        if len(found) < plan.n_points and values not in found and _fits(params, values):
            found.append(values)
    if len(found) == 1:
        raise ParameterError(f"No values of these ranges of {', '.join(names)} fit the others. Choose other ranges.")
    return dict(enumerate(found))


def parts_of(shape: tuple[int, int, int], crop: Crop, *, on_whole: bool) -> list[Crop | None]:
    """Give the parts of the recording that are tried one after the other: each larger, the last one the whole."""
    if crop.shape == shape:
        return [None] if on_whole else [crop]
    frames, rows, columns = shape
    larger = Crop(
        *_grown(crop.start, crop.stop, frames),
        *_grown(crop.top, crop.bottom, rows),
        *_grown(crop.left, crop.right, columns),
    )
    parts: list[Crop | None] = [crop]
    if 2 * math.prod(larger.shape) <= math.prod(shape) or not on_whole:
        parts.append(larger)
    return [*parts, None] if on_whole else parts


def ranked(points: tuple[SweepPoint, ...], most_unconfirmed: int | None) -> list[int]:
    """Give the numbers of the points, the best first.

    Parameters
    ----------
    most_unconfirmed
        Points with more come behind all others; as many as the values in use have where None.
    """
    in_use = next((point.measures.unconfirmed for point in points if point.number == IN_USE), None)
    most = in_use if most_unconfirmed is None else most_unconfirmed

    def place(point: SweepPoint) -> tuple[bool, int, float, bool]:
        measures = point.measures
        is_bad = bool(point.error) or measures.injected_recall is None
        too_many = 0 if most is None else max(0, (measures.unconfirmed or 0) - most)
        return is_bad, too_many, -(measures.injected_recall or 0.0), point.number != IN_USE

    return [point.number for point in sorted(points, key=place)]


def proposal_of(points: tuple[SweepPoint, ...], order: list[int]) -> Proposal | None:
    """Give the best point against the values in use; None where these are the best, or one of them has no result."""
    by_number = {point.number: point for point in points}
    best, now = by_number[order[0]], by_number.get(IN_USE)
    if now is None or best.number == IN_USE or best.error or now.error:
        return None
    shares = [(one.measures.injected_recall, one.measures.injected_cells) for one in (best, now)]
    if any(share is None or not n for share, n in shares):
        return None
    (p, n), (q, m) = ((float(share or 0), int(count or 1)) for share, count in shares)
    return Proposal(best.number, best.values, p - q, math.sqrt(p * (1 - p) / n + q * (1 - q) / m))


def _counts(n: int, n_parts: int) -> list[int]:
    """Give how many points are tried in each round, those in use among them."""
    counts = [n]
    for _ in range(n_parts - 1):
        counts.append(min(counts[-1], max(2, math.ceil(counts[-1] * _KEPT) + 1)))
    return counts


def _grown(start: int, stop: int, size: int) -> tuple[int, int]:
    length = min(size, _LARGER * (stop - start))
    begin_at = min(max(0, (start + stop - length) // 2), size - length)
    return begin_at, begin_at + length


def _shape(part: Crop | None, whole: tuple[int, int, int]) -> tuple[int, int, int]:
    return whole if part is None else part.shape


def _within(report: Report, at: int, n_parts: int, share: tuple[float, float]) -> Report:
    """Give what tells of one round as a share of all; later rounds count as if they went as fast as this one."""
    start, stop = share

    def told(step: Step) -> None:
        done = start + (stop - start) * step.fraction
        left_here = max(stop - done, 1e-9)
        left_s = None if step.eta_s is None else step.eta_s * (1 + (1 - stop) / left_here)
        note = f"round {at + 1} of {n_parts}, {step.note}"
        report(replace(step, fraction=done, note=note, eta_s=left_s if step.fraction < 1 else None))

    return told


def _fits(params: Parameters, values: dict[str, Any]) -> bool:
    try:
        at_point(params, values)
    except ParameterError:
        return False
    return True


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
