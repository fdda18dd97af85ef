"""Tests of check_imports.py. They need no Cython: python3 -m unittest discover -s resource.docker/compile/tests."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).resolve().parent.parent / "check_imports.py"
APP = {"shop/__init__.py": "", "shop/app.py": "def main():\n    pass\n"}


class CheckImports(unittest.TestCase):
    def check(self, files: dict[str, str]) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as root:
            for path, text in (APP | files).items():
                target = Path(root) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
            done = subprocess.run([sys.executable, "-B", str(CHECK), root], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def test_entry_point_is_not_started(self):
        for text in (
            'from .app import main\n\nif __name__ == "__main__":\n    main()\n',
            "from shop.app import main\n\nraise SystemExit('started')\n",
            "from . import app\nimport shop.app\n",
            "try:\n    import no_such_module\nexcept ImportError:\n    pass\n",
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import no_such_module\n",
        ):
            with self.subTest(text):
                self.assertEqual(self.check({"shop/__main__.py": text}), (0, "check-imports: 3 modules import\n"))

    def test_entry_point_that_cannot_run(self):
        for text, line in (
            ("def main(:\n", "line 1: "),
            ("from .app import mian\n", "line 1: ImportError: cannot import name 'mian' from 'shop.app'"),
            ("\nimport shop.ap\n", "line 2: ModuleNotFoundError: No module named 'shop.ap'"),
            ("def run():\n    import no_such_module\n", "line 2: ModuleNotFoundError: No module named 'no_such_module'"),
            ('if __name__ == "__main__":\n    from .nothing import main\n', "line 2: ModuleNotFoundError"),
            ("from ... import app\n", "line 1: ImportError"),
        ):
            with self.subTest(text):
                code, output = self.check({"shop/__main__.py": text})
                self.assertEqual(code, 1)
                self.assertIn(f"check-imports: the module shop.__main__ does not import: {line}", output)

    def test_other_modules_are_imported(self):
        code, output = self.check({"shop/broken.py": "raise SystemExit(0)\n"})
        self.assertEqual(code, 1)
        self.assertIn("check-imports: the module shop.broken does not import: SystemExit: 0", output)


if __name__ == "__main__":
    unittest.main()
