"""The parameter model: defaults, limits, conflicts, JSON in and out, CaImAn's form."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from calscope.model.caiman_params import from_caiman, is_caiman, to_caiman
from calscope.model.errors import ParameterError
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import Note
from calscope.model.parameter_file import read_parameter_file
from calscope.model.params import Parameters, field_of, fields


def read_params(text):
    """Parameters and notes of a file of either form."""
    found = read_parameter_file(text)
    return found.params, found.notes


USUAL = {
    "decay_time": 0.4, "strides": (48, 48), "overlaps": (24, 24), "max_shifts": (6, 6), "max_deviation_rigid": 3,
    "pw_rigid": True, "p": 1, "nb": 2, "merge_thr": 0.85, "bas_nonneg": True, "rf": 15, "stride": 10, "K": 4,
    "gSig": (4, 4), "method_init": "greedy_roi", "ssub": 1, "tsub": 1, "rolling_sum": True, "only_init": True,
    "min_SNR": 2.0, "rval_thr": 0.85, "use_cnn": False, "min_cnn_thr": 0.99, "cnn_lowest": 0.1,
}  # fmt: skip


def test_defaults_are_the_usual_ones_of_gcamp6f():
    params = Parameters()
    by_name = {f.name: params.get(f.dotted) for f in fields()}
    assert {name: by_name[name] for name in USUAL} == USUAL
    assert params.gSiz_px == (9, 9)


def test_rate_and_pixel_size_have_no_default():
    assert Parameters().dataset.fr is None
    assert Parameters().dataset.dxy is None


def test_names_are_unique_so_that_a_bare_name_is_never_ambiguous():
    names = [f.name for f in fields()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("field", fields(), ids=lambda f: f.dotted)
def test_every_parameter_describes_itself(field):
    spec = field.spec
    assert spec.label and spec.meaning.endswith(".") and spec.higher.endswith(".") and spec.source
    assert "notebook" not in spec.source and "project" not in spec.source
    assert ": ." not in spec.help() and ("has no such parameter" in spec.help()) == (not spec.caiman)
    if spec.kind in {"int", "float", "int pair", "float pair"}:
        assert spec.low is not None and spec.high is not None
    if spec.kind == "choice":
        assert field.default in spec.choices
    assert field.default is not None or spec.none_means


@pytest.mark.parametrize("field", [f for f in fields() if f.spec.low is not None], ids=lambda f: f.dotted)
def test_beyond_the_limits_is_refused_with_the_limits(field):
    for value in (field.spec.low - 1, field.spec.high + 1):
        with pytest.raises(ParameterError, match=f"{field.spec.low:g} to {field.spec.high:g}") as caught:
            Parameters().replace({field.dotted: value})
        assert field.dotted in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"motion": {"strids": 48}}, "no parameter motion.strids. Did you mean motion.strides"),
        ({"motion": {"stride": 10}}, "Did you mean cnmf.stride"),
        ({"imaging": {"fr": 15}}, "no group of parameters 'imaging'. The groups are dataset, motion, cnmf, evaluation"),
        ({"motion": 3}, "motion must be a group"),
        ({"cnmf": {"K": "four"}}, "cnmf.K must be a whole number from 1 to 2000; got 'four'"),
        ({"cnmf": {"K": True}}, "cnmf.K must be a whole number"),
        ({"cnmf": {"K": 2.5}}, "cnmf.K must be a whole number"),
        ({"cnmf": {"method_init": "corr_pnr"}}, "one of greedy_roi"),
        ({"dataset": {"fr": float("nan")}}, "dataset.fr must be a number"),
        ({"dataset": {"fr": float("inf")}}, "dataset.fr must be a number"),
        ({"cnmf": {"gSig": [4, 4, 4]}}, "cnmf.gSig must be two whole numbers"),
        ({"cnmf": {"rf": 3}}, "smaller than a neuron of 9 px"),
        ({"cnmf": {"stride": 31}}, "overlap and must be smaller than the patch side 2·rf \\+ 1 = 31"),
        ({"cnmf": {"gSig": 10, "gSiz": 5}}, "gSiz .* must be at least gSig"),
        ({"motion": {"strides": 8, "overlaps": 0, "max_deviation_rigid": 6}}, "too small to be moved"),
        ({"evaluation": {"SNR_lowest": 3.0}}, "SNR_lowest 3 must not be above evaluation.min_SNR 2"),
    ],
)
def test_what_is_wrong_is_said_in_words(values, message):
    with pytest.raises(ParameterError, match=message):
        Parameters.from_dict(values)


def test_all_problems_are_told_at_once():
    with pytest.raises(ParameterError) as caught:
        Parameters.from_dict({"cnmf": {"K": 0, "rff": 3}, "motion": {"strides": 1}})
    assert len(str(caught.value).splitlines()) == 3


def test_parameters_never_change():
    params = Parameters()
    with pytest.raises(ValidationError):
        params.cnmf.K = 5
    changed = params.replace({"cnmf.K": 5})
    assert (params.cnmf.K, changed.cnmf.K) == (4, 5)


def test_json_round_trip():
    params = Parameters().replace({"dataset.fr": 14.7, "dataset.dxy": (1.17, 1.2), "cnmf.rf": None, "cnmf.gSig": 5})
    assert Parameters.from_json(params.to_json()) == params
    assert params.cnmf.gSig == (5, 5)


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_bad_json_is_refused(text):
    with pytest.raises(ParameterError, match="JSON"):
        Parameters.from_json(text)


def test_stages_read_what_they_should():
    params = Parameters()
    assert set(params.read_by("evaluation")) == {
        "evaluation.min_SNR", "evaluation.rval_thr", "evaluation.SNR_lowest", "evaluation.rval_lowest",
        "evaluation.use_cnn", "evaluation.min_cnn_thr", "evaluation.cnn_lowest", "evaluation.use_soma",
        "evaluation.min_soma",
    }  # fmt: skip
    assert "evaluation.min_SNR" not in params.read_by("component_quality")
    assert not params.read_by("before")
    of_estimate = set(params.read_by("estimate"))
    assert {name for name in of_estimate if not name.startswith("motion.")} == {"dataset.line_offset_px"}


def test_caiman_form_round_trip():
    params = Parameters().replace({"dataset.fr": 15, "dataset.dxy": 1.17, "cnmf.K": 6, "evaluation.min_SNR": 3})
    grouped = to_caiman(params)
    assert grouped["patch"]["rf"] == 15
    assert grouped["init"]["gSiz"] == [9, 9]
    assert grouped["preprocess"]["p"] == grouped["temporal"]["p"] == 1
    assert is_caiman(grouped) and not is_caiman(params.to_dict())
    back, notes = from_caiman(json.loads(json.dumps(grouped)))
    assert back == params.replace({"cnmf.gSiz": [9, 9], "evaluation.use_soma": False})
    assert notes == (Note("caimans_rule"),)


def test_whole_field_travels_to_caiman_and_back():
    params = Parameters().replace({"cnmf.rf": None})
    assert to_caiman(params)["patch"]["rf"] is None
    assert from_caiman(to_caiman(params))[0].cnmf.rf is None


def test_caiman_entries_without_counterpart_are_named():
    params, notes = read_params(
        json.dumps({"data": {"fr": 30}, "online": {"epochs": 2}, "motion": {"strides": [64, 64]}})
    )
    assert params.dataset.fr == 30
    assert params.motion.strides == (64, 64)
    assert notes == (Note("caiman_entries_not_used", {"names": ["online.epochs"]}), Note("caimans_rule"))
    assert texts(notes)[0] == "Not used by Calscope, and other than CaImAn's defaults: online.epochs."


def test_caiman_copies_that_disagree_are_refused():
    with pytest.raises(ParameterError, match=r"copies of cnmf\.p disagree"):
        from_caiman({"preprocess": {"p": 1}, "temporal": {"p": 2}})


def test_full_names_lead_to_the_field():
    assert field_of("cnmf.rf").spec.none_means == "the whole field at once"
    with pytest.raises(ParameterError, match="no parameter"):
        field_of("cnmf.nothing")


def test_what_caiman_writes_with_its_own_defaults_is_read():
    """No patches: `rf` and `stride` are null; numbers for each side are lists; copies are equal."""
    written = {
        "data": {"fr": 30, "decay_time": 0.4, "dims": None},
        "init": {"K": 30, "gSig": [5, 5], "gSiz": [11, 11], "method_init": "greedy_roi", "nb": 1, "ssub": 2, "tsub": 2},
        "motion": {"max_shifts": [6, 6], "strides": [96, 96], "overlaps": [32, 32], "pw_rigid": False},
        "patch": {"rf": None, "stride": None, "only_init": True},
        "preprocess": {"p": 2},
        "quality": {"min_SNR": 2.5, "rval_thr": 0.8, "rval_lowest": -1, "use_cnn": True},
        "spatial": {"nb": 1},
        "temporal": {"nb": 1, "p": 2.0, "bas_nonneg": False},
    }
    params, _ = read_params(json.dumps(written))
    assert (params.cnmf.rf, params.cnmf.stride, params.cnmf.K, params.cnmf.p) == (None, 10, 30, 2)
    assert params.cnmf.gSiz == (11, 11) and params.cnmf.nb == 1 and params.motion.strides == (96, 96)


def caimans_file(**changes):
    """What `CNMFParams().to_json()` gives in CaImAn 1.12.1, with changes by `group__entry`."""
    values = json.loads(Path(__file__).with_name("caiman_1_12_1_defaults.json").read_text(encoding="utf-8"))
    for place, value in changes.items():
        group, _, entry = place.partition("__")
        values[group][entry] = value
    return json.dumps(values)


def test_caimans_defaults_are_no_choice_of_anybody():
    params, notes = read_params(caimans_file())
    assert [note.kind for note in notes] == ["caiman_defaults_not_taken", "caimans_rule"]
    assert (params.dataset.fr, params.dataset.dxy) == (None, None), "the recording's own"
    assert "30 Hz and a pixel size of 1 x 1 µm" in texts(notes)[0]
    assert "unless dataset.fr or dataset.dxy is set" in texts(notes)[0]


def test_what_was_changed_does_not_drown_among_defaults():
    changes = {"spatial__nrgthr": 0.9, "motion__gSig_filt": [3, 3], "data__fnames": ["a.tif"], "init__new_in_1_13": 1}
    params, notes = read_params(caimans_file(data__fr=30.5, data__dxy=[2, 2], **changes))
    told = ["init.new_in_1_13", "motion.gSig_filt", "spatial.nrgthr"]
    assert notes == (Note("caiman_entries_not_used", {"names": told}), Note("caimans_rule"))
    assert (params.dataset.fr, params.dataset.dxy) == (30.5, (2, 2))


def test_a_rate_that_a_person_wrote_is_taken():
    assert read_params(json.dumps({"data": {"fr": 30, "dxy": [1, 1]}}))[0].dataset.fr == 30


def test_what_caiman_leaves_open_is_filled_as_it_does_or_told():
    params, notes = read_params(json.dumps({"patch": {"rf": [25, 25], "stride": None}, "init": {"K": None}}))
    assert (params.cnmf.rf, params.cnmf.stride) == (25, 5), "a tenth of 2·rf"
    assert params.cnmf.K == Parameters().cnmf.K
    assert Note("caiman_left_open", {"names": ["init.K"]}) in notes
    with pytest.raises(ParameterError, match=r"cnmf\.rf"):
        read_params(json.dumps({"patch": {"rf": [25, 30]}}))
