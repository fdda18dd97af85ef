"""Compile a source tree with Cython: `python compile.py [--cache FOLDER] SOURCE OUT [PART...]`.

OUT then contains what a runtime image needs: a shared library for each compiled module, the modules that stay source, and data
files. With PARTs, files and folders in SOURCE, only these are compiled, and the rest is there for Cython to read. plan.py describes
the build arguments.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cython_build import Built, build_modules
from plan import Plan, PlanError, make_plan, module_name


def main(source: Path, out: Path, parts: Sequence[str], cache: Path | None) -> int:
    """Return the exit code: 1 when a module does not compile, 2 when a build argument is invalid."""
    started = time.perf_counter()
    try:
        plan = make_plan(_files(source), os.environ, parts)
        invalid = [line for path in plan.source if (line := _syntax_error(source, path))]
        if invalid:
            print("\n".join(invalid), file=sys.stderr)
            return 1
        with tempfile.TemporaryDirectory(prefix="compile-") as work:
            built = _build(plan, source, Path(work), cache)
            failed = [module for module in built if module.library is None]
            if not failed:
                _lay_out(plan, built, source, Path(work) / "lib", out)
    except PlanError as error:
        print(f"compile: {error}", file=sys.stderr)
        return 2
    if failed:
        _report(failed)
        return 1
    seconds = time.perf_counter() - started
    cached = sum(module.is_cached for module in built)
    print(
        f"compile: {len(built) - cached} of {len(built)} modules compiled by {plan.jobs} jobs in {seconds:.1f} s, "
        f"{cached} from the cache, {len(plan.source)} stay source"
    )
    return 0


def _files(source: Path) -> list[str]:
    return [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]


def _syntax_error(source: Path, path: str) -> str | None:
    """Why a module that stays source cannot run. Nothing compiles it before the service starts."""
    try:
        compile((source / path).read_bytes(), path, "exec")
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = "" if line is None else f"line {line}: "
        return f"compile: {path} is not valid Python: {where}{getattr(error, 'msg', error)}"
    return None


def _build(plan: Plan, source: Path, work: Path, cache: Path | None) -> list[Built]:
    built = []
    for module in build_modules(plan, source.resolve(), work, cache):
        if not module.is_cached:
            state = "failed" if module.library is None else "compiled"
            print(f"compile: {state} {module_name(module.path)} ({module.seconds:.1f} s)", flush=True)
        built.append(module)
    return built


def _lay_out(plan: Plan, built: list[Built], source: Path, libraries: Path, out: Path) -> None:
    files = {path: source / path for path in (*plan.source, *plan.data)}
    for module in built:
        library = Path(module.library or "")
        files[library.relative_to(libraries).as_posix()] = library
    for path, origin in files.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, target)


def _report(failed: list[Built]) -> None:
    for module in sorted(failed, key=lambda module: module.path):
        print(f"\n{module.output}", file=sys.stderr)
    # Last, because users read the end of a log first.
    for module in sorted(failed, key=lambda module: module.path):
        print(f"compile: the module {module_name(module.path)} does not compile: {module.error}", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="compile.py", allow_abbrev=False)
    parser.add_argument("--cache", metavar="FOLDER", type=Path)
    parser.add_argument("source", metavar="SOURCE", type=Path)
    parser.add_argument("out", metavar="OUT", type=Path)
    parser.add_argument("parts", metavar="PART", nargs="*")
    arguments = parser.parse_args()
    sys.exit(main(arguments.source, arguments.out, arguments.parts, arguments.cache))
