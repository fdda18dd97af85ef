"""Tests of the cache. They need no Cython: python3 -m unittest discover -s resource.docker/compile/tests."""

import contextlib
import io
import multiprocessing
import os
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cache import UNFINISHED, UNUSED_SECONDS, Cache, compiler_slot

FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": "def price():\n    return 1\n",
    "shop/prices.pxd": "cimport shop.units\n",
    "shop/units.pxd": "ctypedef long number\n",
}
INPUTS = ["shop/prices.py", "shop/prices.pxd", "shop/units.pxd"]
TOOLS = {"cython": "3.0.11", "soabi": "cpython-311-x86_64-linux-gnu", "directives": {"boundscheck": "False"}}
LIBRARY = b"\x7fELF\n{}\n\x00 the library"


class Entries(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name) / "cache"
        self.source = Path(temporary.name) / "src"
        for path, text in FILES.items():
            self.write(path, text)

    def write(self, path, text):
        target = self.source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def cache(self, tools=TOOLS):
        files = [path.relative_to(self.source).as_posix() for path in self.source.rglob("*") if path.is_file()]
        return Cache(self.folder, self.source, files, tools)

    def store(self):
        self.cache().store("shop/prices.py", LIBRARY, INPUTS)
        self.assertEqual(self.find(), LIBRARY)

    def find(self, tools=TOOLS):
        return self.cache(tools).find("shop/prices.py")

    def entry(self):
        (entry,) = (path for path in self.folder.iterdir() if path.is_file())
        return entry

    def test_an_entry_is_found_by_content_and_not_by_time(self):
        self.store()
        for path in INPUTS:
            os.utime(self.source / path, (1, 1))
        self.assertEqual(self.find(), LIBRARY)

    def test_an_entry_counts_only_while_every_file_is_the_same(self):
        for path in INPUTS:
            with self.subTest(path):
                self.store()
                self.write(path, FILES[path] + "# changed\n")
                self.assertIsNone(self.find())
                self.write(path, FILES[path])
                self.assertEqual(self.find(), LIBRARY)
        (self.source / "shop/units.pxd").unlink()
        self.assertIsNone(self.find())

    def test_a_new_file_that_cython_could_find_first_counts(self):
        for path in ("shop/number.pxd", "shop/limits.pxi", "shop/native.h", "shop/more/__init__.py"):
            with self.subTest(path):
                self.store()
                self.write(path, "")
                self.assertIsNone(self.find())
                (self.source / path).unlink()

    def test_other_modules_and_data_do_not_count(self):
        self.store()
        self.write("shop/orders.py", "")
        self.write("shop/rates.csv", "")
        self.assertEqual(self.find(), LIBRARY)

    def test_other_tools_do_not_find_it(self):
        self.store()
        for name, value in (
            ("cython", "3.0.12"),
            ("soabi", "cpython-311-aarch64-linux-gnu"),
            ("directives", {"boundscheck": "True"}),
        ):
            with self.subTest(name):
                self.assertIsNone(self.find({**TOOLS, name: value}))

    def test_an_incomplete_entry_is_not_taken(self):
        self.store()
        content = self.entry().read_bytes()
        header = content.partition(b"\n")[0]
        for damaged in (
            b"",
            content[:40],
            header,
            content[:-1],
            content + b"\0",
            content.replace(b"ELF", b"elf"),
            b"{}\n",
            b"[]\n",
            b'{"inputs": [], "library": ""}\n',
            b"\xff\xfe\n",
        ):
            with self.subTest(damaged[:20]):
                self.entry().write_bytes(damaged)
                self.assertIsNone(self.find())
        self.store()

    def test_a_library_whose_inputs_cannot_be_read_is_not_kept(self):
        self.cache().store("shop/prices.py", LIBRARY, [*INPUTS, "shop/gone.pxd"])
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_cache_that_cannot_be_used_is_empty(self):
        self.folder.write_text("a file")
        with contextlib.redirect_stderr(io.StringIO()) as stderr:
            cache = self.cache()
            self.assertIsNone(cache.find("shop/prices.py"))
            cache.store("shop/prices.py", LIBRARY, INPUTS)
            cache.prune()
        self.assertRegex(stderr.getvalue(), r"^compile: warning: the cache cannot be used: .*\n$")

    def test_an_entry_that_cannot_be_read_is_reported(self):
        self.store()
        entry = self.entry()
        entry.unlink()
        entry.mkdir()
        with contextlib.redirect_stderr(io.StringIO()) as stderr:
            self.assertIsNone(self.find())
        self.assertRegex(stderr.getvalue(), r"^compile: warning: the cache cannot be read: .*\n$")

    def test_what_no_build_uses_is_removed(self):
        self.store()
        old = time.time() - UNUSED_SECONDS - 60
        unfinished = self.folder / f"{UNFINISHED}abc"
        unfinished.write_text("")
        self.cache().prune()
        self.assertTrue(unfinished.exists())
        os.utime(unfinished, (old, old))
        self.cache().prune()
        self.assertFalse(unfinished.exists())
        os.utime(self.entry(), (old, old))
        # A build that uses an entry renews it.
        self.assertEqual(self.find(), LIBRARY)
        self.cache().prune()
        self.assertEqual(self.find(), LIBRARY)
        os.utime(self.entry(), (old, old))
        self.cache().prune()
        self.assertEqual(list(self.folder.iterdir()), [])


def _hold(folder, ready, release):
    with compiler_slot(folder, 1):
        ready.set()
        release.wait()


class Slots(unittest.TestCase):
    def test_a_compiler_waits_for_those_of_other_builds(self):
        with tempfile.TemporaryDirectory() as name:
            ready, release = multiprocessing.Event(), multiprocessing.Event()
            other = multiprocessing.Process(target=_hold, args=(Path(name), ready, release))
            other.start()
            ready.wait()
            entered, done = multiprocessing.Event(), multiprocessing.Event()
            waiting = multiprocessing.Process(target=_hold, args=(Path(name), entered, done))
            waiting.start()
            self.assertFalse(entered.wait(0.3))
            # A build that is killed frees its slot.
            other.kill()
            entered.wait()
            done.set()
            waiting.join()
            other.join()

    def test_as_many_run_as_there_are_jobs(self):
        with tempfile.TemporaryDirectory() as name, compiler_slot(Path(name), 2), compiler_slot(Path(name), 2):
            pass

    def test_without_a_folder_nothing_waits(self):
        with compiler_slot(None, 1), compiler_slot(None, 1):
            pass


if __name__ == "__main__":
    unittest.main()
