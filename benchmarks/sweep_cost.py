"""What a sweep costs against separate runs of the same points: processor time, as a ratio.

    python benchmarks/sweep_cost.py [--values 12]

Makes a demo recording of 500 frames of 128 x 128 px and tries that many values of gSig on it, as Tune would: once as a
sweep, whose points share a store, and once one by one, each in an empty store. Kernels are compiled before. Processor
time counts all threads, and hardly depends on what else runs on the machine.
"""

import argparse
import tempfile
import time
from pathlib import Path

from calscope.engines.engine_registry import get_engine
from calscope.io.cropped_recording import read_crop
from calscope.io.demo.demo_files import write_demo
from calscope.io.readers.reader_registry import open_recording
from calscope.model.crop import Crop
from calscope.model.params import Parameters
from calscope.model.sweeps.sweep_plan import SweepPlan, over
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.run_points import SweptAnimal, run_sweep

FIRST = 2
CROP = Crop(0, 500, 0, 128, 0, 128)
PARAMS = Parameters().replace({"cnmf.rf": 20})


def sweep_s(recording: Path, store: Path, values: list[int]) -> float:
    """Give the processor time of a sweep of these values of gSig, s."""
    animal = SweptAnimal(recording, PARAMS, get_engine("builtin"), Store(store, durable=False))
    plan = SweepPlan((over("cnmf.gSig", values),), CROP)
    started = time.process_time()
    run_sweep(animal, plan, report=lambda step: None, log=lambda line: None, on_point=lambda results: None)
    return time.process_time() - started


def separate_s(recording: Path, stores: Path, values: list[int]) -> float:
    """Give the processor time of the same points, each in an empty store, s."""
    started = time.process_time()
    for value in values:
        run_animal(
            read_crop(open_recording(recording), CROP),
            PARAMS.replace({"cnmf.gSig": value}),
            engine=get_engine("builtin"),
            store=Store(stores / str(value), durable=False),
            until="tuning",
            log=lambda line: None,
        )
    return time.process_time() - started


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, default=12, help="how many values of gSig (12)")
    n = parser.parse_args().values
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        write_demo(folder / "demo", animals=1, frames=500, size=128)
        recording = folder / "demo" / "Animal_1"
        separate_s(recording, folder / "warm", [FIRST])
        values = list(range(FIRST, FIRST + n))
        shared, apart = sweep_s(recording, folder / "shared", values), separate_s(recording, folder / "apart", values)
    print(f"{n} values of gSig: {shared:.1f} s of processor time as a sweep, {apart:.1f} s as separate runs")
    print(f"ratio {shared / apart:.2f}")


if __name__ == "__main__":
    main()
