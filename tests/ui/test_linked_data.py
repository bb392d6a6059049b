import base64
import json
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from random_components import with_random_traces
from scipy.sparse import csc_matrix, hstack

from calscope.model.groups import Thresholds
from calscope.model.movie import Movie
from calscope.model.results import ComponentQuality, CorrectedMovie, Evaluation, RelativeFluorescence, SummaryImages
from calscope.pipeline.steps.stage_steps import evaluate_components
from calscope.plots.contours import Group, group_by_acceptance, outlines
from calscope.ui.linked import component_table, field_map, measure_scatter, packing, trace_view, transient_layer

RNG = np.random.default_rng(5)


def unpacked(text, kind="<f4"):
    return np.frombuffer(base64.b64decode(text), kind)


def made(n=6, n_frames=300, dims=(48, 64), radius=4):
    """Components that are discs, with random traces."""
    y, x = np.mgrid[: dims[0], : dims[1]]
    rim = radius + 4
    centers = np.column_stack([RNG.uniform(rim, size - rim, n) for size in dims])
    columns = []
    for cy, cx in centers:
        disc = np.clip(radius + 0.5 - np.hypot(y - cy, x - cx), 0, 1).astype(np.float32)
        columns.append(csc_matrix(disc.reshape(-1, 1, order="F")))
    return with_random_traces(csc_matrix(hstack(columns)), dims, n_frames, RNG)


def quality(snr, r, soma=None, cnn=None):
    columns = [np.asarray(values, np.float32) for values in (snr, r, cnn or [np.nan] * len(snr))]
    parts = None if soma is None else np.repeat(np.asarray(soma, np.float32)[:, None], 5, axis=1)
    return ComponentQuality(*columns, soma_parts=parts)


def test_outlines_come_back_to_an_eighth_of_a_pixel_with_their_gaps():
    lines = (np.asarray([[1.125, 2.5], [np.nan, np.nan], [63.875, 0.0]], np.float32), np.empty((0, 2), np.float32))
    packed = packing.outlines(lines, (48, 64))
    codes = unpacked(packed["codes"], "<i2").reshape(-1, 2)
    assert packed["lengths"] == [3, 0]
    assert (codes[1] == -32768).all()
    assert np.array_equal(codes[[0, 2]] / packed["steps_per_px"], lines[0][[0, 2]])


def test_outlines_of_a_very_large_field_do_not_overflow():
    packed = packing.outlines((np.asarray([[9000.0, 12.0]], np.float32),), (64, 9001))
    assert unpacked(packed["codes"], "<i2")[0] / packed["steps_per_px"] == 9000


def test_map_has_the_groups_the_images_with_their_ranges_and_the_pixel_size():
    found = made()
    images = SummaryImages(*(RNG.normal(size=found.dims).astype(np.float32) for _ in range(3)))
    groups = group_by_acceptance(np.asarray([True, False, True, True, False, True]))
    data = field_map.make_data(
        packing.outlines(outlines(found.A, found.dims), found.dims),
        field_map.layers_of(field_map.summary_layers(images)),
        groups,
        dims=found.dims,
        dxy_um=(1.5, 2.0),
        n=found.n,
        height_px=400,
    )
    assert (data["rows"], data["columns"], data["um_per_px"]) == (*found.dims, 2.0)
    assert [group["members"] for group in data["groups"]] == [[0, 2, 3, 5], [1, 4]]
    assert [layer["title"] for layer in data["layers"]] == ["Correlation", "Max", "Mean"]
    assert all(layer["uri"].startswith("data:image/png;base64,") for layer in data["layers"])
    assert float(data["layers"][0]["high"]) == pytest.approx(np.percentile(images.corr, 99.7), rel=5e-3)
    json.dumps(data, allow_nan=False)


def test_a_footprint_is_cropped_to_where_it_lies():
    found = made(n=2, dims=(48, 64))
    crop = field_map.footprint_of(found, 1)
    codes = cv2.imdecode(np.frombuffer(base64.b64decode(crop["uri"].split(",")[1]), np.uint8), cv2.IMREAD_GRAYSCALE)
    image = np.zeros(found.dims)
    image[crop["y"] :, crop["x"] :][: crop["rows"], : crop["columns"]] = codes
    expected = found.footprint(1) / found.footprint(1).max()
    assert np.abs(image / 255 - expected).max() < 0.01


def test_a_footprint_without_pixels_is_no_image():
    found = made(n=2)
    nothing = replace(found, A=csc_matrix(found.A.shape, dtype=np.float32))
    assert field_map.footprint_of(nothing, 0)["uri"] == ""


def test_scatter_tells_accepted_from_rejected_and_has_the_thresholds():
    found = quality([5, 1, 3], [0.9, 0.2, 0.3])
    data = measure_scatter.make_data(
        found, Evaluation(np.asarray([True, False, True])), Thresholds(min_SNR=2.5, rval_thr=0.7), 400
    )
    assert [(group["name"], group["members"]) for group in data["groups"]] == [("accepted", [0, 2]), ("rejected", [1])]
    measures = {measure["name"]: measure for measure in data["measures"]}
    assert np.allclose(unpacked(measures["SNR"]["values"]), [5, 1, 3])
    assert 2.5 in [line["value"] for line in measures["SNR"]["thresholds"]]
    assert "r 0.7" in [line["text"] for line in measures["spatial r"]["thresholds"]]
    assert data["pairs"] == [["SNR", "spatial r"]], "no soma was measured"


def test_scatter_of_the_likeness_to_a_soma_has_its_threshold_while_it_is_used():
    found, evaluation = quality([5, 4], [0.9, 0.2], [0.9, 0.2]), Evaluation(np.asarray([True, False]))

    def soma_lines(thresholds):
        data = measure_scatter.make_data(found, evaluation, thresholds, 400)
        assert len(data["pairs"]) == 3
        return [line["value"] for line in data["measures"][2]["thresholds"]]

    assert soma_lines(Thresholds(min_soma=0.6)) == [0.6]
    assert soma_lines(Thresholds(use_soma=False, min_soma=0.6)) == []


def test_scatter_tells_the_rejected_that_are_unlike_a_soma_from_those_below_the_lines():
    found, thresholds = quality([5, 0.1, 8], [0.9, 0.1, 0.9], [0.9, 0.9, 0.1]), Thresholds(min_soma=0.5)
    evaluation = evaluate_components(found, thresholds)
    groups = {group["name"]: group for group in measure_scatter.make_data(found, evaluation, thresholds, 400)["groups"]}
    low, unlike = groups["rejected: too low"], groups["rejected: unlike a soma"]
    assert (low["members"], unlike["members"]) == ([1], [2])
    assert len({group["marker"] for group in groups.values()}) == 3


def test_scatter_without_any_measure_has_no_pair():
    data = measure_scatter.make_data(
        quality([np.nan] * 2, [np.nan] * 2), Evaluation(np.asarray([True, True])), Thresholds(), 400
    )
    assert data["pairs"] == []


def table(found, measures, evaluation):
    return component_table.make_data(found.n, component_table.measured_columns(found, measures), evaluation)


def test_table_has_the_measures_with_gaps_and_the_network_only_where_it_was_used():
    found = made(n=3)
    evaluation = Evaluation(np.asarray([True, False, True]))
    data = table(found, quality([5, np.nan, 3], [0.9, 0.25, 0.3]), evaluation)
    columns = {column["name"]: column for column in data["columns"]}
    assert columns["SNR"]["values"] == [5.0, None, 3.0]
    assert columns["area (px)"]["values"] == found.A.getnnz(axis=0).tolist()
    assert columns["evaluation"]["values"] == ["accepted", "rejected", "accepted"]
    assert "CNN" not in columns
    scored = table(found, quality([5, 1, 3], [1, 1, 1], cnn=[0.5, 0.5, np.nan]), evaluation)
    assert next(one for one in scored["columns"] if one["name"] == "CNN")["values"] == [0.5, 0.5, None]
    json.dumps(data, allow_nan=False)


def test_traces_are_raw_denoised_dff_and_spikes_of_those_that_are_wanted():
    found = made()
    dff = RelativeFluorescence(np.full_like(found.C, np.nan), found.C)
    data = trace_view.make_data(found, dff, 20.0, (3, 2, 4))
    assert list(data["components"]) == ["3", "2", "4"]
    raw, denoised, ratio, spikes = (unpacked(line) for line in data["components"]["3"])
    assert np.allclose(raw, found.C[3] + found.YrA[3])
    assert np.array_equal(denoised, found.C[3])
    assert np.isnan(ratio).all()
    assert np.array_equal(spikes, found.S[3])
    assert [panel["title"] for panel in data["panels"]] == ["fluorescence (a.u.)", "dF/F", "spikes (a.u.)"]
    assert data["time_title"] == "time (s)"
    assert sum(panel["share"] for panel in data["panels"]) == pytest.approx(1)


def test_traces_without_dff_have_two_panels_and_say_that_the_rate_is_unknown():
    data = trace_view.make_data(made(), None, None, (0,))
    assert [line["name"] for panel in data["panels"] for line in panel["lines"]] == ["raw", "denoised", "spikes"]
    assert sum(panel["share"] for panel in data["panels"]) == pytest.approx(1)
    assert len(data["components"]["0"]) == 3
    assert "unknown" in data["time_title"]


def test_long_traces_are_thinned_and_a_stretch_is_given_frame_by_frame():
    found = made(n=2, n_frames=30_000)
    found.S[1, 12_345] = 77
    data = trace_view.make_data(found, None, 30.0, (1, 0), (12_000, 13_000))
    spikes = unpacked(data["components"]["1"][2])
    assert len(spikes) <= 2002 and spikes.max() == 77
    assert data["frames_per_pair"] * len(spikes) / 2 >= 30_000
    window = data["window"]
    assert (window["component"], window["start"], window["frames_per_pair"]) == (1, 12_000, 1)
    assert np.array_equal(unpacked(window["lines"][2]), found.S[1, 12_000:13_000])


@pytest.mark.parametrize("told", [None, "all", [5], [5, "x"], [9, 3], [4000, 5000]])
def test_stretches_that_are_none_are_not_taken(told):
    assert trace_view.stretch_of(told, 300) is None


def test_a_stretch_ends_where_the_recording_does():
    assert trace_view.stretch_of([-5, 5000], 300) == (0, 300)


def test_a_thousand_components_of_30_000_frames_are_small_and_quick():
    """What a page sends for them stays under 2 MB: map, scatter, table and traces together."""
    n, dims = 1000, (512, 512)
    few = made(n=50, n_frames=1, dims=dims, radius=6)
    lines = outlines(few.A, dims) * (n // 50)
    flat = RNG.random((7, 30_000)).astype(np.float32)
    long = made(n=7, n_frames=30_000, dims=(16, 16))
    snr, r, soma = RNG.random((3, n))
    found = quality(10 * snr, r, soma)
    evaluation = evaluate_components(found, Thresholds())
    many = replace(few, A=csc_matrix(hstack([few.A] * (n // 50))))
    images = [RNG.integers(0, 4000, dims).astype(np.float32)] * 3
    start = time.perf_counter()
    sent = [
        field_map.make_data(
            packing.outlines(lines, dims),
            field_map.layers_of(field_map.summary_layers(SummaryImages(*images))),
            [Group("all", "red", tuple(range(n)))],
            dims=dims,
            dxy_um=None,
            n=n,
            height_px=400,
        ),
        measure_scatter.make_data(found, evaluation, Thresholds(), 400),
        table(many, found, evaluation),
        trace_view.make_data(long, RelativeFluorescence(flat, flat), 30.0, range(7), (0, 4000)),
    ]
    took = time.perf_counter() - start
    sizes = [len(json.dumps(data)) for data in sent]
    print(sizes, took)
    assert sum(sizes) < 2_000_000
    assert took < 3


def test_the_true_trace_stands_behind_the_fluorescence_and_is_a_gap_without_a_match():
    found = made()
    true = RNG.normal(size=found.n_frames).astype(np.float32)
    data = trace_view.make_data(found, None, 30.0, (1, 0), (10, 60), truth={1: true})
    assert [line["name"] for panel in data["panels"] for line in panel["lines"]] == [
        "raw",
        "denoised",
        "truth, scaled",
        "spikes",
    ]
    matched, other = ([unpacked(line) for line in data["components"][number]] for number in ("1", "0"))
    assert len(matched) == len(other) == 4 and np.isnan(other[2]).all() and not np.isnan(other[3]).any()
    assert np.array_equal(matched[2], true)
    assert np.array_equal(unpacked(data["window"]["lines"][2]), true[10:60])


def test_picture_of_transients_is_bright_where_the_component_lights_up_and_says_when_there_is_none():
    found = made(n=2, n_frames=200)
    trace = np.zeros(200, np.float32)
    trace[50:60] = trace[120:130] = 5
    found = replace(found, C=np.stack([trace, np.zeros(200, np.float32)]))
    values = 100 + RNG.normal(size=(200, *found.dims)) + 40 * trace[:, None, None] * found.footprint(0)
    movie = Movie(np.rint(10 * values).astype(np.uint16), scale=0.1)
    corrected = CorrectedMovie(movie, np.ones(200, np.float32), 0)
    mean = values.mean(axis=0).astype(np.float32)
    after = SummaryImages(mean, mean, mean)
    picture = transient_layer.make_picture(found, corrected, after, 0, 10)
    codes = cv2.imdecode(np.frombuffer(base64.b64decode(picture["uri"].split(",")[1]), np.uint8), cv2.IMREAD_GRAYSCALE)
    inside = found.footprint(0) > 0.5
    assert codes[inside].min() > codes[found.footprint(0) == 0].max()
    assert picture["said"] == "mean of 20 frames less that of all"
    nothing = transient_layer.make_picture(found, corrected, after, 1, 10)
    assert nothing["uri"] == "" and nothing["said"] == "This trace has no transient"
