"""The report on what persons said, what speaks against components, and what it keeps to itself: paths."""

import json

import pandas as pd
import pytest

from calscope.cli.parser import make_parser
from calscope.export.report import curation_section
from calscope.export.report.path_words import PathWords
from calscope.export.report.write_report import render
from calscope.export.run_folder.open_run_folder import open_run
from calscope.io.curation_log import line_of
from calscope.model.curation.curation_entry import Target, new_entry
from calscope.model.curation.packed_footprint import PackedFootprint

WHO = "Ada <script>alert(1)</script>"
PLACE = "/home/ada lovelace/2p data"


def said(action, *, run="k1", component=2, text="", who=WHO):
    target = None if action == "undo" else Target(run, component, 3.25, 7.5, PackedFootprint((20, 34), ""))
    return new_entry(action, who=who, recording="abc123fingerprint", target=target, text=text)


def with_log(folder, entries):
    (folder / "curation.jsonl").write_text("".join(f"{line_of(entry)}\n" for entry in entries), encoding="utf-8")
    return open_run(folder)


def test_the_log_is_told_newest_first_with_what_was_typed_as_text(make_animal):
    entries = [said("reject"), said("note", text="<b>dim</b>", run="k0"), said("undo")]
    page = render(with_log(make_animal(keys={"refit": "k1"}), entries))
    assert "What persons said of the components (3 entries)" in page
    rows = page.split('<table class="log">')[1].split("</table>")[0].split("<tr>")[2:]
    assert [row.split("<td>")[3].split("<")[0] for row in rows] == ["undo", "note", "reject"]
    assert "<td>2</td><td>3.2, 7.5</td>" in rows[2], "the number where it is of this run"
    assert "<td>–</td><td>3.2, 7.5</td><td>&lt;b&gt;dim&lt;/b&gt;" in rows[1], "the place where it is of another"
    assert "<script>alert" not in page


def test_a_long_log_is_cut_and_says_so(make_animal, monkeypatch):
    monkeypatch.setattr(curation_section, "MOST_ENTRIES", 2)
    page = render(with_log(make_animal(), [said("accept", component=n) for n in range(5)]))
    assert "(5 entries)" in page and "The 3 oldest are left out here; curation.jsonl has them." in page
    assert page.split('<table class="log">')[1].split("</table>")[0].count("<tr>") == 3


def test_flags_are_explained_in_sentences_where_a_component_is_chosen(make_animal):
    folder = make_animal()
    table = pd.read_parquet(folder / "components.parquet")
    why = "Follows the surround: r 0.71 </script>"
    table.assign(flags=["", "neuropil", "", ""], flags_not_told="", flags_why=["", why, "", ""]).to_parquet(
        folder / "components.parquet"
    )
    page = render(open_run(folder))
    data = json.loads(page.split('class="traces">')[1].split("</script>")[0])
    assert data["flags"] == {"1": why} and data["raster"] == [0, 2]
    assert "neuropil (1): the trace follows its surround" in page


def test_the_raster_is_of_all_components_where_none_is_accepted(make_animal, truth):
    truth.accepted[:] = False
    page = render(open_run(make_animal(truth=truth)))
    data = json.loads(page.split('class="traces">')[1].split("</script>")[0])
    assert '<div class="raster">' in page
    assert sorted(data["raster"]) == list(range(len(truth.accepted)))


def test_one_component_has_its_trace_and_its_row(make_animal, truth):
    page = render(open_run(make_animal(truth=type(truth)(n=1))))
    data = json.loads(page.split('class="traces">')[1].split("</script>")[0])
    assert data["raster"] == [0] and len(data["components"]) == 1 and '<div class="raster">' in page


def test_paths_of_the_machine_are_left_out_unless_asked_for(make_animal):
    trouble = f"Frame 3 of {PLACE}/m1/a.tif could not be read; the store is /mnt/big/store/abc."
    run = open_run(make_animal(notes=[trouble], load_report=[trouble], error=trouble))
    run.animals[0].meta["recording"]["path"] = f"{PLACE}/m1/a.tif"
    page = render(run)
    assert "lovelace" not in page and "2p data" not in page and "/mnt" not in page
    assert page.count("Frame 3 of a.tif could not be read; the store is abc.") == 3
    assert page.count(f"{PLACE}/m1/a.tif") == 0
    assert render(run, with_paths=True).count(f"{PLACE}/m1/a.tif") == 4
    assert make_parser().parse_args(["report", "OUT", "--with-paths"]).with_paths


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("C:\\Users\\ada\\x.tif is cut short", "x.tif is cut short"),
        ("~/data/m1/x.tif", "x.tif"),
        ("1/2 px, and/or 3 px/s; https://example.org/a/b", "1/2 px, and/or 3 px/s; https://example.org/a/b"),
        ("'/tmp/a/b.tif'", "'b.tif'"),
    ],
)
def test_only_paths_are_shortened(said, told):
    assert PathWords()(said) == told
    assert PathWords(shows_all=True)(said) == said
