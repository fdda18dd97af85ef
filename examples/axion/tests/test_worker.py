"""meridian-worker."""

import contextlib
import io
import json
import threading
import time
import unittest

from axion_http.log import JsonLog
from axion_http.messages import Request
from meridian.worker.app import create_app
from meridian.worker.jobs import JobQueue


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.01)


class Quiet(unittest.TestCase):
    def setUp(self):
        log = contextlib.redirect_stdout(io.StringIO())
        log.__enter__()
        self.addCleanup(log.__exit__, None, None, None)


class Queue(Quiet):
    def queue(self, capacity=2):
        queue = JobQueue(JsonLog("test"), capacity)
        self.addCleanup(queue.close)
        return queue

    def test_a_failed_job_is_logged_and_the_next_one_runs(self):
        queue = self.queue()
        failing = queue.submit({}, lambda: 1 / 0)
        good = queue.submit({}, lambda: {"mean": 1.0})
        wait_for(lambda: good.status == "done")
        self.assertEqual(failing.as_record()["error"], "ZeroDivisionError: division by zero")
        self.assertEqual(good.as_record()["result"], {"mean": 1.0})
        self.assertIsNone(queue.problem())

    def test_a_full_queue_rejects_a_job(self):
        queue, started, release = self.queue(capacity=1), threading.Event(), threading.Event()
        self.addCleanup(release.set)

        def blocking():
            started.set()
            release.wait(20)

        queue.submit({}, blocking)
        started.wait(20)
        self.assertIsNotNone(queue.submit({}, dict))
        self.assertIsNone(queue.submit({}, dict))

    def test_closing_waits_for_the_running_job_only(self):
        queue, started = self.queue(), threading.Event()

        def slow():
            started.set()
            time.sleep(0.3)

        running, waiting = queue.submit({}, slow), queue.submit({}, dict)
        started.wait(20)
        queue.close()
        self.assertEqual((running.status, waiting.status), ("done", "queued"))
        self.assertIsNotNone(queue.problem())


class Worker(Quiet):
    def ask(self, app, method, target, body=None):
        response = app.handle(Request(method, target, json.dumps(body).encode()))
        return response, json.loads(response.body)

    def test_a_job_is_accepted_and_later_has_a_result(self):
        app = create_app({})
        response, job = self.ask(app, "POST", "/jobs", {"scenarios": 20, "shift": 0.01})
        self.assertEqual((response.status, response.headers["Location"]), (202, "/jobs/1"))
        wait_for(lambda: self.ask(app, "GET", "/jobs/1")[1]["status"] == "done")
        result = self.ask(app, "GET", "/jobs/1")[1]["result"]
        self.assertTrue(result["low"] <= result["mean"] <= result["high"])
        self.assertEqual(self.ask(app, "GET", "/jobs")[1]["total"], 1)

    def test_unknown_jobs_and_wrong_settings(self):
        app = create_app({})
        self.assertEqual(self.ask(app, "GET", "/jobs/7")[0].status, 404)
        self.assertEqual(self.ask(app, "POST", "/jobs", {"scenarios": 0})[0].status, 400)
