"""Summary images and the corrected movie as TIFF and PNG, read back by tifffile and OpenCV."""

import cv2
import numpy as np
import pytest
import tifffile

from calscope.export.formats.format_registry import export_run
from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.errors import StoreError


def test_images_keep_their_values_and_the_pixel_size(make_animal, truth, tmp_path):
    truth.images["corr_after"][0, 0] = np.nan
    export_run(open_run(make_animal(truth=truth)), "images", tmp_path / "x")
    folder = tmp_path / "x/Animal_1"
    assert {path.stem for path in folder.glob("*.tif")} == set(truth.images) == {p.stem for p in folder.glob("*.png")}
    with tifffile.TiffFile(folder / "corr_after.tif") as file:
        np.testing.assert_array_equal(file.asarray(), truth.images["corr_after"])
        assert file.imagej_metadata["unit"] == "um"
        tags = file.pages.first.tags
        per_um = [tags[name].value[0] / tags[name].value[1] for name in ("YResolution", "XResolution")]
    assert per_um == pytest.approx([1 / 1.5, 1 / 1.25], rel=1e-6)
    shown = cv2.imread(str(folder / "mean_after.png"), cv2.IMREAD_UNCHANGED)
    assert shown.dtype == np.uint8 and shown.shape == truth.images["mean_after"].shape
    assert np.corrcoef(shown.ravel(), truth.images["mean_after"].ravel())[0, 1] > 0.99
    assert cv2.imread(str(folder / "corr_after.png"), cv2.IMREAD_UNCHANGED)[0, 0] == 0


def test_an_image_without_contrast_is_black(make_animal, truth, tmp_path):
    truth.images["max_after"][:] = 7
    export_run(open_run(make_animal(truth=truth)), "images", tmp_path / "x")
    assert not cv2.imread(str(tmp_path / "x/Animal_1/max_after.png"), cv2.IMREAD_UNCHANGED).any()


def test_the_corrected_movie_is_a_bigtiff_with_rate_and_pixel_size(make_animal, tmp_path):
    folder = make_animal()
    frames = np.random.default_rng(0).integers(0, 60_000, (90, 20, 34), np.uint16)
    tifffile.imwrite(folder / "corrected.tif", frames, photometric="minisblack")
    export_run(open_run(folder), "movie", tmp_path / "x")
    with tifffile.TiffFile(tmp_path / "x/Animal_1/corrected.tif") as file:
        assert file.is_bigtiff and file.imagej_metadata["finterval"] == pytest.approx(1 / 9)
        np.testing.assert_array_equal(file.asarray(), frames)


def test_a_movie_that_was_not_kept_is_told(make_animal, tmp_path):
    with pytest.raises(StoreError, match=r"has no corrected movie\. Run it with --save-movie"):
        export_run(open_run(make_animal()), "movie", tmp_path / "x")
    assert not (tmp_path / "x").exists()
