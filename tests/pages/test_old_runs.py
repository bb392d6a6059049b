"""Runs whose parameters are not those of this version: pages say so in words, and look at another run."""

import json
import shutil

import pytest

from calscope.ui.session import places

PAGES = ("data", "motion", "extraction", "evaluation", "traces", "runs")
NEEDS_A_RUN = PAGES[1:5]


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


@pytest.fixture
def old_run(lab):
    """Make a run, newer than all others, with a parameter that nobody knows; gives its number."""
    made = []

    def make(data, parameter="tau_of_old"):
        folder = lab.store / "jobs" / f"{2**63 + len(made):016x}-0ld0ld"
        made.append(shutil.copytree(lab.store / "jobs" / lab.good_run, folder))
        spec = json.loads((folder / "spec.json").read_text())
        spec["data"] = str(data)
        spec["params"]["cnmf"][parameter] = 3
        (folder / "spec.json").write_text(json.dumps(spec))
        places._jobs.clear()  # or what was read a moment ago would be used
        return folder.name

    yield make
    for folder in made:
        shutil.rmtree(folder)
    places._jobs.clear()


@pytest.mark.parametrize("page", PAGES)
def test_a_link_to_it_shows_the_newest_results_that_can_be_shown(open_page, lab, old_run, page):
    app = open_page(page, run=old_run(lab.good))
    assert not app.exception
    if page in NEEDS_A_RUN:
        assert "processed this animal yet" not in words(app), "the results of the run before it are there"
        assert "can't be shown" in words(app) and "tau_of_old" in words(app)
        assert "can't be shown" in words(app.run())


@pytest.mark.parametrize("page", ["motion", "traces"])
def test_where_it_is_the_only_run_the_page_says_what_to_press(open_page, lab, old_run, page):
    old_run(lab.fresh)
    app = open_page(page, data=lab.fresh)
    assert not app.exception
    assert "can't be shown" in words(app) and "processed this animal yet" in words(app)
    app.session_state["project"] = str(lab.bad)
    assert "can't be shown" not in words(app.run()), "another run has nothing to do with it"
