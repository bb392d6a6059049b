from types import SimpleNamespace

import numpy as np
import pytest

from calscope.plots.shift_field import Arrows, arrow_lines, arrows_of, field_figure, patch_outlines

ROWS, COLUMNS, T = 90, 130, 50


def motion(*, patches=True, size=1.0):
    rng = np.random.default_rng(3)
    rigid = size * rng.normal(0, 1, (T, 2)).astype(np.float32)
    centers = np.asarray([(y, x) for y in (20, 45, 70) for x in (20, 45, 85, 110)], np.float32)
    own = size * rng.normal(0, 0.3, (T, len(centers), 2)).astype(np.float32)
    return SimpleNamespace(
        shape=(T, ROWS, COLUMNS),
        shifts_rig=rigid,
        shifts_els=rigid[:, None] + own if patches else None,
        centers_px=centers if patches else None,
        patch_shape_px=(40, 40) if patches else None,
    )


def image():
    return np.random.default_rng(0).random((ROWS, COLUMNS)).astype(np.float32)


def test_arrow_runs_from_the_patch_to_where_its_shift_points():
    arrows = Arrows(np.asarray([[20, 30], [60, 70]], np.float32), np.asarray([[3, -1], [0, 2]], np.float32), 4.0)
    pieces = arrow_lines(arrows).reshape(2, 6, 2)
    assert np.allclose(pieces[:, 0], arrows.centers_px)
    assert np.allclose(pieces[:, 1], [[32, 26], [60, 78]])
    assert np.isnan(pieces[:, 5]).all()
    # Both wings of the head lie behind its tip, at the same distance from the shaft.
    for piece, shift in zip(pieces, arrows.shifts_px, strict=True):
        wings = piece[[2, 4]] - piece[1]
        assert (wings @ shift < 0).all()
        across = wings @ np.asarray([-shift[1], shift[0]])
        assert across[0] == pytest.approx(-across[1], abs=1e-4)


def test_arrows_are_the_shifts_of_the_frame_and_without_the_rigid_part_what_is_left():
    found = motion()
    whole, own = arrows_of(found, 17), arrows_of(found, 17, "without the rigid part")
    assert np.allclose(whole.shifts_px, found.shifts_els[17])
    assert np.allclose(own.shifts_px + found.shifts_rig[17], found.shifts_els[17], atol=1e-6)
    assert own.times > whole.times


def test_all_frames_share_one_scale_and_arrows_stay_beside_each_other():
    found = motion()
    assert len({arrows_of(found, frame).times for frame in range(T)}) == 1
    drawn = arrows_of(found, 0).times * np.linalg.norm(found.shifts_els, axis=2)
    assert 9 < drawn.max() < 25  # neighbours are 25 px apart


def test_rigid_correction_has_one_arrow_in_the_middle_and_no_patches():
    found = motion(patches=False)
    arrows = arrows_of(found, 5, "without the rigid part")
    assert arrows.centers_px.tolist() == [[44.5, 64.5]]
    assert np.allclose(arrows.shifts_px, found.shifts_rig[5])
    texts = [note.text for note in field_figure(image(), found, 5, title="Mean", dxy_um=None).layout.annotations]
    assert not [text for text in texts if "patch" in text]


def test_patches_are_outlined_along_the_edges_of_their_pixels():
    # A patch of 40 px that begins at pixel 0 has its centre at 19.5.
    outline = patch_outlines(np.asarray([[19.5, 29.5]], np.float32), (40, 60))[:5]
    assert (outline[:, 0].min(), outline[:, 0].max()) == (-0.5, 39.5)
    assert (outline[:, 1].min(), outline[:, 1].max()) == (-0.5, 59.5)


@pytest.mark.parametrize("dxy", [None, (2.0, 1.25)])
def test_reference_arrow_has_the_length_it_says(dxy):
    figure = field_figure(image(), motion(), 3, title="Mean", dxy_um=dxy)
    said = next(note for note in figure.layout.annotations if "drawn" in note.text)
    length, unit = said.text.split()[:2]
    times = float(said.text.split("×")[1])
    reference = figure.data[-1]
    drawn_px = reference.x[1] - reference.x[0]
    per_px = 1.0 if dxy is None else dxy[1]
    assert unit.rstrip(",") == ("px" if dxy is None else "µm")
    assert drawn_px / times * per_px == pytest.approx(float(length), rel=5e-3)


def test_shift_of_a_patch_is_told_in_px_and_um():
    found = motion()
    figure = field_figure(image(), found, 3, title="Mean", dxy_um=(2.0, 1.25))
    places = next(trace for trace in figure.data if trace.mode == "markers" and trace.customdata is not None)
    down, right, down_um, right_um = places.customdata[4]
    assert (down, right) == pytest.approx(tuple(found.shifts_els[3, 4]), abs=6e-3)
    assert (down_um, right_um) == pytest.approx(
        (2 * found.shifts_els[3, 4, 0], 1.25 * found.shifts_els[3, 4, 1]), abs=6e-3
    )


def test_recording_that_does_not_move_has_arrows_of_no_length_and_a_scale_all_the_same():
    still = motion(size=0.0)
    arrows = arrows_of(still, 0)
    assert np.allclose(arrow_lines(arrows).reshape(-1, 6, 2)[:, :5], arrows.centers_px[:, None])
    assert np.isfinite(arrows.times) and arrows.times > 0
    texts = [note.text for note in field_figure(image(), still, 0, title="Mean", dxy_um=None).layout.annotations]
    assert texts[-1] == f"0.1 px, drawn × {arrows.times:.0f}"
