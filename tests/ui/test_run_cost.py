"""What a run is said to take."""

from calscope.pipeline.times import Expected, total
from calscope.ui.session import run_cost

WARP = "calscope.algorithms.motion.warp"
FIT = Expected(4.0, disk_bytes=2e6, memory_bytes=200e6)


def test_memory_is_the_least_that_it_takes_where_a_stage_was_not_seen_to_run():
    by_stage = {"before": Expected(1.0), "fit": FIT}
    assert run_cost.short(total(by_stage.values()), by_stage) == "About 5 s · at least 200.0 MB memory · 2.0 MB disk."
    by_stage["before"] = Expected(1.0, memory_bytes=600e6)
    assert run_cost.short(total(by_stage.values()), by_stage) == "About 5 s · 600.0 MB memory · 2.0 MB disk."


def test_the_first_run_says_what_compiling_takes_and_a_rough_time_is_a_range():
    first = Expected(4.0, is_measured=False, to_compile=frozenset({WARP}))
    assert run_cost.short(first, {"apply": first}) == "28 to 84 s. About 24 s of it compile code, only this once."
    assert run_cost.in_full({"apply": first}, ()).startswith("Runs: corrected movie (4 to 12 s).")
    assert "Rough" in run_cost.in_full({"apply": first}, ()) and "Learnt" in run_cost.in_full({"fit": FIT}, ())
