"""meridian-api."""

import json
import unittest

from axion_http.messages import Request
from meridian.api.app import create_app


class Api(unittest.TestCase):
    def setUp(self):
        self.app = create_app({})

    def ask(self, method, target, body=None):
        response = self.app.handle(Request(method, target, json.dumps(body).encode()))
        return response.status, json.loads(response.body)

    def test_a_quote_adds_up(self):
        status, quote = self.ask("POST", "/quotes", {"principal": 1_500_000, "annual_rate": 0.1175, "months": 240, "extra": 2000})
        self.assertEqual(status, 201)
        self.assertEqual(quote["instalment"], 16255.61)
        self.assertAlmostEqual(quote["total_paid"], 1_500_000 + quote["total_interest"], places=2)
        self.assertLess(quote["with_extra"]["months"], 240)
        saved = quote["total_interest"] - quote["with_extra"]["total_interest"]
        self.assertAlmostEqual(quote["with_extra"]["interest_saved"], saved, places=2)

    def test_a_schedule_has_a_row_for_each_month(self):
        status, response = self.ask("GET", "/schedule?principal=12000&annual_rate=0.12&months=12")
        self.assertEqual((status, response["total"]), (200, 12))
        self.assertEqual(response["items"][0]["interest"], 120.0)
        self.assertEqual(response["items"][-1]["balance"], 0.0)

    def test_affordability_uses_a_part_of_the_income(self):
        body = {"income": 60_000, "expenses": 20_000, "annual_rate": 0.1175}
        status, response = self.ask("POST", "/affordability", body)
        self.assertEqual((status, response["instalment"]), (200, 12_000.0))
        self.assertEqual(self.ask("POST", "/affordability", {**body, "expenses": 90_000})[1]["principal"], 0.0)

    def test_wrong_terms_are_named(self):
        status, response = self.ask("POST", "/quotes", {"principal": -1, "annual_rate": 0.1})
        self.assertEqual(status, 400)
        self.assertIn("principal", response["error"])
