"""Whether CaImAn is here, found without importing it, and why an import failed, from the text of its failure.

Importing CaImAn takes ten seconds, loads TensorFlow or PyTorch, and fails in known ways that its traceback doesn't
explain; see `caiman_trial` for an import in another process.
"""

import importlib.metadata
import importlib.util
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from calscope.engines.engine import Availability

INSTALL = (
    "CaImAn comes from conda-forge: `conda env create -f environment.yml` in Calscope's folder makes an environment "
    "with both, `conda install -c conda-forge caiman` adds it to one that you have."
)
REMAKE = (
    "Make a fresh environment, `conda env create -f environment.yml` in Calscope's folder: its versions fit together."
)


@dataclass(frozen=True)
class Known:
    """A known way of failing."""

    sign: str
    """Regular expression on the text of the failure."""
    cause: str
    next_step: str


_KNOWN = (
    Known(
        r"No module named 'pkg_resources'",
        "this CaImAn needs `pkg_resources`, which setuptools no longer has since version 82",
        f"Install an older one: `pip install 'setuptools<81'`. Or: {REMAKE}",
    ),
    Known(
        r"compiled using NumPy 1|numpy\.core\.multiarray failed to import|module 'numpy' has no attribute|"
        r"numpy\.dtype size changed|_ARRAY_API not found",
        "this CaImAn, or a package it uses, was made for NumPy 1 and NumPy 2 is installed",
        REMAKE,
    ),
    Known(
        r"cannot import name '(simps|cumtrapz|trapz|tri)' from 'scipy|toeplitz|module 'scipy\S*' has no attribute",
        "the installed scipy is newer than this CaImAn can use",
        f"Install an older one: `pip install 'scipy<1.12'`. Or: {REMAKE}",
    ),
    Known(
        r"(?i)tensorflow|keras|cnn_model\.json",
        "TensorFlow (or Keras), which CaImAn loads when it is imported, can't be loaded",
        f"This CaImAn needs `tensorflow>=2.4,<2.16`. {REMAKE}",
    ),
    Known(
        r"(?i)'torch|torch/|libtorch|libc10|libcud(art|nn)|libcublas",
        "PyTorch, which this CaImAn loads when it is imported, can't be loaded",
        f"Install it: `conda install -c conda-forge pytorch`. Or: {REMAKE}",
    ),
    Known(
        r"libGL|libgthread|libEGL",
        "OpenCV needs a graphics library of the system that isn't there",
        "Install `opencv-python-headless` instead of `opencv-python`, or the system package `libgl1`.",
    ),
    Known(
        r"oasis",
        "CaImAn's compiled part (oasis) is missing or was built for another Python",
        REMAKE,
    ),
)


def find_caiman() -> Availability:
    """Tell absent, impostor and present apart without importing anything."""
    try:
        spec = importlib.util.find_spec("caiman")
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        return Availability(ok=False, why_not="CaImAn is not installed.", next_step=INSTALL)
    folder = Path(next(iter(spec.submodule_search_locations)))
    if not (folder / "motion_correction.py").exists():
        return Availability(
            ok=False,
            why_not="The installed package caiman is not CaImAn but an unrelated program of that name on PyPI.",
            next_step=f"Remove it with `pip uninstall caiman`. {INSTALL}",
        )
    return Availability(ok=True, version=caiman_version())


def caiman_version() -> str:
    """Give the version that is installed."""
    try:
        return importlib.metadata.version("caiman")
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def explain_failure(version: str, text: str, status: int = 1) -> Availability:
    """Say why an installed CaImAn doesn't work, from the text of its failure (a traceback)."""
    first = first_cause(text) or _ended_by(status)
    known = next((k for k in _KNOWN if re.search(k.sign, first)), None)
    known = known or next((k for k in _KNOWN if re.search(k.sign, _last_traceback(text))), None)
    cause = known.cause if known else "a package that it uses is missing or doesn't fit"
    return Availability(
        ok=False,
        version=version,
        why_not=f"CaImAn {version} is installed but doesn't work here: {cause} ({first}).",
        next_step=known.next_step if known else REMAKE,
    )


def first_cause(text: str) -> str:
    """Give the line of the exception that came first in a chain of tracebacks, without its module path."""
    ends = re.findall(r"^((?:[A-Za-z_][\w.]*)(?:Error|Exception|Warning|Interrupt|NotFound\w*)\b(?::.*)?)$", text, re.M)
    return re.sub(r"^[\w.]+\.", "", ends[0])[:300] if ends else ""


def _last_traceback(text: str) -> str:
    return text[-4000:]


def _ended_by(status: int) -> str:
    return f"the process was ended by signal {-status}" if status < 0 else f"exit status {status}"


_NETWORK_FILES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"torch": ("cnn_model.pt",), "tensorflow": ("cnn_model.json", "cnn_model.h5")}
)
"""Files of CaImAn's network by the package that reads them: TensorFlow until 1.12, PyTorch since 1.13."""


def cnn_obstacle(data_folder: Path, source: str, has: Callable[[str], bool]) -> str:
    """Say what CaImAn's network lacks here, empty where nothing is missing.

    Parameters
    ----------
    data_folder
        CaImAn's data folder (`CAIMAN_DATA`, else caiman_data in the home folder).
    source
        Text of CaImAn's `components_evaluation.py`: which deep-learning package it uses depends on its version.
    has
        Tells whether a package is installed.
    """
    package = next((name for name in _NETWORK_FILES if name in source), "tensorflow")
    model = data_folder / "model"
    missing = [] if has(package) else [f"the package {package}"]
    absent = [name for name in _NETWORK_FILES[package] if not (model / name).exists()]
    if absent:
        missing.append(f"{' and '.join(absent)} in {model}; `caimanmanager install` puts the model's files there")
    if not missing:
        return ""
    return (
        f"evaluation.use_cnn is on, but CaImAn's network can't run: missing is {', and '.join(missing)}. "
        "Or switch it off (--set evaluation.use_cnn=false)."
    )
