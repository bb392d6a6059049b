"""What a run would take, in words: time, memory and room on the disk, and what is taken from the store instead."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import psutil

from calscope.io.atomic_write import free_bytes
from calscope.model.fields import StageName
from calscope.model.quantities import duration, size
from calscope.pipeline import room
from calscope.pipeline.stages import stage_of
from calscope.pipeline.times import Expected
from calscope.ui.session import places

COMPILES = "About {} of it compile code, only this once."


def short(expected: Expected, by_stage: Mapping[StageName, Expected]) -> str:
    """Say it in a few words; what is not known is left out.

    The memory is the least that it takes where some of the stages were not seen to run here.
    """
    parts = [expected.in_words()] if expected.is_known else []
    least = "" if _is_learnt(by_stage.values()) else "at least "
    parts += [f"{least}{size(expected.memory_bytes)} memory"] if expected.memory_bytes else []
    parts += [f"{size(expected.disk_bytes)} disk"] if expected.disk_bytes else []
    once = f" {COMPILES.format(duration(expected.compile_s))}" if expected.compile_s >= 1 else ""
    told = " · ".join(parts)
    return f"{told[0].upper()}{told[1:]}.{once}" if parts else once.strip()


def warning(expected: Expected) -> str:
    """Say what there is too little of; empty where there is enough."""
    return room.lacking(expected, places.store().root)


def in_full(by_stage: Mapping[StageName, Expected], served: tuple[StageName, ...]) -> str:
    """Say what runs again and what it takes, stage by stage, what is taken from the store, and how much is free."""
    runs = [f"{stage_of(stage).title} ({_of_stage(one)})" for stage, one in by_stage.items()]
    parts = [f"Runs: {', '.join(runs)}."] if runs else []
    parts += [f"From the store: {', '.join(stage_of(stage).title for stage in served)}."] if served else []
    if runs:
        parts += [_free(), _source(by_stage.values())]
    return " ".join(parts)


def _of_stage(one: Expected) -> str:
    took = replace(one, to_compile=frozenset()).in_words() if one.is_known else "time unknown"
    return f"{took}, {size(one.disk_bytes)}" if one.disk_bytes else took


def _free() -> str:
    root = places.store().root
    free = free_bytes(root)
    memory = psutil.virtual_memory().available
    disk = f"Free now: {size(free)} on the disk of {root}" if free is not None else "Free now:"
    return f"{disk}, {size(memory)} of memory."


def _source(stages: Iterable[Expected]) -> str:
    if all(one.is_measured for one in stages):
        return "Learnt from the runs that ended on this machine."
    return "Rough: not all of it ran on this machine yet."


def _is_learnt(stages: Iterable[Expected]) -> bool:
    return all(one.memory_bytes for one in stages)
