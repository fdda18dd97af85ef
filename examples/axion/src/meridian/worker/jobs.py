"""A queue of jobs in this process, run by one thread."""

import queue
import threading
import time
from typing import Callable, Mapping, Sequence

#: The maximum number of waiting jobs. Another one is rejected.
CAPACITY = 100
#: The number of finished jobs to keep.
REMEMBERED = 1000


class Job:
    """A job: `queued`, `running`, then `done` with a result or `failed` with an error."""

    def __init__(self, number: int, settings: Mapping[str, object], work: Callable) -> None:
        self.number = number
        self.settings = settings
        self.work = work
        self.status = "queued"
        self.seconds = None
        self.result = None
        self.error = None

    def as_record(self) -> Mapping[str, object]:
        """Return the job as JSON data for the API."""
        record = {"id": str(self.number), "status": self.status, "settings": self.settings}
        if self.seconds is not None:
            record["seconds"] = self.seconds
        if self.result is not None:
            record["result"] = self.result
        if self.error is not None:
            record["error"] = self.error
        return record


class JobQueue:
    """Runs jobs in order. `close` waits for the running job and drops the waiting ones."""

    def __init__(self, log, capacity: int = CAPACITY) -> None:
        self._log = log
        self._waiting = queue.Queue(capacity)
        self._jobs = {}
        self._count = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def submit(self, settings: Mapping[str, object], work: Callable) -> Job | None:
        """Queue `work`, and return its job; None when the queue is full."""
        with self._lock:
            job = Job(self._count + 1, settings, work)
            try:
                self._waiting.put_nowait(job)
            except queue.Full:
                return None
            self._count += 1
            self._jobs[str(job.number)] = job
            self._forget_old()
        return job

    def find(self, number: str) -> Job | None:
        """Return the job with that number; None when it is unknown or no longer kept."""
        return self._jobs.get(number)

    def jobs(self) -> Sequence[Job]:
        """Return all kept jobs, oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def problem(self) -> str | None:
        """Return why no job can run, or None."""
        return None if self._thread.is_alive() else "the thread that runs the jobs has ended"

    def close(self) -> None:
        """Wait for the running job, then end the thread."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                job = self._waiting.get(timeout=0.2)
            except queue.Empty:
                continue
            self._run_one(job)

    def _run_one(self, job: Job) -> None:
        job.status = "running"
        started = time.perf_counter()
        try:
            job.result = job.work()
            job.status = "done"
        except Exception as error:
            job.error = f"{type(error).__name__}: {error}"
            job.status = "failed"
            self._log.error("job failed", error, job=job.number)
        job.seconds = round(time.perf_counter() - started, 4)
        self._log.info("job ended", job=job.number, status=job.status, seconds=job.seconds)

    def _forget_old(self) -> None:
        for number in list(self._jobs)[: len(self._jobs) - REMEMBERED]:
            if self._jobs[number].status in ("done", "failed"):
                del self._jobs[number]
