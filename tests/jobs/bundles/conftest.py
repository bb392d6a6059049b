"""A run of two animals in a store, one with seeds, own values and judgements, and its bundle."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import stand_in
from spoilt_bundles import parts_of, put_together

from calscope.jobs.bundles.write_bundle import write_bundle
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus, write_status
from calscope.jobs.run_export import stored_run
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.curation.curation_entry import new_entry
from calscope.model.params import Parameters
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_judgements import open_log, target_of
from calscope.pipeline.kept_remarks import keep_remark
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store

RUN = "0123456789abcdef-aaaaaa"
NAMES = ("Animal_1", 'it\'s "ü" <script>alert(1)<∕script> 🐭')
OWN = AnimalInputs(parameters={"cnmf.K": 5}, seeds=((3, 4), (10, 12)))


@dataclass(frozen=True)
class Made:
    """The store, the records of its run, and the file of the bundle."""

    store: Store
    runs: list
    path: Path
    run = RUN


def keep_run(store, runs, data="/home/somebody/secret place/Mice"):
    folder = JobFolder(store.jobs / RUN)
    folder.path.mkdir(parents=True)
    folder.write_spec(JobSpec(data=data))
    folder.write_results(runs)
    write_status(folder.path, JobStatus(state="done", started_at=1e9, ended_at=1e9 + 5))


def reject(store, run, component):
    refit = AnimalResults(store, run.keys).refit
    target = target_of(run.keys["refit"], refit, component)
    entry = new_entry("reject", who="Ada <b>", recording=run.info.fingerprint, target=target)
    open_log(store.root, run.info.fingerprint).append(lambda _: [entry])


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    place = tmp_path_factory.mktemp("made")
    store, params, engine = Store(place / "store"), Parameters(), stand_in.StandIn()
    runs = []
    for number, name in enumerate(NAMES):
        recording = stand_in.MemoryRecording(name, dxy_um=(1.5, 1.25), seed=number, fingerprint=f"{number:032x}")
        inputs, until = (OWN, "injected") if number else (AnimalInputs(), "evaluation")
        runs.append(run_animal(recording, params, engine=engine, store=store, until=until, inputs=inputs, workers=1))
    keep_run(store, runs)
    reject(store, runs[0], 2)
    keep_remark(store.root, "/home/somebody/secret place/Mice", NAMES[1], "tilted; left eye")
    with stored_run(store, RUN) as run:
        path = write_bundle(run, store, place / "Mice.calscope")
    return Made(store, runs, path)


@pytest.fixture
def spoilt(made, tmp_path):
    """Give a bundle with some parts replaced by others, or left out where None."""

    def spoil(is_listed=True, **changes):
        parts = parts_of(made.path) | {name.replace("__", "/").replace("_DOT_", "."): b for name, b in changes.items()}
        kept = {name: content for name, content in parts.items() if content is not None}
        return put_together(tmp_path / "spoilt.calscope", kept, is_listed=is_listed)

    return spoil
