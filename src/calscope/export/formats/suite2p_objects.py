"""The files of suite2p that hold Python objects; the only place where Calscope writes such files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Objects = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def write_objects(plane: Path, named: Mapping[str, Objects]) -> None:
    """Write `NAME.npy` for each name: an array of dictionaries (`stat`), or a dictionary (`ops`, `db`, `settings`).

    NumPy can store these as pickled Python objects only. suite2p defines them so, and its readers accept nothing else.
    Reading such a file runs whatever is in it: Calscope reads none, not even its own.
    """
    for name, objects in named.items():
        np.save(plane / f"{name}.npy", np.array(objects, dtype=object), allow_pickle=True)
