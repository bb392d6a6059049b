"""A server that keeps a process ready, and has it do a job if it is given data: `python ready_server.py STORE [DATA]`.

It prints the number of the process that waits, and of the job.
"""

import sys
import time
from pathlib import Path

import slow_worker

from calscope.jobs import worker_processes
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager

worker_processes.QUIET_S = 0.1

if __name__ == "__main__":
    manager = JobManager(Path(sys.argv[1]), worker=[slow_worker.__file__])
    manager.workers.keep_ready()
    while manager.workers.waiting_pid is None:
        time.sleep(0.02)
    print(manager.workers.waiting_pid, flush=True)
    for data in sys.argv[2:]:
        rate = {"dataset": {"fr": 10.0}}
        print(manager.submit(JobSpec(data=data, params=rate, until="motion", workers=1, engine="slow")), flush=True)
    time.sleep(120)
