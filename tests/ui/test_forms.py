import json

import pytest
from streamlit.testing.v1 import AppTest

from calscope.model.caiman_params import to_caiman
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters, fields
from calscope.ui.frame import keys
from calscope.ui.parameters import parameter_files
from calscope.ui.widgets import parameter_form

GROUPS = ("dataset", "motion", "cnmf", "evaluation")


def every_group():
    import streamlit as st

    from calscope.model.errors import ParameterError
    from calscope.ui.widgets import parameter_form

    parameter_form.seed()
    for group in ("dataset", "motion", "cnmf", "evaluation"):
        st.button(f"reset {group}", on_click=parameter_form.reset, args=(group,))
        parameter_form.show_group(group)
    try:
        st.code(parameter_form.parameters().to_json())
    except ParameterError as error:
        st.error(str(error))


@pytest.fixture
def form():
    return AppTest.from_function(every_group).run()


def shown(form):
    assert not form.exception
    return Parameters.from_json(form.code[0].value)


def widget(form, dotted, part=None):
    kinds = [*form.number_input, *form.toggle, *form.selectbox]
    return next(one for one in kinds if one.key == keys.parameter(dotted, part))


def test_untouched_widgets_give_the_defaults(form):
    assert shown(form) == Parameters()


@pytest.mark.parametrize("field", fields(), ids=lambda field: field.dotted)
def test_every_parameter_has_a_widget_with_its_limits_and_help(form, field):
    is_pair = field.spec.kind.endswith("pair")
    one = widget(form, field.dotted, 0 if is_pair else None)
    if field.spec.kind.startswith(("int", "float")):
        assert one.min == field.spec.low
        assert one.max == field.spec.high
    if is_pair or field.spec.usual:
        said = next(text for text in form.markdown if text.value.rstrip("]").endswith(f"· {field.name}"))
        label, told = said.value, said.help
    else:
        label, told = one.label, one.help
    assert field.spec.meaning in told
    assert field.name in label
    assert not field.spec.unit or field.spec.unit in label
    assert not one.proto.ignore_rerun, "what waits for a button is lost on the way to another page"


def test_values_reach_the_model(form):
    widget(form, "cnmf.K").set_value(7)
    widget(form, "motion.pw_rigid").set_value(False)
    widget(form, "motion.strides", 0).set_value(32)
    widget(form, "cnmf.rf").set_value(None)
    form.run()
    params = shown(form)
    assert (params.cnmf.K, params.motion.pw_rigid, params.motion.strides, params.cnmf.rf) == (7, False, (32, 48), None)


def test_one_number_of_an_empty_pair_means_a_square(form):
    widget(form, "dataset.dxy", 0).set_value(1.5)
    assert shown(form.run()).dataset.dxy == (1.5, 1.5)


def test_values_that_do_not_fit_are_told_in_words(form):
    widget(form, "cnmf.rf").set_value(3)
    form.run()
    assert not form.exception
    assert "smaller than a neuron" in form.error[0].value


def test_changed_values_are_marked_and_reset_puts_one_group_back(form):
    widget(form, "cnmf.K").set_value(9)
    widget(form, "motion.max_shifts", 1).set_value(8)
    widget(form, "evaluation.cnn_lowest").set_value(0.2)
    form.run()
    labels = {text.value.split("· ")[1].rstrip("]") for text in form.markdown if "· " in text.value}
    assert f"K {parameter_form.CHANGED_MARK}" in labels and "rf" in labels
    assert parameter_form.CHANGED_MARK not in widget(form, "cnmf.p").label
    assert any("1 changed" in expander.label for expander in form.expander)
    next(button for button in form.button if button.label == "reset cnmf").click()
    form.run()
    params = shown(form)
    assert (params.cnmf.K, params.motion.max_shifts) == (4, (6, 8))


def test_a_slider_that_the_browser_repeats_does_not_undo_what_was_typed(form):
    slider = form.slider(key=keys.slider("evaluation.min_SNR"))
    widget(form, "evaluation.min_SNR").set_value(9.0)
    form.run()
    assert form.slider(key=keys.slider("evaluation.min_SNR")).value == 9.0
    slider.set_value(2.0)  # as it was: the next value was typed before the browser heard of the first
    widget(form, "evaluation.rval_thr").set_value(0.7)
    form.run()
    params = shown(form)
    assert (params.evaluation.min_SNR, params.evaluation.rval_thr) == (9.0, 0.7)
    form.slider(key=keys.slider("evaluation.min_SNR")).set_value(4.0)
    form.run()
    assert shown(form).evaluation.min_SNR == 4.0


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"cnmf":' * 900 + "1" + "}" * 900, f'{{"cnmf": {{"K": {"9" * 5000}}}}}']
)
def test_a_hostile_upload_is_a_sentence(text):
    with pytest.raises(ParameterError, match="not valid JSON"):
        parameter_files.read(text.encode())


CHANGED = Parameters().replace({"cnmf.K": 6, "cnmf.gSig": (5, 5), "evaluation.min_SNR": 3.0})


@pytest.mark.parametrize(
    ("text", "params"),
    [
        (CHANGED.to_json(), CHANGED),
        (json.dumps(to_caiman(CHANGED)), CHANGED.replace({"evaluation.use_soma": False, "cnmf.gSiz": (11, 11)})),
    ],
    ids=["ours", "CaImAn's"],
)
def test_parameter_files_of_both_forms_are_read(text, params):
    assert parameter_files.read(b"\xef\xbb\xbf" + text.encode()).params == params


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"{", "not valid JSON"), (b'{"cnmf": {"K": -3}}', "from 1 to"), (b"\xff\xfe\x00", "not a text file")],
)
def test_bad_parameter_files_say_why(content, words):
    with pytest.raises(ParameterError, match=words):
        parameter_files.read(content)


@pytest.mark.parametrize(("value", "said"), [((6, 6), "6 px"), ((6, 8), "(6, 8) px"), (None, "none")])
def test_values_in_words(value, said):
    field = next(field for field in fields() if field.dotted == "motion.max_shifts")
    assert parameter_form.words(value, field.spec) == said


def moving():
    import streamlit as st

    from calscope.ui.widgets import parameter_form

    parameter_form.seed()
    parameter_form.repeat_moves()
    parameter_form.show_group("cnmf")
    if st.session_state.get("whole"):
        parameter_form.drawn()


@pytest.fixture
def sliders(monkeypatch):
    """A form whose page is not drawn whole until `whole` is set, and a clock that is set by hand."""
    clock = [100.0]
    monkeypatch.setattr(parameter_form.time, "monotonic", lambda: clock[0])
    return AppTest.from_function(moving).run(), clock


def box_and_slider(form, dotted):
    return widget(form, dotted).value, form.slider(key=keys.slider(dotted)).value


def test_a_slider_keeps_its_place_when_the_browser_repeats_what_its_box_had_before(sliders):
    form, _ = sliders
    form.slider(key=keys.slider("cnmf.rf")).set_value(25).run()
    widget(form, "cnmf.rf").set_value(15)  # what the browser had when K was entered
    widget(form, "cnmf.K").set_value(9).run()
    assert box_and_slider(form, "cnmf.rf") == (25, 25) and widget(form, "cnmf.K").value == 9


def test_the_old_value_can_be_entered_again_once_the_browser_has_heard_of_the_new_one(sliders):
    form, clock = sliders
    form.session_state["whole"] = True
    form.slider(key=keys.slider("cnmf.rf")).set_value(25).run()
    clock[0] += 0.5
    widget(form, "cnmf.rf").set_value(15).run()
    assert box_and_slider(form, "cnmf.rf") == (15, 15)
    clock[0] += 0.5
    form.slider(key=keys.slider("cnmf.rf")).set_value(25).run()
    assert box_and_slider(form, "cnmf.rf") == (25, 25), "where the slider was before the box led it elsewhere"


def test_a_slider_that_is_dragged_right_after_a_number_was_typed_may_come_back_to_where_it_was(sliders):
    form, _ = sliders
    before = form.slider(key=keys.slider("cnmf.rf")).value
    widget(form, "cnmf.rf").set_value(40).run()
    for on_its_way in (30, before):
        form.slider(key=keys.slider("cnmf.rf")).set_value(on_its_way).run()
    assert box_and_slider(form, "cnmf.rf") == (before, before)
