"""meridian-exporter."""

import csv
import io
import socket
import unittest

from axion_http.messages import Request
from meridian.exporter.app import create_app, read_targets
from meridian.exporter.metrics import Metric, render


class Exporter(unittest.TestCase):
    def ask(self, target, env=None):
        return create_app(env or {}).handle(Request("GET", target)).body.decode()

    def test_metrics_of_the_book_and_of_the_services(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        lines = self.ask("/metrics", {"MERIDIAN_TARGETS": f"api=http://127.0.0.1:{port}"}).splitlines()
        self.assertIn("# TYPE meridian_loans gauge", lines)
        self.assertIn('meridian_service_up{service="api"} 0', lines)
        counts = [int(line.split()[1]) for line in lines if line.startswith("meridian_loans{")]
        self.assertEqual(sum(counts), 60)

    def test_labels_are_escaped(self):
        text = render([Metric("m", "A metric.", [({"product": 'a"b\\c\nd'}, 1)]), Metric("empty", "None.", [])])
        self.assertEqual(text, '# HELP m A metric.\n# TYPE m gauge\nm{product="a\\"b\\\\c\\nd"} 1\n')

    def test_the_export_has_the_balances(self):
        rows = list(csv.DictReader(io.StringIO(self.ask("/export/loans.csv"))))
        self.assertEqual(len(rows), 60)
        self.assertTrue(all(0 <= float(row["balance"]) <= float(row["principal"]) for row in rows))

    def test_targets(self):
        self.assertEqual(read_targets(" api=http://api:8080/ ,, b=https://b"), [("api", "http://api:8080"), ("b", "https://b")])
        with self.assertRaisesRegex(SystemExit, "MERIDIAN_TARGETS: 'api' is not name=url"):
            read_targets("api")
