"""The report: self-contained, true to the results, safe with anybody's text, and there for every kind of run."""

import base64
import colorsys
import json
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from calscope.export.report import report_budget, thinned_traces
from calscope.export.report.components_section import script_json
from calscope.export.report.report_figures import Curve, image_uri, scale_bar, time_chart
from calscope.export.report.write_report import write_report
from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.errors import StoreError

NASTY = "<script>alert(1)<img src=x onerror=alert(2)> \"q\" 'mäuse' & 🐭"
BREAKOUT = "</script><script>alert(3)</script>"


class Page(HTMLParser):
    """Every element with its attributes and the text directly in it."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))

    def handle_data(self, data):
        if self.elements:
            self.elements[-1][2].append(data)

    def all(self, tag, **attributes):
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [(a, "".join(text)) for t, a, text in self.elements if t == tag and wanted.items() <= a.items()]


def report(folder, tmp_path):
    text = write_report(open_run(folder), tmp_path / "report.html").read_text(encoding="utf-8")
    return Page(text), text


def decode_png(uri):
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_it_stands_beside_the_results_unless_told(make_animal, tmp_path):
    make_animal()
    assert write_report(open_run(tmp_path / "OUT"), tmp_path / "report.html").is_file()
    assert write_report(open_run(tmp_path / "OUT"), tmp_path / "a" / "b.html").is_file()


def test_a_recording_is_never_replaced_by_a_report(make_animal, tmp_path):
    recording = tmp_path / "movie.tif"
    recording.write_bytes(b"raw")
    with pytest.raises(StoreError, match="ends in"):
        write_report(open_run(make_animal()), recording)
    assert recording.read_bytes() == b"raw"


def test_nothing_comes_from_outside(make_animal, tmp_path):
    page, text = report(make_animal(), tmp_path)
    policy = page.all("meta", http_equiv="Content-Security-Policy")[0][0]["content"]
    assert policy.startswith("default-src 'none'")
    addresses = [a[name] for _, a, _ in page.elements for name in ("src", "href") if name in a]
    assert addresses and all(address.startswith(("data:image/png", "#")) for address in addresses)
    assert not re.search(r"\burl\(|@import|fetch\(|XMLHttpRequest", text)


def test_text_of_users_stays_text(make_animal, truth, tmp_path):
    truth.reasons[1] = BREAKOUT
    make_animal(NASTY, truth, notes=[BREAKOUT], engine=BREAKOUT)
    page, text = report(tmp_path / "OUT", tmp_path)
    assert len(page.all("script")) == 2  # the traces' data and our own program
    assert not page.all("img", src="x") and "<script>alert" not in text
    assert NASTY in [body for _, body in page.all("h2")]
    assert BREAKOUT in [body for _, body in page.all("p", class_="note")]


def test_data_can_not_end_its_script_element():
    held = {"a": "</script><!--", "b": [1, None]}
    text = script_json(held)
    assert "<" not in text and json.loads(text) == held


def test_images_share_their_display_range(make_animal, truth, tmp_path):
    truth.images["max_before"][3, 5] = truth.images["max_after"][7, 9] = 0.8
    page, _ = report(make_animal(truth=truth), tmp_path)
    before, after = (
        decode_png(page.all("img", alt=f"Max projection, {when}")[0][0]["src"]) for when in ("raw", "corrected")
    )
    assert before.shape == (20, 34, 3)
    np.testing.assert_array_equal(before[3, 5], after[7, 9])
    both = np.stack([truth.images["max_before"], truth.images["max_after"]])
    low, high = np.percentile(both, (50, 99.5))
    dark, bright = cv2.applyColorMap(np.array([[0, 255]], np.uint8), cv2.COLORMAP_VIRIDIS)[0]
    assert (before[truth.images["max_before"] <= low] == dark).all()
    assert (after[truth.images["max_after"] >= high] == bright).all()


def test_outlines_lie_over_the_footprints(make_animal, truth, tmp_path):
    page, _ = report(make_animal(truth=truth), tmp_path)
    paths = [a for a, _ in page.all("path") if "data-component" in a]
    assert [a["class"] for a in paths] == ["accepted", "rejected", "accepted", "rejected"]
    for attributes in paths:
        y, x = np.nonzero(truth.footprints[int(attributes["data-component"])])
        points = np.array(re.findall(r"([\d.]+) ([\d.]+)", attributes["d"]), float)
        # Pixel i spans i to i + 1 in SVG.
        assert x.min() - 0.5 <= points[:, 0].min() and points[:, 0].max() <= x.max() + 1.5
        assert y.min() - 0.5 <= points[:, 1].min() and points[:, 1].max() <= y.max() + 1.5
        np.testing.assert_allclose(points.mean(axis=0), (x.mean() + 0.5, y.mean() + 0.5), atol=1)


def test_traces_in_the_page_are_the_traces(make_animal, truth, tmp_path):
    page, _ = report(make_animal(truth=truth), tmp_path)
    data = json.loads(page.all("script", class_="traces")[0][1])
    assert (data["frames"], data["fr_hz"]) == (90, 9.0)
    assert [[kind for kind, _ in panel["lines"]] for panel in data["panels"]] == [
        ["raw", "denoised"],
        ["spikes"],
        ["dff"],
    ]
    for entry in data["components"]:
        packed = entry["panels"][0]
        for codes, kind in zip(packed["codes"], ("raw", "denoised"), strict=True):
            share = np.frombuffer(base64.b64decode(codes), np.uint8) / 254
            values = packed["low"] + share * (packed["high"] - packed["low"])
            step = (packed["high"] - packed["low"]) / 254
            np.testing.assert_allclose(values, getattr(truth, kind)[entry["component"]], atol=0.51 * step)


def test_the_table_says_what_the_file_says(make_animal, truth, tmp_path):
    page, text = report(make_animal(truth=truth), tmp_path)
    cells = [body for _, body in page.all("td")]
    assert all(reason in cells for reason in truth.reasons)
    assert all(f"{snr:.2f}" in cells for snr in truth.snr)
    assert "2 accepted" in text and "2 rejected" in text
    assert "abc123fingerprint" in cells and "calscope 9.9.9, numpy 2.4.6" in cells
    assert "Accepted where SNR &gt; 2 or spatial r ≥ 0.85, as long as SNR &gt; 0.5 and r &gt; -1" in text
    assert "and the likeness to a soma ≥ 0.5." in text


def test_parameters_that_differ_are_marked(make_animal, tmp_path):
    page, _ = report(make_animal(changes={"cnmf.rf": 12}), tmp_path)
    changed, overruled = ([body for _, body in page.all("td", class_=look)] for look in ("changed", "overruled"))
    assert "7" in changed  # K, asked for and used, not the default 4
    assert overruled == ["12 (asked for: 15)"]
    assert len(changed) == 4  # K, what the recording gave (fr and dxy), and what the engine fills in (use_soma)


def test_nothing_is_told_in_red(make_animal, tmp_path):
    """Blue and orange are told apart with any kind of colour vision; red and green are not."""
    page, text = report(make_animal(), tmp_path)
    assert page.all("span", class_="overruled")[0][1].startswith("orange: not what was asked for")
    style = text[text.index("<style>") : text.index("</style>")]
    for colour in set(re.findall(r"#[0-9a-f]{6}", style)):
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
        assert saturation < 0.4 or 0.05 < hue < 0.95, colour


def test_animals_with_other_parameters_get_their_own_column(make_animal, tmp_path):
    make_animal("A")
    make_animal("B", changes={"evaluation.min_SNR": 3.0})
    page, _ = report(tmp_path / "OUT", tmp_path)
    assert {"A", "B"} <= {body for _, body in page.all("th")}


def test_values_of_an_animals_own_are_told_and_get_their_own_column(make_animal, tmp_path):
    make_animal("A")
    make_animal("B", inputs={"parameters": {"cnmf.K": 7, "gone.of_old": 3}})
    page, text = report(tmp_path / "OUT", tmp_path)
    assert {"A", "B"} <= {body for _, body in page.all("th")}
    assert text.count("This animal ran with values of its own: cnmf.K 7; gone.of_old 3.") == 1
    assert [body for _, body in page.all("td", class_="changed")].count("7 (its own)") == 1


def test_scale_bar_is_a_round_length():
    assert scale_bar(20, 34, None) == ""
    drawn = Page(scale_bar(200, 340, (2.0, 1.5)))
    line = drawn.all("line")[0][0]
    assert drawn.all("text")[0][1] == "100 µm"
    assert float(line["x2"]) - float(line["x1"]) == pytest.approx(100 / 1.5, abs=0.02)


def test_curves_keep_their_peak_and_are_in_seconds():
    values = np.zeros(20_000, np.float32)
    values[12_345] = 7.0
    drawn = Page(time_chart([Curve("a", values, "#000")], fr_hz=10.0, y_title="shift (px)"))
    points = np.array([p.split(",") for p in drawn.all("polyline")[0][0]["points"].split()], float)
    x_ticks = {int(t): float(a["x"]) for a, t in drawn.all("text", class_="tick x")}
    assert len(points) < 2000
    per_second = (x_ticks[1500] - x_ticks[500]) / 1000
    peak = points[points[:, 1].argmin(), 0]
    assert (peak - x_ticks[500]) / per_second + 500 == pytest.approx(1234.5, abs=2)
    assert "frame (frame rate unknown)" in time_chart([Curve("a", values, "#000")], fr_hz=None, y_title="y")


@pytest.mark.parametrize("until", ["summary", "motion", "extraction"])
def test_a_run_that_stopped_early(make_animal, tmp_path, until):
    page, text = report(make_animal(until=until), tmp_path)
    assert bool(page.all("polyline")) == (until != "summary")
    assert len(page.all("img")) == (3 if until == "summary" else 6)
    assert bool(page.all("svg", class_="contours")) == (until == "extraction")
    assert ("not evaluated" in text) == (until == "extraction")


def test_none_found_and_none_accepted_are_said(make_animal, empty_truth, truth, tmp_path):
    make_animal("none found", empty_truth)
    truth.accepted[:] = False
    make_animal("none accepted", truth)
    _, text = report(tmp_path / "OUT", tmp_path)
    assert "No components were found." in text and "None of the 4 components was accepted." in text


def test_failures_and_reached_limits_are_said(make_animal, truth, tmp_path):
    truth.shifts[10:13, 1] = 6.0
    make_animal("A", truth)
    failed = make_animal("B", error="The file is cut short.")
    for file in failed.iterdir():
        if file.name != "run.json":
            file.unlink()
    record = {"started_at": "2026-01-02T03:04:05", "animals": [{"name": "C", "error": "No TIFFs in it."}]}
    (tmp_path / "OUT" / "run.json").write_text(json.dumps(record))
    _, text = report(tmp_path / "OUT", tmp_path)
    assert "In 3 frames the shift reached max_shifts" in text
    assert "The run ended early: The file is cut short." in text
    assert "No TIFFs in it." in text and "Run of 2026-01-02T03:04:05." in text


def test_the_verdict_on_the_motion_correction_is_told(make_animal, tmp_path):
    estimate = {"value": 0.5, "low": 0.25, "high": 1.0}
    quality = {
        "verdict": "use rigid",
        "sentence": BREAKOUT,
        "flags": ["12 frames got worse.", BREAKOUT],
        "measures": {"raw": {"residual_flow_px": estimate}, "rigid": {"residual_flow_px": estimate}},
        "n_evaluated": 144,
    }
    make_animal("A", motion_quality=quality)
    make_animal("B")
    page, text = report(tmp_path / "OUT", tmp_path)
    assert [body for _, body in page.all("b") if "use rigid" in body] == ["Verdict: use rigid"]
    assert {"12 frames got worse.", BREAKOUT} <= {body for _, body in page.all("p", class_="warning")}
    assert "<script>alert" not in text
    cells = [body for _, body in page.all("td")]
    assert cells.count("0.5 (0.25 to 1)") == 2
    assert "use rigid" in cells
    assert any("2 flags" in body for _, body in page.all("b"))
    assert "same 144 frames" in text


def test_a_run_with_a_verdict_says_of_clipped_frames_only_once(make_animal, truth, tmp_path):
    truth.shifts[10:13, 1] = 6.0
    flag = "3 of 90 frames are shifted by max_shifts."
    make_animal("A", truth, motion_quality={"verdict": "use rigid", "flags": [flag]})
    _, text = report(tmp_path / "OUT", tmp_path)
    assert flag in text and "it may be larger" not in text


def test_a_folder_without_parameters_or_rate_still_reports(make_animal, tmp_path):
    folder = make_animal(until="summary")
    (folder / "run.json").unlink()
    _, text = report(folder, tmp_path)
    assert "The parameters are not recorded in this folder." in text and "frame rate is unknown" in text


def test_long_traces_are_thinned_without_losing_a_peak():
    values = np.zeros(30_000, np.float32)
    values[20_001], values[9], values[4:6] = 5.0, -2.0, np.nan
    thinned = thinned_traces.envelope(values, 300)
    assert (thinned.size, thinned.max(), thinned.min()) == (600, 5.0, -2.0)
    assert int(np.argmax(thinned)) // 2 == int(20_001 / 30_000 * 300)
    gap = thinned_traces.pack([np.full(10, np.nan, np.float32)], 300)
    assert set(base64.b64decode(gap["codes"][0])) == {thinned_traces.MISSING}


@pytest.mark.parametrize(("n_traces", "n_images"), [(1, 1), (600, 6), (4_000, 30), (12_000, 90)])
def test_any_number_of_traces_and_images_goes_by_mail(n_traces, n_images):
    budget = report_budget.share(n_traces, n_images)
    taken = 4 / 3 * (n_traces * 2 * budget.buckets + n_images * budget.most_pixels)
    assert taken <= 9_000_000
    assert budget.buckets >= 100 and budget.most_pixels >= 128 * 128


def test_a_large_image_is_made_smaller_and_keeps_its_shape():
    image = np.zeros((300, 600), np.float32)
    image[:, 300:] = 1
    small = decode_png(image_uri(image, (0.0, 1.0), 20_000))
    assert small.shape == (100, 200, 3)
    assert (small[:, :99] == small[0, 0]).all() and (small[:, 101:] == small[0, -1]).all()


@pytest.mark.parametrize("value", [0.0, -3.5, 1e30, -2e38])
def test_a_trace_of_one_value_lies_on_its_axis_however_large_it_is(value):
    packed = thinned_traces.pack([np.full(50, value, np.float32)], 10)
    assert packed["low"] < packed["high"]
    codes = np.frombuffer(base64.b64decode(packed["codes"][0]), np.uint8)
    assert (codes == 0).all(), "at the lower end"


def test_motion_without_a_shift_in_any_frame_is_told(make_animal, tmp_path):
    make_animal()
    path = tmp_path / "OUT" / "Animal_1" / "motion.parquet"
    motion = pq.read_table(path)
    for name in ("shift_y_px", "shift_x_px"):
        none = pa.array(np.full(len(motion), np.nan, np.float32), from_pandas=False)
        motion = motion.set_column(motion.schema.get_field_index(name), name, none)
    pq.write_table(motion, path)
    _, text = report(tmp_path / "OUT", tmp_path)
    assert "No frame has a shift." in text
