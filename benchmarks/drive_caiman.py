"""Runs the real CaImAn on one stack for compare_engines.py, in the interpreter in which it is installed; see there.

    python drive_caiman.py JOB.json

Uses nothing of Calscope, so that it runs wherever CaImAn does.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, Dict, Tuple  # noqa: UP035 - older Python

import numpy as np

KNOWN = (
    *("fr", "dxy", "decay_time", "pw_rigid", "max_shifts", "strides", "overlaps", "max_deviation_rigid"),
    *("gSig", "gSiz", "K", "rf", "stride", "p", "nb", "merge_thr", "bas_nonneg", "method_init", "ssub", "tsub"),
    *("rolling_sum", "only_init", "min_SNR", "rval_thr", "use_cnn", "min_cnn_thr", "cnn_lowest"),
)
"""Parameters that both have under the same name."""


def main() -> None:
    """Do the job that the file tells."""
    job = json.loads(Path(sys.argv[1]).read_text())
    out = Path(job["out"])
    import caiman as cm  # noqa: PLC0415
    from caiman.motion_correction import MotionCorrect  # noqa: PLC0415
    from caiman.source_extraction.cnmf import cnmf, params  # noqa: PLC0415

    options = params.CNMFParams(params_dict=flat(job["params"]))
    _, view, n_processes = cm.cluster.setup_cluster(
        backend="multiprocessing", n_processes=job["workers"], single_thread=False
    )
    stages = {}
    start = time.time()
    corrector = MotionCorrect([job["movie"]], dview=view, **options.get_group("motion"))
    corrector.motion_correct(save_movie=True)
    stages["motion"] = start, time.time()
    save_motion(out, corrector)
    if job["until"] != "motion":
        start = time.time()
        border = 0 if corrector.border_nan == "copy" else corrector.border_to_0
        mapped = cm.save_memmap(corrector.mmap_file, base_name="movie_", order="C", border_to_0=border, dview=view)
        Yr, dims, n_frames = cm.load_memmap(mapped)
        images = np.reshape(Yr.T, [n_frames, *list(dims)], order="F")
        first = cnmf.CNMF(n_processes, params=options, dview=view)
        first.fit(images)
        stages["fit"] = start, time.time()
        start = time.time()
        second = first.refit(images, dview=view)
        stages["refit"] = start, time.time()
        start = time.time()
        second.estimates.evaluate_components(images, second.params, dview=view)
        stages["evaluation"] = start, time.time()
        save_components(out, second.estimates, dims)
    cm.stop_server(dview=view)
    (out / "stages.json").write_text(json.dumps(stages))


def flat(groups: Dict[str, Dict[str, Any]]) -> Dict[str, Any]:  # noqa: UP006
    """CaImAn's parameters from Calscope's groups, whose names are CaImAn's."""
    values = {name: value for group in groups.values() for name, value in group.items()}
    return {name: values[name] for name in KNOWN if values.get(name) is not None} | {"border_nan": "copy"}


def save_motion(out: Path, corrector: Any) -> None:
    """Write the shifts and where they hold."""
    if not corrector.pw_rigid:
        shifts = np.asarray(corrector.shifts_rig)[:, None]
        np.savez(out / "motion.npz", shifts=shifts, centers=np.array(corrector.total_template_rig.shape)[None] / 2)
        return
    # CaImAn's "x" is the row
    shifts = np.stack([np.asarray(corrector.x_shifts_els), np.asarray(corrector.y_shifts_els)], axis=-1)
    field = corrector.total_template_els.shape
    middles = [
        centers(n, stride, overlap)
        for n, stride, overlap in zip(field, corrector.strides, corrector.overlaps)  # noqa: B905 - older Python
    ]
    y, x = np.meshgrid(*middles, indexing="ij")
    np.savez(out / "motion.npz", shifts=shifts, centers=np.stack([y.ravel(), x.ravel()], axis=1))


def centers(length: int, stride: int, overlap: int) -> np.ndarray:
    """Middles of the patches along one side."""
    side = stride + overlap
    return np.array([*range(0, length - side, stride), length - side]) + (side - 1) / 2


def save_components(out: Path, estimates: Any, dims: Tuple[int, int]) -> None:  # noqa: UP006
    """Write footprints as images, and traces."""
    n = estimates.A.shape[1]
    images = estimates.A.toarray().T.reshape(n, dims[1], dims[0]).transpose(0, 2, 1)
    accepted = np.zeros(n, bool)
    accepted[np.asarray(estimates.idx_components, int)] = True
    np.savez(out / "components.npz", images=images.astype(np.float32), traces=estimates.C, accepted=accepted)


if __name__ == "__main__":
    main()
