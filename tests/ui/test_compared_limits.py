"""Compare's table of all animals has the limits of detection of both runs, where known cells were put in."""

from types import SimpleNamespace

from known_cells import known_cells

from calscope.ui.compare import compared_animals


def side(letter, injected):
    results = SimpleNamespace(injected=injected, component_quality=None)
    animal = SimpleNamespace(name="Animal_1")
    return SimpleNamespace(letter=letter, components=None, record=None, results=results, animal=animal)


def test_limits_of_both_runs_stand_beside_each_other():
    strict, loose = known_cells(accepted_from=10.0), known_cells(accepted_from=5.0)
    (row,) = compared_animals.table([(side("A", strict), side("B", loose))]).to_dict("records")
    value = {letter: float(row[f"half accepted from peak SNR {letter}"].split(" ")[0]) for letter in "AB"}
    assert value["A"] > value["B"]
    assert row["half found from peak SNR A"] == row["half found from peak SNR B"]


def test_without_known_cells_there_is_no_column():
    table = compared_animals.table([(side("A", None), side("B", None))])
    assert not [name for name in table if "peak SNR" in name]
    one = compared_animals.table([(side("A", known_cells()), side("B", known_cells(4)))])
    assert [name for name in one if "half found" in name] == ["half found from peak SNR A"], "four cells tell nothing"
