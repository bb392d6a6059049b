import numpy as np
import pytest
import stand_in
import tifffile

from calscope.cli import main
from calscope.engines.engine_registry import ENGINES


@pytest.fixture
def engine(monkeypatch):
    """A quick engine under the name stand-in."""
    engine = stand_in.StandIn()
    monkeypatch.setitem(ENGINES, "stand-in", engine)
    return engine


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder that is the current one, with a store of its own in it."""
    monkeypatch.setenv("CALSCOPE_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def data(here):
    """Two animals of 24 frames, as stacks beside each other; the files don't tell a frame rate."""
    for number in (1, 2):
        frames = np.random.default_rng(number).poisson(100, (24, 32, 28)).astype(np.uint16)
        (here / "data").mkdir(exist_ok=True)
        tifffile.imwrite(here / "data" / f"Animal_{number}.tif", frames)
    return here / "data"


@pytest.fixture
def calscope(capsys):
    """Run a command; gives exit status, stdout, stderr."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as ended:
            status = ended.code
        told = capsys.readouterr()
        assert "Traceback" not in told.err + told.out
        return status, told.out, told.err

    return run
