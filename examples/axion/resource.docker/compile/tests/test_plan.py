"""Tests of the build arguments. They need no Cython: python3 -m unittest discover -s resource.docker/compile/tests."""

import os
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from plan import PlanError, glob_pattern, make_plan, module_name

FILES = [
    "shop/__init__.py",
    "shop/core/__init__.py",
    "shop/core/prices.py",
    "shop/core/prices.pxd",
    "shop/core/rates.csv",
    "shop/core/deep/tables.py",
    "shop/web/__init__.py",
    "shop/web/__main__.py",
    "shop/web/pages.py",
]
PRICES, TABLES, PAGES = "shop/core/prices.py", "shop/core/deep/tables.py", "shop/web/pages.py"


def compiled(**env):
    return set(make_plan(FILES, {f"COMPILE_{name.upper()}": value for name, value in env.items()}).compiled)


class Selection(unittest.TestCase):
    def test_without_arguments_everything_but_packages_and_entry_points(self):
        self.assertEqual(compiled(), {PRICES, TABLES, PAGES})
        self.assertEqual(compiled(include="", exclude="[]"), {PRICES, TABLES, PAGES})

    def test_a_source_of_only_entry_points_is_valid(self):
        plan = make_plan(["shop/__init__.py", "shop/__main__.py"], {})
        self.assertEqual((plan.compiled, plan.source), ((), ("shop/__init__.py", "shop/__main__.py")))

    def test_other_modules_stay_source_and_data_files_are_copied(self):
        plan = make_plan(FILES, {"COMPILE_INCLUDE": '["shop/web/*.py"]'})
        self.assertEqual(plan.compiled, (PAGES,))
        self.assertEqual(set(plan.source), {path for path in FILES if path.endswith(".py")} - {PAGES})
        self.assertEqual(plan.data, ("shop/core/rates.csv",))

    def test_exclude_wins(self):
        self.assertEqual(compiled(include='["shop/core/**"]', exclude='["shop/core/prices.py"]'), {TABLES})
        self.assertEqual(compiled(exclude='["**"]'), set())

    def test_an_entry_point_may_be_named_in_exclude_and_not_in_include(self):
        self.assertEqual(compiled(exclude='["**/__main__.py"]'), {PRICES, TABLES, PAGES})
        with self.assertRaisesRegex(PlanError, "'shop/web/__main__.py' matches only .* always stay source"):
            compiled(include='["shop/web/__main__.py"]')

    def test_a_glob_without_a_match_is_an_error_with_a_suggestion(self):
        for wrong, near in (
            ("shop/core/price.py", "shop/core/prices.py"),
            ("shop.core.prices", "shop/core/prices.py"),
            ("shop/core", r"shop/core/\*\*"),
            ("src/shop/web/pages.py", "shop/web/pages.py"),
        ):
            with self.subTest(wrong), self.assertRaisesRegex(PlanError, f"COMPILE_EXCLUDE: '{wrong}'.*did you mean '{near}'"):
                compiled(exclude=f'["{wrong}"]')
        with self.assertRaisesRegex(PlanError, "matches no module$"):
            compiled(include='["zzz"]')

    def test_a_tree_without_python_is_an_error(self):
        with self.assertRaisesRegex(PlanError, "no Python module"):
            make_plan(["README.md"], {})


class Parts(unittest.TestCase):
    """Each stage compiles a part of the sources. The globs are the same for all of them."""

    def plan(self, *parts, **env):
        return make_plan(FILES, {f"COMPILE_{name.upper()}": value for name, value in env.items()}, parts)

    def test_only_the_parts_are_compiled_and_laid_out(self):
        plan = self.plan("shop/core")
        self.assertEqual(set(plan.compiled), {PRICES, TABLES})
        self.assertEqual((plan.source, plan.data), (("shop/core/__init__.py",), ("shop/core/rates.csv",)))
        self.assertEqual(self.plan("shop/__init__.py", "shop/web").compiled, (PAGES,))
        self.assertEqual(set(self.plan(".").compiled), {PRICES, TABLES, PAGES})

    def test_a_glob_may_match_in_another_stage(self):
        for glob in ("shop/core/prices.py", "shop/core/**", "**/tables.py", "shop/*/prices.py", "zzz"):
            with self.subTest(glob):
                self.assertEqual(self.plan("shop/web", exclude=f'["{glob}"]').compiled, (PAGES,))
        self.assertEqual(self.plan("shop/web", include='["shop/core/**"]').compiled, ())
        self.assertEqual(self.plan("shop/web/__main__.py", include='["shop/web/pages.py"]').compiled, ())

    def test_a_glob_for_a_folder_of_the_part_must_match(self):
        for wrong in ("shop/web/page.py", "shop/web/deep/**"):
            with self.subTest(wrong), self.assertRaisesRegex(PlanError, f"COMPILE_EXCLUDE: '{re.escape(wrong)}' matches no module"):
                self.plan("shop/web", exclude=f'["{wrong}"]')

    def test_a_part_may_have_only_data_and_must_not_be_empty(self):
        self.assertEqual(self.plan("shop/core/rates.csv").data, ("shop/core/rates.csv",))
        with self.assertRaisesRegex(PlanError, "no file below shop/wbe"):
            self.plan("shop/wbe")


class Globs(unittest.TestCase):
    def test_a_star_stays_inside_a_folder(self):
        self.assertTrue(glob_pattern("a/*.py").fullmatch("a/b.py"))
        self.assertFalse(glob_pattern("a/*.py").fullmatch("a/b/c.py"))

    def test_two_stars_are_any_number_of_folders(self):
        for path in ("c.py", "a/c.py", "a/b/c.py"):
            self.assertTrue(glob_pattern("**/c.py").fullmatch(path))
        for path in ("a/c.py", "a/x/y/c.py"):
            self.assertTrue(glob_pattern("a/**/c.py").fullmatch(path))
        self.assertTrue(glob_pattern("a/**").fullmatch("a/b/c.py"))
        self.assertFalse(glob_pattern("**/c.py").fullmatch("a/bc.py"))

    def test_other_characters_match_themselves(self):
        self.assertFalse(glob_pattern("a.py").fullmatch("axpy"))
        self.assertTrue(glob_pattern("./a?.py").fullmatch("ab.py"))


class Settings(unittest.TestCase):
    def plan(self, **env):
        return make_plan(FILES, {f"COMPILE_{name.upper()}": value for name, value in env.items()})

    def test_jobs(self):
        self.assertEqual(self.plan().jobs, len(os.sched_getaffinity(0)))
        self.assertEqual(self.plan(jobs="3").jobs, 3)
        for wrong in ("0", "-1", "two", "1.5"):
            with self.assertRaisesRegex(PlanError, "COMPILE_JOBS"):
                self.plan(jobs=wrong)

    def test_directives(self):
        self.assertEqual(self.plan().directives, {"language_level": 3})
        given = self.plan(directives='{"boundscheck": false, "language_level": "3str"}').directives
        self.assertEqual(given, {"boundscheck": False, "language_level": "3str"})

    def test_invalid_json(self):
        for name, value in (("include", "shop/**"), ("include", '"shop"'), ("exclude", "[1]"), ("directives", "[]")):
            with self.subTest(value), self.assertRaisesRegex(PlanError, f"COMPILE_{name.upper()}"):
                self.plan(**{name: value})


class Names(unittest.TestCase):
    def test_modules_and_packages(self):
        self.assertEqual(module_name("shop/core/prices.py"), "shop.core.prices")
        self.assertEqual(module_name("shop/core/__init__.py"), "shop.core")


if __name__ == "__main__":
    unittest.main()
