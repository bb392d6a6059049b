"""What compiling adds to a run that is the first with the present sources, and to no other."""

import importlib

import pytest

from calscope import compiled
from calscope.model.params import Parameters
from calscope.pipeline.stages import stage_of, stages_until
from calscope.pipeline.steps import compile_times
from calscope.pipeline.steps.compile_times import SECONDS, modules_to_compile, note_compiled, seconds_to_compile
from calscope.pipeline.times import ROUGH_FACTOR, Expected, StageTimes, in_turn, total

SHAPE, PARAMS = (1500, 256, 256), Parameters()
WHOLE_S = sum(SECONDS.values())


@pytest.fixture(autouse=True)
def nothing_compiled(tmp_path, monkeypatch):
    """An empty folder for compiled code."""
    monkeypatch.setattr(compiled, "kernel_cache_dir", lambda: tmp_path / "kernels")
    (tmp_path / "kernels").mkdir()


def whole_run(tmp_path, engine="builtin"):
    times = StageTimes(tmp_path, engine, 2)
    return [times.expected(stage, SHAPE, PARAMS) for stage in stages_until("evaluation")]


def test_the_table_names_modules_with_kernels_and_all_that_a_whole_run_reaches():
    for name in SECONDS:
        module = importlib.import_module(compile_times._ALGORITHMS + name)
        assert any(hasattr(value, "py_func") for value in vars(module).values()), name
    reached = frozenset().union(*(modules_to_compile(stage) for stage in stages_until("evaluation")))
    left = {name.removeprefix(compile_times._ALGORITHMS) for name in reached} - set(SECONDS)
    assert left == {"deconvolution.interior_point"}, "used by no default: the others are in the table"


def test_the_first_run_of_all_is_told_what_compiling_takes_once_and_the_next_one_nothing(tmp_path):
    first = total(whole_run(tmp_path))
    assert first.compile_s == pytest.approx(WHOLE_S)
    assert first.whole_s == pytest.approx(first.seconds + WHOLE_S)
    twice = total([first, first])
    assert twice.compile_s == pytest.approx(first.compile_s), "the second animal finds what the first compiled"
    shares = in_turn([first, first])
    assert shares == pytest.approx([first.whole_s, first.seconds])
    for stage in stages_until("evaluation"):
        note_compiled(stage)
    assert total(whole_run(tmp_path)).compile_s == 0


def test_what_other_stages_compiled_is_not_compiled_again():
    alone = seconds_to_compile(modules_to_compile(stage_of("refit")))
    assert alone > 10
    note_compiled(stage_of("fit"))
    assert not modules_to_compile(stage_of("refit"))
    assert seconds_to_compile(modules_to_compile(stage_of("estimate"))) > 30, "shares nothing with the fit"


def test_a_stage_that_ended_says_so_and_its_time_is_without_compiling(tmp_path):
    times = StageTimes(tmp_path, "builtin", 2)
    times.note(stage_of("fit"), SHAPE, PARAMS, 4.0)
    assert times.expected(stage_of("fit"), SHAPE, PARAMS).whole_s == 4.0
    assert StageTimes(tmp_path, "caiman", 2).expected(stage_of("refit"), SHAPE, PARAMS).compile_s == 0


def test_an_engine_that_has_no_kernels_of_ours_compiles_none_of_its_stages(tmp_path):
    caiman = StageTimes(tmp_path, "caiman", 2)
    assert not caiman.expected(stage_of("fit"), SHAPE, PARAMS).to_compile
    caiman.note(stage_of("fit"), SHAPE, PARAMS, 100.0)
    assert modules_to_compile(stage_of("fit")), "CaImAn's fit compiled nothing of ours"
    assert caiman.expected(stage_of("before"), SHAPE, PARAMS).compile_s > 0, "the summary is our own"


def test_what_was_not_measured_here_is_said_as_a_range():
    assert Expected(20.0).in_words() == "about 20 s"
    assert Expected(7.0, is_measured=False).in_words() == f"7 to {7 * ROUGH_FACTOR:.0f} s"
    assert Expected(40.0, is_measured=False).in_words() == "40 s to 2 min"
    assert Expected(0.0, is_measured=False).in_words() == "about 0.0 s"
    warp = Expected(4.0, to_compile=frozenset({"calscope.algorithms.motion.warp"}))
    assert warp.in_words() == f"{4 + SECONDS['motion.warp']:.0f} to {4 + 3 * SECONDS['motion.warp']:.0f} s"
