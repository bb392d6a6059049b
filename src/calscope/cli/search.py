"""`calscope search`: values that find more known cells than those in use, as a table and a parameter file."""

import argparse
import sys
from pathlib import Path

from calscope.cli import BAD_INPUT, INTERRUPTED, OK
from calscope.cli.progress_line import ProgressLine
from calscope.cli.stop import Stop
from calscope.cli.suggest import new_file, write_values
from calscope.cli.sweep import make_ready, printed, swept_animal, table_file, write_table
from calscope.model.errors import Cancelled, ParameterError
from calscope.model.json_text import quoted
from calscope.model.sweeps.search_plan import SearchPlan, SearchRange, check_search, read_range
from calscope.pipeline.cohort import Step
from calscope.pipeline.sweeps.find_values import SearchResults, find_values
from calscope.pipeline.sweeps.run_points import SweptAnimal
from calscope.pipeline.sweeps.search_table import all_rounds, evidence, part_in_words, proposed_values, round_table


def command(chosen: argparse.Namespace) -> int:
    """Search; print the last round and what is proposed, and write what is asked for."""
    plan = SearchPlan(
        tuple(_range(text) for text in chosen.over),
        n_points=chosen.points,
        on_whole=not chosen.crop_only,
        most_unconfirmed=chosen.most_unconfirmed,
    )
    check_search(plan)
    line = ProgressLine()
    animal = swept_animal(chosen, "search", line)
    out = table_file(chosen)
    values_file = None if chosen.values is None else new_file(Path(chosen.values))
    make_ready(animal.store, line)
    found, stopped = _search(animal, plan, line)
    line.clear()
    if found.rounds:
        _print(found, plan)
        if out is not None:
            write_table(all_rounds(found, plan.most_unconfirmed), out)
    if stopped:
        return INTERRUPTED
    if values_file is not None and found.proposal is not None:
        write_values(values_file, animal.params.replace(found.proposal.values))
        sys.stdout.write(f"{values_file}\n")
    failed = list(dict.fromkeys(point.error for point in found.points if point.error))
    for error in failed:
        sys.stderr.write(f"calscope search: {error}\n")
    return BAD_INPUT if failed and found.proposal is None else OK


def _search(animal: SweptAnimal, plan: SearchPlan, line: ProgressLine) -> tuple[SearchResults, bool]:
    """Give what was found, and whether it was stopped before its end."""
    stop, done = Stop(), [SearchResults()]

    def report(step: Step) -> None:
        stop.check()
        line.show(step.fraction, f"{step.animal}: {step.note}", step.eta_s)

    try:
        with stop.listening():
            find_values(animal, plan, report=report, log=line.say, on_point=done.append)
    except (Cancelled, KeyboardInterrupt):
        line.say("Stopped. What was finished is in the store; the same command goes on from there.")
        return done[-1], True
    return done[-1], False


def _print(found: SearchResults, plan: SearchPlan) -> None:
    """Print the last round that began, the best point first, and what is proposed."""
    last = found.rounds[-1]
    sys.stdout.write(f"Round {len(found.rounds)}, {part_in_words(last.crop)}, the best first\n")
    sys.stdout.write(f"{printed(round_table(last, plan.most_unconfirmed))}\n")
    if found.is_over:
        sys.stdout.write(f"\n{proposed_values(found)}\n")
    if said := evidence(found):
        sys.stdout.write(f"{said}\n")


def _range(text: str) -> SearchRange:
    """Read NAME=FROM:TO."""
    name, equals, given = text.partition("=")
    if not equals:
        raise ParameterError(f"--over needs NAME=FROM:TO, as cnmf.gSig=3:8; got {quoted(text)}.")
    return read_range(name.strip(), given)
