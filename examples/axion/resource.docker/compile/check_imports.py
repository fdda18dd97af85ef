"""Import every module of an image once: `python check_imports.py [--first MODULE] [--main FILE] ROOT`.

Runs in the runtime image, with its interpreter, venv and user. There is no source file that Python could import instead of a
library that does not load. A `__main__` module would start the service, and so may the file of `--main`: their imports are
resolved instead. The module of `--first` is imported before all others, as a framework that they need. Exits with 1 after printing
each module that does not import, and the reason.
"""

import argparse
import ast
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

LIBRARY = ".so"
MAIN = "__main__.py"


def main(root: Path, first: str | None, file: str | None) -> int:
    """Import all modules below `root`, and what its `__main__` modules and `file` import."""
    # All other folders of sys.path are those that the service has.
    sys.path[0] = str(root)
    paths = sorted(path for path in root.rglob("*") if path.suffix in (".py", LIBRARY))
    starts = [path for path in paths if path.name == MAIN or path.relative_to(root).as_posix() == file]
    names = {_name(path.relative_to(root)) for path in paths if path not in starts} - {""}
    ordered = sorted(names, key=lambda name: (name != first, name))
    failed = [line for name in ordered if (line := _failure(name))]
    failed += [line for path in starts for line in _main_failures(root, path)]
    for line in failed:
        print(f"check-imports: {line}", file=sys.stderr)
    if not failed:
        print(f"check-imports: {len(names) + len(starts)} modules import")
    return 1 if failed else 0


def _name(path: Path) -> str:
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


def _main_failures(root: Path, path: Path) -> Iterator[str]:
    """What a `__main__` module cannot import, a line each."""
    name = _name(path.relative_to(root))
    package = name.rpartition(".")[0]
    try:
        tree = ast.parse(path.read_bytes(), str(path))
        compile(tree, str(path), "exec")
    except SyntaxError as error:
        yield f"the module {name} does not import: line {error.lineno}: {error.msg}"
        return
    for statement in _imports(tree.body):
        if line := _import_failure(statement, package):
            yield f"the module {name} does not import: line {statement.lineno}: {line}"


def _imports(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run in any case when the module does, or when the service starts."""
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement
        elif isinstance(statement, ast.If):
            # `if __name__ == "__main__":` runs; any other condition may not hold here.
            if "__main__" in ast.unparse(statement.test):
                yield from _imports(statement.body)
        elif isinstance(statement, (ast.With, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _imports(statement.body)
        # What stands in a `try` may be missing.


def _import_failure(statement: ast.Import | ast.ImportFrom, package: str) -> str | None:
    try:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                importlib.import_module(alias.name)
            return None
        source = importlib.util.resolve_name("." * statement.level + (statement.module or ""), package)
        module = importlib.import_module(source)
        for alias in statement.names:
            if alias.name != "*" and not hasattr(module, alias.name):
                _import_member(source, alias.name)
    except BaseException as error:  # Also catches a module that calls sys.exit().
        return f"{type(error).__name__}: {error}"
    return None


def _import_member(source: str, name: str) -> None:
    try:
        importlib.import_module(f"{source}.{name}")
    except ModuleNotFoundError as error:
        if error.name in (source, f"{source}.{name}"):
            raise ImportError(f"cannot import name {name!r} from {source!r}") from error
        raise


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="check_imports.py", allow_abbrev=False)
    parser.add_argument("--first", metavar="MODULE")
    parser.add_argument("--main", metavar="FILE")
    parser.add_argument("root", metavar="ROOT", type=Path)
    arguments = parser.parse_args()
    sys.exit(main(arguments.root, arguments.first, arguments.main))
