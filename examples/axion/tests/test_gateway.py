"""meridian-gateway."""

import json
import socket
import unittest
from unittest import mock

from axion_http.messages import Request
from axion_upstream import UpstreamResponse, UpstreamError
from meridian.gateway import app as gateway


class Gateway(unittest.TestCase):
    def ask(self, target, env, method="GET", body=b""):
        response = gateway.create_app(env).handle(Request(method, target, body, {"Content-Type": "application/json"}))
        return response.status, json.loads(response.body)

    def test_a_request_arrives_as_it_was_sent(self):
        calls = []

        def fetch(url, **options):
            calls.append((url, options))
            return UpstreamResponse(201, "application/json", b'{"instalment": 1}')

        with mock.patch.object(gateway, "fetch", fetch):
            response = self.ask("/api/quotes?a=1&b=x%20y", {"MERIDIAN_API_URL": "http://api:8080/"}, "POST", b"{}")
        self.assertEqual(response, (201, {"instalment": 1}))
        url, options = calls[0]
        self.assertEqual(url, "http://api:8080/quotes?a=1&b=x%20y")
        self.assertEqual((options["method"], options["body"], options["content_type"]), ("POST", b"{}", "application/json"))

    def test_an_unreachable_service_is_a_502_with_the_reason(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        status, response = self.ask("/worker/jobs", {"MERIDIAN_WORKER_URL": f"http://127.0.0.1:{port}"})
        self.assertEqual((status, response["error"]), (502, "worker did not respond: the connection was refused"))

    def test_a_service_that_takes_too_long_is_a_504(self):
        late = mock.Mock(side_effect=UpstreamError("http://api", "timeout", "no response within 10 s"))
        with mock.patch.object(gateway, "fetch", late):
            self.assertEqual(self.ask("/api/schedule", {"MERIDIAN_API_URL": "http://api"})[0], 504)

    def test_services_without_an_address_and_unknown_ones(self):
        status, response = self.ask("/report/report", {})
        self.assertEqual(status, 502)
        self.assertIn("MERIDIAN_REPORT_URL", response["error"])
        self.assertEqual(self.ask("/loans/1", {})[0], 404)
        self.assertEqual(self.ask("/", {})[1]["total"], 5)

    def test_an_invalid_url_ends_the_program(self):
        with self.assertRaisesRegex(SystemExit, "MERIDIAN_API_URL: 'api' is not a URL"):
            gateway.create_app({"MERIDIAN_API_URL": "api"})

    def test_an_invalid_timeout_ends_the_program(self):
        for wrong in ("soon", "0", "-1", "nan", "inf"):
            with self.assertRaisesRegex(SystemExit, f"MERIDIAN_TIMEOUT must be .* not '{wrong}'"):
                gateway.create_app({"MERIDIAN_TIMEOUT": wrong})
