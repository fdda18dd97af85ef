"""Decides which modules Cython compiles, from the build arguments.

COMPILE_INCLUDE, COMPILE_EXCLUDE  JSON arrays of globs relative to the source root; `*` stays inside a folder, `**` is any number of
                                  folders. Empty: every module, and none.
COMPILE_JOBS                      the number of parallel compilers. Empty: the number of processors.
COMPILE_DIRECTIVES                a JSON object of compiler directives of Cython. The default of language_level is 3.
"""

import difflib
import itertools
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

#: The import system finds a package by its `__init__`. `python -m` runs `__main__`, which must be Python code.
STAYS_SOURCE = ("__init__.py", "__main__.py")
WILDCARD = re.compile(r"[*?]")
#: Files of the sources that are not needed to run them.
NOT_DATA = (".py", ".pyc", ".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".so")


class PlanError(Exception):
    """A build argument is invalid. The message names it and what is valid."""


@dataclass(frozen=True)
class Plan:
    """The files below the source root by what is done with them, as relative paths."""

    compiled: tuple[str, ...]
    source: tuple[str, ...]
    data: tuple[str, ...]
    jobs: int
    directives: Mapping[str, object]


def make_plan(files: Iterable[str], env: Mapping[str, str], parts: Sequence[str] = ()) -> Plan:
    """Sort the files into compiled modules, modules that stay source, and data files.

    `parts` are the files and folders that are compiled here, when other stages compile the rest. A glob may then match the rest.
    """
    files = sorted(path for path in files if not parts or any(_is_in(path, part) for part in parts))
    modules = [path for path in files if path.endswith(".py")]
    if parts and not files:
        raise PlanError(f"there is no file below {' or '.join(parts)}")
    if not parts and not modules:
        raise PlanError("there is no Python module below the source root")
    compilable = [path for path in modules if PurePosixPath(path).name not in STAYS_SOURCE]
    include, exclude = _globs(env, "COMPILE_INCLUDE"), _globs(env, "COMPILE_EXCLUDE")
    included = _matching(include, compilable, modules, "COMPILE_INCLUDE", parts) if include else set(compilable)
    excluded = _matching(exclude, modules, modules, "COMPILE_EXCLUDE", parts)
    compiled = tuple(path for path in compilable if path in included and path not in excluded)
    return Plan(
        compiled=compiled,
        source=tuple(path for path in modules if path not in compiled),
        data=tuple(path for path in files if PurePosixPath(path).suffix not in NOT_DATA),
        jobs=_jobs(env),
        directives={"language_level": 3, **_directives(env)},
    )


def module_name(path: str) -> str:
    """Return the name by which a module is imported: `meridian/core/book.py` is `meridian.core.book`."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def glob_pattern(glob: str) -> re.Pattern[str]:
    """Return the regular expression of a glob."""
    parts = [part for part in glob.split("/") if part != "."]
    pattern = ""
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            pattern += ".+" if last else "(?:[^/]+/)*"
        else:
            pattern += _segment(part) + ("" if last else "/")
    return re.compile(pattern)


def _is_in(path: str, part: str) -> bool:
    return part in (".", path) or path.startswith(f"{part}/")


def _may_be_elsewhere(glob: str, parts: Sequence[str]) -> bool:
    """Whether a glob can match what another stage compiles: its folder is outside of what is compiled here."""
    folder = "/".join(itertools.takewhile(lambda name: not WILDCARD.search(name), glob.split("/")[:-1]))
    return bool(parts) and not any(part != "." and _is_in(f"{folder}/", part) for part in parts)


def _segment(part: str) -> str:
    wildcards = {"*": "[^/]*", "?": "[^/]"}
    return "".join(wildcards.get(character, re.escape(character)) for character in part)


def _matching(globs: list[str], candidates: list[str], modules: list[str], argument: str, parts: Sequence[str]) -> set[str]:
    matched: set[str] = set()
    for glob in globs:
        pattern = glob_pattern(glob)
        found = {path for path in candidates if pattern.fullmatch(path)}
        if not found and not _may_be_elsewhere(glob, parts):
            raise PlanError(f"{argument}: {glob!r} {_why_nothing(glob, pattern, modules)}")
        matched |= found
    return matched


def _why_nothing(glob: str, pattern: re.Pattern[str], modules: list[str]) -> str:
    if any(pattern.fullmatch(path) for path in modules):
        return f"matches only {' and '.join(STAYS_SOURCE)}, which always stay source"
    folders = {str(folder) + "/**" for path in modules for folder in PurePosixPath(path).parents if str(folder) != "."}
    # The usual mistakes are the dotted name of a module and a folder without `/**`. Both are similar to the right glob.
    near = difflib.get_close_matches(glob, [*modules, *sorted(folders)], n=1, cutoff=0.5)
    return "matches no module" + (f"; did you mean {near[0]!r}?" if near else "")


def _globs(env: Mapping[str, str], name: str) -> list[str]:
    value = _json(env, name, [])
    if not isinstance(value, list) or not all(isinstance(glob, str) and glob for glob in value):
        raise PlanError(f'{name} must be a JSON array of globs such as ["meridian/core/**"], not {env[name]!r}')
    return value


def _directives(env: Mapping[str, str]) -> dict[str, object]:
    value = _json(env, "COMPILE_DIRECTIVES", {})
    if not isinstance(value, dict):
        raise PlanError(f'COMPILE_DIRECTIVES must be a JSON object such as {{"boundscheck": false}}, not {env["COMPILE_DIRECTIVES"]!r}')
    return value


def _jobs(env: Mapping[str, str]) -> int:
    text = env.get("COMPILE_JOBS", "").strip()
    if not text:
        return len(os.sched_getaffinity(0))
    if not text.isdigit() or int(text) < 1:
        raise PlanError(f"COMPILE_JOBS must be a whole number from 1, not {text!r}")
    return int(text)


def _json(env: Mapping[str, str], name: str, default: object) -> object:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        return json.loads(text)
    except ValueError as error:
        raise PlanError(f"{name} is not JSON: {error}: {text!r}") from error
