"""Runs Cython and the C compiler: a shared library for each module, several in parallel."""

import difflib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler import Options
from plan import Plan, PlanError, module_name
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

#: Error messages of the compilers: `meridian/core/book.py:12:4: undeclared name …`, `…/book.c:26:10: fatal error: …`.
CYTHON_ERROR = re.compile(r"^\S+\.(?:py|pxd):\d+:\d+: .+$", re.MULTILINE)
C_ERROR = re.compile(r"^\S+?:\d+:\d+: (?:fatal )?error: .+$", re.MULTILINE)


@dataclass(frozen=True)
class Built:
    """The result of one module: its library, or the error."""

    path: str
    library: str | None
    seconds: float
    error: str
    output: str


def build_modules(plan: Plan, source: Path, work: Path) -> Iterator[Built]:
    """Compile all modules of the plan, and yield the results as they finish. A failure is a result, too."""
    directives = parse_directives(plan.directives)
    # The largest first: a large module that starts last would leave the other processors idle.
    paths = sorted(plan.compiled, key=lambda path: -(source / path).stat().st_size)
    with ProcessPoolExecutor(max_workers=plan.jobs) as pool:
        futures = [pool.submit(_build, path, source, work, directives) for path in paths]
        for future in as_completed(futures):
            yield future.result()


def parse_directives(directives: Mapping[str, object]) -> dict[str, object]:
    """Return the directives for Cython. Raises PlanError for an unknown name or a value of the wrong type."""
    known = Options.get_directive_defaults()
    parsed = {}
    for name, value in directives.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise PlanError(f"COMPILE_DIRECTIVES: Cython knows no directive {name!r}{hint}")
        try:
            parsed[name] = Options.parse_directive_value(name, str(value))
        except ValueError as error:
            raise PlanError(f"COMPILE_DIRECTIVES: {error}") from error
    return parsed


def _build(path: str, source: Path, work: Path, directives: dict[str, object]) -> Built:
    started = time.perf_counter()
    # Stack traces show these names. Relative ones make the library independent of the build folder.
    os.chdir(source)
    library, failure = None, None
    with _captured_output(work) as output:
        try:
            library = _compile(path, work, directives)
        except Exception as error:  # Cython and setuptools raise errors of many types.
            failure = error
    seconds = time.perf_counter() - started
    if failure is None:
        return Built(path, library, seconds, "", "")
    text = output.read_text(errors="replace").strip()
    first = CYTHON_ERROR.search(text) or C_ERROR.search(text)
    if first is None:
        return Built(path, None, seconds, f"{type(failure).__name__}: {failure}", text)
    return Built(path, None, seconds, first.group(), text[: first.end()])


def _compile(path: str, work: Path, directives: dict[str, object]) -> str:
    # Without symbols a library has a third of the size. Without the build path it is reproducible, so that the images of
    # unchanged services do not change.
    options = ["-O2", "-g0", f"-ffile-prefix-map={work}=."]
    extension = Extension(module_name(path), [path], extra_compile_args=options, extra_link_args=["-Wl,-s"])
    extensions = cythonize([extension], build_dir=str(work / "c"), compiler_directives=directives, force=True, quiet=True)
    command = build_ext(Distribution({"name": "compiled", "ext_modules": extensions}))
    command.build_lib = str(work / "lib")
    command.build_temp = str(work / "o")
    command.ensure_finalized()
    command.run()
    return command.get_ext_fullpath(extension.name)


@contextmanager
def _captured_output(folder: Path) -> Iterator[Path]:
    """Collect the output of this process and its children in a file. The C compiler does not write to sys.stderr."""
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        saved = os.dup(1), os.dup(2)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield Path(file.name)
        finally:
            for number, descriptor in enumerate(saved, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)
