"""Why a parameter was not used as it was requested, in words."""

from collections.abc import Callable, Sequence


def _not_used(names: Sequence[str]) -> str:
    return f"Not used by Calscope, and other than CaImAn's defaults: {', '.join(names)}."


def _unknown(names: Sequence[str]) -> str:
    return f"Left out, for no parameter has these names: {', '.join(names)}."


def _not_taken(names: Sequence[str]) -> str:
    written = {"data.fr": "a frame rate of 30 Hz", "data.dxy": "a pixel size of 1 x 1 µm"}
    ours = {"data.fr": "dataset.fr", "data.dxy": "dataset.dxy"}
    they_are, one = ("It is", "one") if len(names) == 1 else ("They are", "any")
    return (
        f"CaImAn writes {' and '.join(written[name] for name in names)} where nobody gave {one}. {they_are} not used: "
        f"what the recording says is, unless {' or '.join(ours[name] for name in names)} is set."
    )


def _left_open(names: Sequence[str]) -> str:
    return f"Null in CaImAn's parameters, so that Calscope's default is used: {', '.join(names)}."


PARAMETERS: dict[str, str | Callable[..., str]] = {
    "strides_cut_to_field": "A patch can't be larger than the field, so the step is at most the field's side.",
    "overlaps_cut_to_field": "A patch (strides + overlaps) can't be larger than the field, so the overlap was cut to "
    "it.",
    "max_shifts_cut_to_field": "A frame that moves by more than half of the field shows too little of the template to "
    "be found, so max_shifts was cut to that.",
    "one_motion_patch": "One patch covers the whole field, so there is nothing to correct piecewise.",
    "one_fit_patch": "A patch of 2·rf + 1 px would cover the whole field, so the field is fitted at once.",
    "frames_averaged_for_seeds": "Frames are averaged in time so that the search for seeds has neither too few of them "
    "nor more than it needs.",
    "gSiz_left_open": "It was left open: 2·gSig + 1.",
    "soma_left_open": "It was left open: with the built-in engine, components must look like a cell body.",
    "caiman_strides_cut_to_field": "CaImAn's patches can't be larger than the field, so the step is at most the "
    "field's side.",
    "caiman_overlaps_cut_to_field": "CaImAn's patches (strides + overlaps) can't be larger than the field, so the "
    "overlap was cut to it.",
    "caiman_one_motion_patch": "One patch covers the whole field, and CaImAn has nothing to interpolate between.",
    "caiman_gSiz": "CaImAn's seed window is 2·gSig + 1 where it was left open, and it makes even sides odd.",
    "caiman_soma_left_open": "It was left open: CaImAn's engine accepts by CaImAn's own rule, without this test.",
    "caiman_whole_field": "CaImAn fitted the whole field at once.",
    "caiman_refit_is_whole": "CaImAn's refit goes through all of CNMF, whatever the first one did.",
    "read_from_recording": "It was left open; the recording says it ({source}).",
    "reported_by_engine": "The engine {engine} says that it used this value.",
    "caiman_left_open": _left_open,
    "caiman_defaults_not_taken": _not_taken,
    "caimans_rule": "Evaluated by CaImAn's own rule, as these are CaImAn's parameters: evaluation.use_soma is off.",
    "caiman_entries_not_used": _not_used,
    "unknown_parameters": _unknown,
}
