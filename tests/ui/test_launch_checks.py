"""What can't work is refused by the page already, before a run is submitted."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from calscope.io.project import RecordingRef
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters
from calscope.ui.session import cached, launch, shown_run


def test_a_fit_that_can_not_work_on_one_of_the_animals_is_refused(monkeypatch):
    shapes = {"/data/a.tif": (100, 64, 64), "/data/b.tif": (100, 20, 20), "/data/gone.tif": None}
    chosen = [RecordingRef(path, Path(path), path) for path in shapes]
    monkeypatch.setattr(shown_run, "chosen_recordings", lambda: chosen)
    infos = {path: shape and SimpleNamespace(shape=shape) for path, shape in shapes.items()}
    monkeypatch.setattr(cached, "info_or_none", lambda path, n_frames: infos[path])
    params = Parameters().replace({"cnmf.K": 150})
    with pytest.raises(ParameterError, match=r"patch of 400 px .* cnmf\.K to 100 or less"):
        launch.check_fits(params, "extraction")
    launch.check_fits(params, "motion")
    launch.check_fits(Parameters(), "extraction")
