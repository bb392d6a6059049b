from dataclasses import replace

import pytest
import stand_in
from npy_reader import NpyReader

from calscope import code_digest as digests
from calscope.io.readers import reader_registry
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.errors import ParameterError
from calscope.model.params import fields
from calscope.pipeline import versions
from calscope.pipeline.stage_keys import fill_params, plan_keys, resolve_params
from calscope.pipeline.stages import STAGES

INFO = replace(stand_in.MemoryRecording(fr_hz=10.0).info, reader="TIFF")
CHANGED = {"bool": lambda v: not v, "int": lambda v: (v or 0) + 1, "float": lambda v: (v or 0) + 0.125}


def changed_value(field):
    if field.dotted == "cnmf.rf":
        return 30
    if field.dotted == "evaluation.use_soma":
        return False  # left open, the engine asks for it
    if field.spec.kind.endswith("pair"):
        return tuple(value + 2 for value in field.default or (9, 9))
    value = CHANGED[field.spec.kind](field.default)
    return min(value, field.spec.high) if field.spec.high is not None and value > field.spec.high else value


def with_descendants(names):
    found = set(names)
    for stage in STAGES:
        if found & set(stage.parents):
            found.add(stage.name)
    return found


@pytest.mark.parametrize("field", [f for f in fields() if f.spec.kind != "choice"], ids=lambda f: f.dotted)
def test_a_parameter_changes_the_stages_that_read_it_and_what_follows(field, engine, params):
    params = params.replace({"dataset.fr": 10.0})
    value = changed_value(field)
    if value == params.get(field.dotted):
        value = 0.99 * value
    before, after = plan_keys(INFO, params, engine), plan_keys(INFO, params.replace({field.dotted: value}), engine)
    changed = {stage for stage in before if before[stage] != after[stage]}
    assert changed == with_descendants(field.spec.stages)


def test_the_two_promises_of_the_design(engine, params):
    base = plan_keys(INFO, params, engine)
    stricter = plan_keys(INFO, params.replace({"evaluation.min_SNR": 3}), engine)
    larger = plan_keys(INFO, params.replace({"cnmf.gSig": 5}), engine)
    known = {"known_cells", "known_found", "injected"}  # they have the shapes of what is accepted
    assert {name for name in base if base[name] != stricter[name]} == {"evaluation", "halves", *known}
    assert base["estimate"] == larger["estimate"] and base["fit"] != larger["fit"]


def test_with_known_cells_of_other_values_a_threshold_costs_nothing(engine, params):
    given = AnimalInputs(known_cells=plan_keys(INFO, params, engine)["known_cells"])
    base = plan_keys(INFO, params, engine, given)
    assert base == plan_keys(INFO, params, engine), "its own by another way"
    stricter = plan_keys(INFO, params.replace({"evaluation.min_SNR": 3}), engine, given)
    larger = plan_keys(INFO, params.replace({"cnmf.gSig": 5}), engine, given)
    assert {name for name in base if base[name] != stricter[name]} == {"evaluation", "injected", "halves"}
    assert larger["known_cells"] == base["known_cells"] and larger["known_found"] != base["known_found"]
    other = plan_keys(INFO, params, engine, AnimalInputs(known_cells="ab" * 20))
    assert {name for name in base if base[name] != other[name]} == {"known_cells", "known_found", "injected"}


def keys_with(params, engine, **inputs):
    return plan_keys(INFO, params, engine, AnimalInputs(**inputs))


def test_seeds_change_the_refit_and_what_follows(engine, params):
    base, seeded = plan_keys(INFO, params, engine), keys_with(params, engine, seeds=((3, 4), (1, 2)))
    assert {name for name in base if base[name] != seeded[name]} == with_descendants(["refit"])
    assert keys_with(params, engine, seeds=((1, 2), (3, 4), (1, 2))) == seeded, "their order says nothing"
    assert keys_with(params, engine, seeds=((1, 2),))["refit"] not in {base["refit"], seeded["refit"]}


def test_an_animals_own_parameter_has_the_keys_of_the_same_value_for_all(engine, params):
    own = keys_with(params, engine, parameters={"cnmf.gSig": (6, 6)})
    assert own == plan_keys(INFO, params.replace({"cnmf.gSig": 6}), engine)
    assert own["estimate"] == plan_keys(INFO, params, engine)["estimate"]
    assert keys_with(params, engine, parameters={"dataset.fr": 10}) == plan_keys(INFO, params, engine)


def test_an_animals_own_parameter_that_does_not_fit_is_told_with_its_name(engine, params):
    with pytest.raises(ParameterError, match=r"^Animal_1: cnmf.K must be .*; got 0\.$"):
        keys_with(params, engine, parameters={"cnmf.K": 0})
    with pytest.raises(ParameterError, match=r"^Animal_1: cnmf\.stride 40 is an overlap .*smaller than"):
        keys_with(params, engine, parameters={"cnmf.stride": 40})


def test_another_recording_or_number_of_frames_changes_everything(engine, params):
    base = plan_keys(INFO, params, engine)
    for info in (replace(INFO, fingerprint="else"), replace(INFO, shape=(39, 32, 28))):
        other = plan_keys(info, params, engine)
        assert not set(base.values()) & set(other.values())


def test_the_same_files_under_another_name_keep_their_results(engine, params):
    assert plan_keys(INFO, params, engine) == plan_keys(replace(INFO, name="B", path="/moved"), params, engine)


def test_another_engine_version_changes_what_the_engine_makes(engine, params):
    base, newer = plan_keys(INFO, params, engine), plan_keys(INFO, params, stand_in.StandIn(version="2"))
    assert base["before"] == newer["before"] and base["estimate"] != newer["estimate"] and base["dff"] != newer["dff"]


def test_code_that_reads_pixels_and_metadata_is_part_of_every_key(engine, params, monkeypatch):
    base = plan_keys(INFO, params, engine)
    for module in (
        "readers.tiff.pixels",
        "readers.tiff.metadata",
        "readers.tiff.stacks",
        "readers.tiff.frame_folder",
        "readers.fingerprint",
        "readers.reader",
        "file_names",
    ):
        with monkeypatch.context() as patch:
            edit(f"calscope.io.{module}", patch)
            mended = plan_keys(INFO, params, engine)
        assert not set(base.values()) & set(mended.values()), module
    forget()
    with monkeypatch.context() as patch:
        edit("calscope.io.demo.demo_files", patch)
        assert plan_keys(INFO, params, engine) == base, "the simulator reads nothing"
    forget()


def test_only_the_code_of_a_recordings_own_reader_is_part_of_its_keys(engine, params, monkeypatch):
    monkeypatch.setattr(reader_registry, "READERS", (*reader_registry.READERS, NpyReader()))
    infos = {name: replace(INFO, reader=name) for name in ("TIFF", "NumPy", "")}
    base = {name: plan_keys(info, params, engine) for name, info in infos.items()}
    assert len({keys["source"] for keys in base.values()}) == 3
    for module, changes in (
        ("npy_reader", {"NumPy"}),
        ("calscope.io.readers.tiff.tiff_reader", {"TIFF"}),
        ("calscope.io.readers.tiff.ome", {"TIFF"}),
        ("calscope.io.readers.reader", {"TIFF", "NumPy", ""}),
        ("calscope.io.readers.reader_registry", set()),
        ("calscope.io.project", set()),
    ):
        with monkeypatch.context() as patch:
            edit(module, patch)
            changed = {name for name, info in infos.items() if plan_keys(info, params, engine) != base[name]}
        assert changed == changes, module
        forget()


def test_only_the_libraries_of_a_recordings_own_reader_are_part_of_its_keys(engine, params, monkeypatch):
    monkeypatch.setattr(reader_registry, "READERS", (*reader_registry.READERS, NpyReader()))
    info = replace(INFO, reader="NumPy")
    base = plan_keys(info, params, engine)["source"]
    real = versions._version
    for library, counts in (("tifffile", False), ("numpy", True)):
        monkeypatch.setattr(versions, "_version", lambda name, lib=library: "99" if name == lib else real(name))
        assert (plan_keys(info, params, engine)["source"] != base) == counts


def test_the_code_that_decodes_movies_is_part_of_the_key_of_what_reads_them(engine, params, monkeypatch):
    base = plan_keys(INFO, params, engine)
    with monkeypatch.context() as patch:
        edit("calscope.model.movie", patch)
        mended = plan_keys(INFO, params, engine)
    forget()
    reads_movie = {stage.name for stage in STAGES if {"source", "apply"} & set(stage.parents)}
    assert reads_movie >= {
        "estimate",
        "apply",
        "after",
        "motion_quality",
        "fit",
        "refit",
        "residual",
        "component_quality",
    }
    assert {name for name in base if base[name] != mended[name]} >= reads_movie


def test_words_about_parameters_and_errors_change_no_key(engine, params, monkeypatch):
    base = plan_keys(INFO, params, engine)
    for module in ("errors", "groups", "fields", "progress"):
        with monkeypatch.context() as patch:
            edit(f"calscope.model.{module}", patch)
            assert plan_keys(INFO, params, engine) == base, module
        forget()


def edit(module, patch):
    """Let the digest see another source of that module."""
    forget()
    real = digests._read.__wrapped__

    def read(name):
        source, imported = real(name)
        return source + "# mended" * (name == module), imported

    patch.setattr(digests, "_read", read)


def forget():
    digests.code_digest.cache_clear()


@pytest.mark.parametrize("library", ["numpy", "scipy", "numba", "opencv-python-headless", "tifffile", "imagecodecs"])
def test_another_release_of_a_library_changes_what_it_makes(engine, params, monkeypatch, library):
    base = plan_keys(INFO, params, engine)
    real = versions._version
    monkeypatch.setattr(versions, "_version", lambda name: "99.0" if name == library else real(name))
    other = plan_keys(INFO, params, engine)
    assert not {base[name] for name in base if name != "source"} & set(other.values())
    assert (base["source"] == other["source"]) == (library not in ("tifffile", "imagecodecs"))


def test_asking_for_the_recordings_own_rate_is_the_same_as_not_asking(engine, params):
    assert plan_keys(INFO, params, engine) == plan_keys(INFO, params.replace({"dataset.fr": 10.0}), engine)


def test_without_a_rate_only_the_stages_that_need_none_are_planned(engine, params):
    info = replace(INFO, fr_hz=None)
    planned = set(plan_keys(info, params, engine))
    looked_at = {"source", "before", "check", "survey", "preview", "proposals"}
    assert planned == looked_at | {"estimate", "apply", "after", "motion_quality"}
    with pytest.raises(ParameterError, match=r"Animal_1.*/nowhere.*dataset\.fr"):
        resolve_params(params, info)


def test_what_the_person_says_wins_over_the_file(params):
    info = replace(INFO, fr_hz=10.0, dxy_um=(1.0, 2.0))
    filled = fill_params(params, info)
    assert filled.dataset.fr == 10.0 and filled.dataset.dxy == (1.0, 2.0)
    said = params.replace({"dataset.fr": 30, "dataset.dxy": [0.5, 0.5]})
    assert resolve_params(said, info) == said
