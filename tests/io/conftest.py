"""Small recordings on disk, made for the tests."""

import numpy as np
import pytest
import tifffile


def _make_movie(n_frames=12, height=20, width=30, dtype=np.uint16, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 250, (n_frames, height, width)).astype(dtype)


def _write_frames(folder, movie, names):
    folder.mkdir(parents=True, exist_ok=True)
    for frame, name in zip(movie, names, strict=True):
        tifffile.imwrite(folder / name, frame)
    return folder


@pytest.fixture(scope="session")
def make_movie():
    """Give a function that makes movies of noise."""
    return _make_movie


@pytest.fixture(scope="session")
def write_frames():
    """Give a function that writes frames, one a file, under given names."""
    return _write_frames


@pytest.fixture
def movie():
    return _make_movie()


@pytest.fixture
def frame_folder(tmp_path, movie):
    """Twelve frames whose names sort wrongly as text: img_2 comes after img_10."""
    return _write_frames(tmp_path / "Animal_1", movie, [f"img_{i + 1}.tif" for i in range(len(movie))])
