"""The methods paragraph says what was done, with the numbers that were used, and cites only what was used."""

from calscope.export.report.methods_text import write_methods
from calscope.export.run_folder.open_run_folder import open_run


def methods_of(make_animal, *, until="evaluation", **run_json):
    return write_methods(open_run(make_animal(until=until, **run_json)))


def test_numbers_are_those_in_force(make_animal):
    text = methods_of(make_animal).paragraphs[0]
    for said in (
        "90 frames of 20 × 34 px at 9 Hz",
        "patches of 72 × 72 px every 48 px (72 × 60 µm)",
        "at most 6 px (9 × 7.5 µm)",
        "7 components were sought in each patch of 31 × 31 px, neighbours overlapping by 10 px",
        "soma half-size of 4 px (6 × 5 µm)",
        "ratio exceeded 2 or its spatial correlation with the movie reached 0.85",
        "8th percentile of fluorescence in a sliding window of 34.0 s",
        "Of 4 components, 2 were accepted.",
    ):
        assert said in text


def test_only_what_was_used_is_cited(make_animal):
    full = methods_of(make_animal)
    assert len(full.references) == 4
    motion_only = methods_of(lambda **k: make_animal("B", **k), until="motion")
    assert [ref.split(",")[0] for ref in motion_only.references] == ["Pnevmatikakis EA"]
    plain = methods_of(lambda **k: make_animal("C", **k), changes={"cnmf.p": 0, "motion.pw_rigid": False})
    assert "not deconvolved" in plain.paragraphs[0] and "rigid translation" in plain.paragraphs[0]
    assert not any("Friedrich J, Zhou" in ref for ref in plain.references)


def test_the_real_caiman_is_named(make_animal):
    text = methods_of(make_animal, engine="caiman", engine_version="1.12.1").paragraphs[0]
    assert "CaImAn 1.12.1 (Giovannucci et al. 2019)" in text


def test_the_whole_field_is_not_called_a_patch(make_animal):
    text = methods_of(make_animal, changes={"cnmf.rf": None}).paragraphs[0]
    assert "sought in the whole field" in text and "each patch" not in text


def test_animals_that_ran_alike_share_a_paragraph(make_animal, tmp_path):
    make_animal("A")
    make_animal("B", changes={"dataset.fr": 20.0})
    make_animal("C", changes={"cnmf.gSig": (6, 6)})
    paragraphs = write_methods(open_run(tmp_path / "OUT")).paragraphs
    assert len(paragraphs) == 2
    assert "2 recordings (A, B)" in paragraphs[0] and "at 9 to 20 Hz" in paragraphs[0]
    assert "(C)" in paragraphs[1]


def test_without_parameters_nothing_is_made_up(make_animal):
    folder = make_animal()
    (folder / "run.json").unlink()
    assert write_methods(open_run(folder)).paragraphs == ()
