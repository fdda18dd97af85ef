"""The requirement package axion-http."""

import contextlib
import io
import json
import unittest

from axion_http.app import App
from axion_http.messages import HttpError, Request, Response


def ask(app, method, target, body=b"", headers=None):
    """Return the status and the decoded response of a request, and the log lines."""
    with contextlib.redirect_stdout(io.StringIO()) as log:
        response = app.handle(Request(method, target, body, headers))
    return response.status, json.loads(response.body), log.getvalue()


class Routing(unittest.TestCase):
    def setUp(self):
        self.app = App("test")
        self.app.get("/things/{id}")(lambda request: Response.json(request.params))
        self.app.post("/things")(lambda request: Response.json(request.json(), status=201))
        self.app.route("*", "/files/{name}/{rest...}")(lambda request: Response.json(request.params))

    def test_variables_of_the_path_are_decoded(self):
        self.assertEqual(ask(self.app, "GET", "/things/a%20b?x=1")[:2], (200, {"id": "a b"}))
        self.assertEqual(ask(self.app, "PUT", "/files/a/b/c")[:2], (200, {"name": "a", "rest": "b/c"}))

    def test_unknown_paths_and_methods(self):
        self.assertEqual(ask(self.app, "GET", "/nothing")[0], 404)
        self.assertEqual(ask(self.app, "DELETE", "/things/1")[0], 405)

    def test_a_body_that_is_not_an_object_is_a_400(self):
        self.assertEqual(ask(self.app, "POST", "/things", b'{"a": 1}')[:2], (201, {"a": 1}))
        self.assertEqual(ask(self.app, "POST", "/things", b"{")[0], 400)
        self.assertEqual(ask(self.app, "POST", "/things", b"[]")[0], 400)


class Failures(unittest.TestCase):
    def test_an_unexpected_error_is_logged_but_not_sent(self):
        app = App("test")

        @app.get("/broken")
        def broken(_request):
            raise RuntimeError("a detail")

        status, response, log = ask(app, "GET", "/broken")
        self.assertEqual(status, 500)
        self.assertNotIn("a detail", json.dumps(response))
        self.assertIn("a detail", json.loads(log)["stack"])

    def test_an_http_error_has_its_status_and_message(self):
        app = App("test")

        @app.get("/teapot")
        def teapot(_request):
            raise HttpError(418, "short and stout")

        self.assertEqual(ask(app, "GET", "/teapot")[:2], (418, {"error": "short and stout"}))

    def test_the_health_endpoint_names_the_failed_check(self):
        app = App("test")
        problem = None
        app.check("queue", lambda: problem)
        self.assertEqual(ask(app, "GET", "/healthz")[1]["status"], "ok")
        problem = "stuck"
        status, response, _ = ask(app, "GET", "/healthz")
        self.assertEqual((status, response["problems"]), (503, {"queue": "stuck"}))
