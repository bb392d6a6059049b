"""What is said for NWB of the animals of a project, from one session to the next."""

import pytest

from calscope.model.nwb.project_metadata import NOTHING_SAID, ProjectNwbMetadata
from calscope.pipeline.by_hand.kept_nwb_metadata import keep_nwb_metadata, nwb_metadata_of
from calscope.pipeline.project_file import ProjectFile

SAID = ProjectNwbMetadata.from_plain(
    {
        "NWBFile": {"session_start_time": "2026-05-03T10:12:00+02:00", "keywords": ["a", "b"]},
        "animals": {"Animal_1": {"Subject": {"sex": "F", "date_of_birth": "2026-02-02"}}},
    }
)


def test_it_is_kept_with_its_folder_alone(tmp_path):
    ProjectFile(tmp_path, "/data/mice").update(settings={"engine": "builtin"})
    keep_nwb_metadata(tmp_path, "/data/mice", SAID)
    assert nwb_metadata_of(tmp_path, "/data/mice") == SAID
    assert nwb_metadata_of(tmp_path, "/data/rats") == NOTHING_SAID
    assert ProjectFile(tmp_path, "/data/mice").read()["settings"] == {"engine": "builtin"}


@pytest.mark.parametrize("kept", [3, [], {"Subject": {"sex": 5}}, {"animals": 3}])
def test_what_is_damaged_says_nothing(tmp_path, kept):
    ProjectFile(tmp_path, "/data/mice").update(nwb_metadata=kept)
    assert nwb_metadata_of(tmp_path, "/data/mice") == NOTHING_SAID
