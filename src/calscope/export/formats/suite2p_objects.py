"""The two files of suite2p that hold Python objects; the only place where Calscope writes such files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def write_objects(plane: Path, stat: Sequence[Mapping[str, Any]], ops: Mapping[str, Any]) -> None:
    """Write `stat.npy`, an array of dictionaries, and `ops.npy`, a dictionary.

    NumPy can store these as pickled Python objects only. suite2p defines them so, and its readers accept nothing else.
    Reading such a file runs whatever is in it: Calscope reads none, not even its own.
    """
    for name, objects in (("stat", list(stat)), ("ops", ops)):
        np.save(plane / f"{name}.npy", np.array(objects, dtype=object), allow_pickle=True)
