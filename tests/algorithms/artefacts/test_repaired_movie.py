import numpy as np
import pytest

from calscope.algorithms.artefacts.repaired_movie import RepairedMovie, repaired
from calscope.model.artefacts import RecordingCheck
from calscope.model.movie import ArrayMovie


@pytest.fixture
def frames():
    return np.random.default_rng(0).poisson(300, (20, 12, 17)).astype(np.uint16)


def flagged(*frames, n=20):
    out = np.zeros(n, np.bool_)
    out[list(frames)] = True
    return out


ALL_TISSUE = np.full((12, 17), np.nan, np.float32)


def test_frames_with_other_light_are_interpolated_between_the_nearest_others(frames):
    movie = RepairedMovie(ArrayMovie(frames), flagged(4, 5, 19), ALL_TISSUE)
    whole = movie.read(0, 20)
    assert np.array_equal(np.delete(whole, [4, 5, 19], axis=0), np.delete(frames, [4, 5, 19], axis=0))
    three, six = frames[3].astype(float), frames[6].astype(float)
    assert np.abs(whole[4] - (2 * three + six) / 3).max() <= 0.5
    assert np.abs(whole[5] - (three + 2 * six) / 3).max() <= 0.5
    assert np.array_equal(whole[19], frames[18]), "at the end the nearest frame is repeated"
    assert whole.dtype == frames.dtype


@pytest.mark.parametrize("stretch", [(0, 4), (4, 6), (5, 19), (18, 40)])
def test_any_stretch_is_what_the_whole_movie_has_there(frames, stretch):
    movie = RepairedMovie(ArrayMovie(frames), flagged(4, 5, 19), ALL_TISSUE, 1.25)
    assert np.array_equal(movie.read(*stretch), movie.read(0, 20)[slice(*stretch)])


@pytest.mark.parametrize("offset", [3, -2])
def test_a_whole_offset_is_undone_exactly_away_from_the_edge(frames, offset):
    shifted = frames.copy()
    shifted[:, 1::2] = np.roll(shifted[:, 1::2], offset, axis=2)
    inner = slice(abs(offset), frames.shape[2] - abs(offset))
    undone = RepairedMovie(ArrayMovie(shifted), flagged(), ALL_TISSUE, float(offset)).read(0, 20)
    assert np.array_equal(undone[:, :, inner], frames[:, :, inner])


def test_a_fraction_of_a_pixel_is_linear_between_neighbours():
    ramp = np.broadcast_to(np.arange(30, dtype=np.float32), (1, 4, 30)).copy()
    undone = RepairedMovie(ArrayMovie(ramp), flagged(n=1), np.full((4, 30), np.nan, np.float32), 0.25).read(0, 1)[0]
    assert np.allclose(undone[1, 2:-2], ramp[0, 1, 2:-2] + 0.25) and np.array_equal(undone[0], ramp[0, 0])


def test_parts_that_never_change_are_filled_in_every_frame(frames):
    fill = ALL_TISSUE.copy()
    fill[:, :3] = 99.6
    whole = RepairedMovie(ArrayMovie(frames), flagged(4), fill).read(0, 20)
    assert (whole[:, :, :3] == 100).all() and whole.dtype == frames.dtype
    assert np.array_equal(np.delete(whole, 4, axis=0)[:, :, 3:], np.delete(frames, 4, axis=0)[:, :, 3:])


def test_nothing_to_repair_gives_the_source_itself(frames):
    source = ArrayMovie(frames)
    nothing = RecordingCheck(flagged(), 0.0, 0.0, has_still_image=True, still_fill=ALL_TISSUE)
    assert repaired(source, nothing, 0.0) is source
