import pytest

from calscope.model.crop import Crop
from calscope.model.errors import RecordingError

FIELD = (1500, 256, 200)


def test_its_values_come_back():
    crop = Crop(10, 510, 64, 192, 0, 128)
    assert crop.shape == (500, 128, 128)
    assert Crop.from_dict(crop.to_dict()) == crop
    crop.check_inside(FIELD)


@pytest.mark.parametrize(
    ("crop", "said"),
    [
        (Crop(0, 1501, 0, 128, 0, 128), "frames 0 to 1501"),
        (Crop(0, 500, -1, 128, 0, 128), "rows -1 to 128"),
        (Crop(0, 500, 0, 128, 100, 228), "columns 100 to 228"),
        (Crop(0, 500, 90, 90, 0, 128), "rows 90 to 90"),
        (Crop(0, 500, 0, 31, 0, 128), "31 x 128 px is too small"),
        (Crop(0, 99, 0, 128, 0, 128), "99 frames is too short"),
    ],
)
def test_one_outside_or_too_small_is_refused_with_what_is_allowed(crop, said):
    with pytest.raises(RecordingError, match=said):
        crop.check_inside(FIELD)


def test_a_small_recording_may_be_taken_whole():
    Crop(0, 60, 0, 20, 0, 24).check_inside((60, 20, 24))


@pytest.mark.parametrize("values", [None, [], {"start": 0}, Crop(0, 1, 0, 1, 0, 1).to_dict() | {"stop": 1.5}, "0:1"])
def test_other_values_are_refused(values):
    with pytest.raises(RecordingError, match="six whole numbers"):
        Crop.from_dict(values)
