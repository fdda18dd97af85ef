"""Tests of the compile step with a real Cython. They are skipped where it is missing: the builder image has it."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    from Cython import __version__ as CYTHON
except ImportError:
    CYTHON = ""

COMPILE = Path(__file__).resolve().parent.parent / "compile.py"
# Two modules use units.pxd through the .pxd beside them, and one of these cimports the other.
FILES = {
    "shop/__init__.py": "",
    "shop/limits.pxi": "cdef enum:\n    LIMIT = 3\n",
    "shop/units.pxd": 'include "limits.pxi"\nctypedef long number\n',
    "shop/prices.pxd": "from shop.units cimport number\n\ncpdef number price(number n)\n",
    "shop/prices.py": "def price(n):\n    return n * 7\n",
    "shop/orders.pxd": "from shop.prices cimport price\n\ncpdef long order(long n)\n",
    "shop/orders.py": "def order(n):\n    return price(n) + 1\n",
    "shop/plain.py": "def hello():\n    return 'hello'\n",
}
ALL = {"orders", "plain", "prices"}
#: Runs the compile step as if Cython had another version.
OTHER_CYTHON = """
import runpy, sys, Cython
Cython.__version__ = "0.0.1"
sys.path.insert(0, sys.argv[1].rpartition("/")[0])
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@unittest.skipUnless(CYTHON, "Cython is not installed")
class Compile(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        for path, text in FILES.items():
            self.write(path, text)

    def write(self, path, text):
        target = self.root / "src" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def start(self, out, start=(str(COMPILE),), cache="cache", **env):
        command = [sys.executable, "-B", *start, "--cache", str(self.root / cache), str(self.root / "src"), str(self.root / out)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env})

    def run_compile(self, out="out", **options):
        process = self.start(out, **options)
        stdout, stderr = process.communicate()
        return process.returncode, stdout, stderr

    def compiled(self, out="out", **options):
        """Compile, and return the names of the modules that did not come from the cache."""
        code, stdout, stderr = self.run_compile(out, **options)
        self.assertEqual(code, 0, stdout + stderr)
        names = set(re.findall(r"^compile: compiled shop\.(\w+)", stdout, re.MULTILINE))
        self.assertIn(f"compile: {len(names)} of 3 modules compiled", stdout)
        return names

    def libraries(self, out):
        return {path.name.split(".")[0]: path.read_bytes() for path in (self.root / out).rglob("*.so")}

    def entries(self):
        return [path for path in (self.root / "cache").iterdir() if path.is_file()]

    def test_only_changed_modules_are_compiled(self):
        self.assertEqual(self.compiled("first"), ALL)
        self.assertEqual(self.compiled("again"), set())
        self.assertEqual(self.libraries("again"), self.libraries("first"))
        self.write("shop/plain.py", "def hello():\n    return 'changed'\n")
        self.assertEqual(self.compiled("changed"), {"plain"})
        # The libraries are those of a build without a cache.
        self.assertEqual(self.compiled("cold", cache="other"), ALL)
        self.assertEqual(self.libraries("changed"), self.libraries("cold"))
        self.write("shop/plain.py", FILES["shop/plain.py"])
        self.assertEqual(self.compiled("back"), set())
        run = [sys.executable, "-B", "-c", "from shop import orders, plain; print(orders.order(2), plain.hello())"]
        self.assertEqual(subprocess.check_output(run, cwd=self.root / "back", text=True), "15 hello\n")

    def test_a_file_that_is_cimported_or_included_changes_its_users(self):
        self.compiled()
        self.write("shop/limits.pxi", "cdef enum:\n    LIMIT = 4\n")
        self.assertEqual(self.compiled(), {"orders", "prices"})
        self.write("shop/units.pxd", 'include "limits.pxi"\nctypedef int number\n')
        self.assertEqual(self.compiled(), {"orders", "prices"})
        self.write("shop/orders.pxd", FILES["shop/orders.pxd"] + "\n\n")
        self.assertEqual(self.compiled(), {"orders"})

    @unittest.skipIf(CYTHON.startswith("0."), "Cython 0.29 has no cython.cimports")
    def test_a_file_that_is_cimported_in_pure_python_changes_its_users(self):
        self.write("shop/plain.py", "from cython.cimports.shop.units import number\n\n\ndef hello(n: number):\n    return n\n")
        self.compiled()
        self.write("shop/limits.pxi", "cdef enum:\n    LIMIT = 4\n")
        self.assertEqual(self.compiled(), ALL)

    def test_files_that_cimport_each_other(self):
        self.write("shop/units.pxd", "cimport shop.sizes\n\nctypedef long number\n")
        self.write("shop/sizes.pxd", "cimport shop.units\n\nctypedef long size\n")
        self.assertEqual(self.compiled(), ALL)
        self.assertEqual(self.compiled(), set())
        self.write("shop/sizes.pxd", "cimport shop.units\n\nctypedef int size\n")
        self.assertEqual(self.compiled(), {"orders", "prices"})

    def test_a_module_that_does_not_compile_is_not_kept(self):
        self.write("shop/plain.py", "def hello():\n    return 'hello'\n\n\ndef broken(:\n    pass\n")
        for _ in range(2):
            code, stdout, stderr = self.run_compile()
            self.assertEqual(code, 1)
            self.assertRegex(stderr, r"compile: the module shop\.plain does not compile: shop/plain\.py:5:\d+: \w+")
            self.assertIn("compile: failed shop.plain", stdout)
            self.assertEqual(len(self.entries()), 2)
            self.assertFalse((self.root / "out").exists())
        self.write("shop/plain.py", FILES["shop/plain.py"])
        self.assertEqual(self.compiled(), {"plain"})

    def test_other_tools_compile_again(self):
        self.compiled()
        self.assertEqual(self.compiled(start=("-c", OTHER_CYTHON, str(COMPILE))), ALL)
        self.assertEqual(self.compiled(COMPILE_DIRECTIVES='{"boundscheck": false}'), ALL)
        self.assertEqual(self.compiled(CFLAGS="-fno-common"), ALL)
        # The entries of all four are there.
        self.assertEqual(self.compiled(), set())
        self.assertEqual(self.compiled(CFLAGS="-fno-common"), set())

    def test_a_damaged_cache_is_compiled_again(self):
        self.compiled("first")
        for entry in self.entries():
            entry.write_bytes(entry.read_bytes()[:-100])
        self.assertEqual(self.compiled("again"), ALL)
        self.assertEqual(self.libraries("again"), self.libraries("first"))
        self.assertEqual(self.compiled(), set())

    def test_a_cache_that_cannot_be_used_is_a_warning(self):
        (self.root / "cache").write_text("a file")
        code, stdout, stderr = self.run_compile()
        self.assertEqual((code, stderr.count("compile: warning: the cache cannot be used")), (0, 1), stdout + stderr)

    def test_builds_at_the_same_time_share_a_cache(self):
        with contextlib.ExitStack() as stack:
            processes = [stack.enter_context(self.start(f"out-{number}")) for number in range(3)]
            for process in processes:
                stdout, stderr = process.communicate()
                self.assertEqual(process.returncode, 0, stdout + stderr)
        self.assertEqual(len(self.entries()), 3)
        self.assertEqual(self.libraries("out-0"), self.libraries("out-1"))
        self.assertEqual(self.libraries("out-0"), self.libraries("out-2"))
        self.assertEqual(self.compiled(), set())


if __name__ == "__main__":
    unittest.main()
