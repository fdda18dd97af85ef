"""Import every module of an image once: `python check_imports.py ROOT`.

Runs in the runtime image, with its interpreter, venv and user. There is no source file that Python could import instead of a
library that does not load. Exits with 1 after printing each module that does not import, and the reason.
"""

import importlib
import sys
import traceback
from pathlib import Path

LIBRARY = ".so"


def main(root: Path) -> int:
    """Import all modules below `root`, except `__main__` modules, which would start the service."""
    # All other folders of sys.path are those that the service has.
    sys.path[0] = str(root)
    names = sorted({name for path in root.rglob("*") if (name := _name(path.relative_to(root)))})
    failed = [line for name in names if (line := _failure(name))]
    for line in failed:
        print(f"check-imports: {line}", file=sys.stderr)
    if not failed:
        print(f"check-imports: {len(names)} modules import")
    return 1 if failed else 0


def _name(path: Path) -> str | None:
    if path.suffix not in (".py", LIBRARY) or path.name == "__main__.py":
        return None
    # `book.cpython-311-x86_64-linux-gnu.so` is the module `book`.
    stem = path.name.split(".")[0]
    return ".".join(path.parent.parts if stem == "__init__" else (*path.parent.parts, stem))


def _failure(name: str) -> str | None:
    try:
        importlib.import_module(name)
    except BaseException as error:  # Also catches a module that calls sys.exit().
        traceback.print_exc()
        return f"the module {name} does not import: {type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: check_imports.py ROOT")
    sys.exit(main(Path(sys.argv[1])))
