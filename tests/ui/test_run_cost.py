"""What a run is said to take."""

from calscope.pipeline.times import Expected, total
from calscope.ui.session import run_cost

FIT = Expected(4.0, disk_bytes=2e6, memory_bytes=200e6)


def test_memory_is_the_least_that_it_takes_where_a_stage_was_not_seen_to_run():
    by_stage = {"before": Expected(1.0), "fit": FIT}
    assert run_cost.short(total(by_stage.values()), by_stage) == "About 5 s · at least 200.0 MB memory · 2.0 MB disk."
    by_stage["before"] = Expected(1.0, memory_bytes=600e6)
    assert run_cost.short(total(by_stage.values()), by_stage) == "About 5 s · 600.0 MB memory · 2.0 MB disk."
