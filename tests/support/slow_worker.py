"""The worker with one more engine, whose motion correction takes twenty seconds."""

import sys
import time
from pathlib import Path

import numpy as np

from calscope.engines.engine_registry import ENGINES
from calscope.jobs import worker

sys.path.insert(0, str(Path(__file__).parent))
from stand_in import StandIn


class Deaf(StandIn):
    """Does not report, so that it can't learn that it should stop."""

    name = "deaf"

    def estimate_motion(self, source, params, context):
        context.allocate("working_copy", (1000,), np.float32)[:] = 1
        time.sleep(60)


ENGINES["slow"] = StandIn(seconds=20.0)
ENGINES["deaf"] = Deaf()

if __name__ == "__main__":
    sys.exit(worker.main())
