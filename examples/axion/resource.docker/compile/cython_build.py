"""Runs Cython and the C compiler: a shared library for each module, several in parallel."""

import difflib
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import Cython
import setuptools
from cache import Cache, compiler_slot
from Cython.Build import cythonize
from Cython.Compiler import Options
from plan import Plan, PlanError, module_name
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

#: Error messages of the compilers: `meridian/core/book.py:12:4: undeclared name …`, `…/book.c:26:10: fatal error: …`.
CYTHON_ERROR = re.compile(r"^\S+\.(?:py|pyx|pxd|pxi):\d+:\d+: .+$", re.MULTILINE)
C_ERROR = re.compile(r"^\S+?:\d+:\d+: (?:fatal )?error: .+$", re.MULTILINE)
#: What Cython reads for a module. It reads files of its own, too: its version, which is in the key, covers them.
CYTHON_INPUTS = (".py", ".pyx", ".pxd", ".pxi")
CYTHON_ITSELF = str(Path(Cython.__file__).parent) + os.sep
#: What setuptools makes the command lines of, and what the compiler and the linker read themselves.
SETTINGS = ("CC", "CXX", "CFLAGS", "CCSHARED", "LDSHARED", "LDCXXSHARED", "SOABI")
VARIABLES = ("CC", "CXX", "CPP", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDSHARED", "LDFLAGS", "ARCHFLAGS")
COMPILER_VARIABLES = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "SOURCE_DATE_EPOCH")


@dataclass(frozen=True)
class Built:
    """The result of one module: its library, or the error."""

    path: str
    library: str | None
    seconds: float
    error: str
    output: str
    is_cached: bool = False
    #: The files that were read for it, relative to the source root when they are below it. None when they are not known.
    inputs: frozenset[str] | None = None


def build_modules(plan: Plan, source: Path, work: Path, cache_folder: Path | None) -> Iterator[Built]:
    """Compile all modules of the plan that the cache does not hold, and yield the results as they finish.

    A failure is a result, too.
    """
    directives = parse_directives(plan.directives)
    files = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
    cache = Cache(cache_folder, source, files, _tools(directives))
    missing = []
    for path in plan.compiled:
        library = cache.find(path)
        if library is None:
            missing.append(path)
        else:
            yield _take(path, library, work)
    # The largest first: a large module that starts last would leave the other processors idle.
    missing.sort(key=lambda path: -(source / path).stat().st_size)
    with ProcessPoolExecutor(plan.jobs, initializer=sys.addaudithook, initargs=(_note_file,)) as pool:
        futures = [pool.submit(_build, path, source, work, directives, cache.slots, plan.jobs) for path in missing]
        for future in as_completed(futures):
            built = future.result()
            if built.library is not None and built.inputs is not None:
                cache.store(built.path, Path(built.library).read_bytes(), built.inputs)
            yield built
    cache.prune()


def _take(path: str, library: bytes, work: Path) -> Built:
    target = work / "lib" / PurePosixPath(path).with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(library)
    return Built(path, str(target), 0, "", "", is_cached=True)


def _tools(directives: Mapping[str, object]) -> dict[str, object]:
    """All that decides about a library besides files that are read for it. The SOABI names the architecture."""
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    return {
        "cython": Cython.__version__,
        "setuptools": setuptools.__version__,
        "python": sys.version,
        "versions": [_version(shlex.split(compiler)), _version(["as"]), _version(["ld"])],
        "settings": {name: sysconfig.get_config_var(name) for name in SETTINGS},
        "environment": {name: os.environ.get(name) for name in (*VARIABLES, *COMPILER_VARIABLES)},
        "directives": {name: repr(value) for name, value in directives.items()},
        "program": Path(__file__).read_text(),
    }


def _version(program: list[str]) -> str:
    try:
        done = subprocess.run([*program, "--version"], check=False, capture_output=True, text=True)
    except OSError:
        return ""  # A compiler that is missing fails each module, with a message.
    return done.stdout.partition("\n")[0]


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


#: The files that this process has opened since it began to compile its module. Cython's own list of what a module depends on
#: leaves files out: in 0.29 the .pxd beside a .py, in 3.0 what is imported from cython.cimports.
_opened: set[str] = set()


def _note_file(event: str, args: tuple[object, ...]) -> None:
    if event == "open" and isinstance(args[0], str) and args[0].endswith(CYTHON_INPUTS):
        _opened.add(os.path.abspath(args[0]))


def _build(path: str, source: Path, work: Path, directives: dict[str, object], slots: Path | None, jobs: int) -> Built:
    with compiler_slot(slots, jobs):
        started = time.perf_counter()
        # Stack traces show these names. Relative ones make the library independent of the build folder.
        os.chdir(source)
        _opened.clear()
        library, failure = None, None
        with _captured_output(work) as output:
            try:
                library = _compile(path, work, directives)
            except Exception as error:  # Cython and setuptools raise errors of many types.
                failure = error
        seconds = time.perf_counter() - started
    if failure is None:
        return Built(path, library, seconds, "", "", inputs=_inputs(path, source, work))
    text = output.read_text(errors="replace").strip()
    first = CYTHON_ERROR.search(text) or C_ERROR.search(text)
    if first is None:
        return Built(path, None, seconds, f"{type(failure).__name__}: {failure}", text)
    return Built(path, None, seconds, first.group(), text[: first.end()])


def _compile(path: str, work: Path, directives: dict[str, object]) -> str:
    # Without symbols a library has a third of the size. Without the build path it is reproducible, so that the images of
    # unchanged services do not change. -MD writes the names of all header files that are read.
    options = ["-O2", "-g0", "-MD", f"-ffile-prefix-map={work}=."]
    extension = Extension(module_name(path), [path], extra_compile_args=options, extra_link_args=["-Wl,-s"])
    extensions = cythonize([extension], build_dir=str(work / "c"), compiler_directives=directives, force=True, quiet=True)
    command = build_ext(Distribution({"name": "compiled", "ext_modules": extensions}))
    command.build_lib = str(work / "lib")
    command.build_temp = str(_objects(path, work))
    command.ensure_finalized()
    command.run()
    return command.get_ext_fullpath(extension.name)


def _objects(path: str, work: Path) -> Path:
    return work / "o" / module_name(path)


def _inputs(path: str, source: Path, work: Path) -> frozenset[str] | None:
    """The files that were read for a module. None when the C compiler did not say what it has read."""
    lists = list(_objects(path, work).rglob("*.d"))
    if not lists:
        return None
    read = {name for name in _opened if not name.startswith(CYTHON_ITSELF)}
    read |= {os.path.abspath(name) for file in lists for name in _prerequisites(file.read_text())}
    # Cython copies header files of the sources beside the C file.
    copies = {os.path.join(source, os.path.relpath(name, work / "c")) for name in read if _is_below(name, work / "c")}
    read = {name for name in read if not _is_below(name, work)} | copies
    return frozenset(os.path.relpath(name, source) if _is_below(name, source) else name for name in read if os.path.isfile(name))


def _is_below(name: str, folder: Path) -> bool:
    return name.startswith(f"{folder}{os.sep}")


def _prerequisites(rule: str) -> list[str]:
    """The files in a rule for make: `x.o: x.c /usr/include/a\\ b.h`, on several lines."""
    words = re.split(r"(?<!\\)\s+", rule.replace("\\\n", " ").partition(": ")[2].strip())
    return [word.replace("\\ ", " ").replace("\\#", "#").replace("$$", "$") for word in words]


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
