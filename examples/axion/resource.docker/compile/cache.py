"""Keeps compiled modules between builds, in a folder that several builds use at once.

An entry is the library of one module, with the digest of each file that the compilers read for it. Its name is a digest of all
else that the library depends on: the module, the tools and their settings. An entry counts only when every digest is still right.
"""

import fcntl
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO

#: Entries that no build has used for this long are removed.
UNUSED_SECONDS = 14 * 24 * 3600
#: A build that was killed leaves an unfinished file behind.
UNFINISHED_SECONDS = 24 * 3600
UNFINISHED = ".new-"
#: Files that Cython or the C compiler may find beside a module. A new one can take the place of one that was read before.
FOUND_BY_NAME = (".pxd", ".pxi", ".pyx", ".h", ".hh", ".hpp", ".c", ".cc", ".cpp")


class Cache:
    """Libraries of modules below `source`. Without a folder, or with one that cannot be used, it is empty."""

    def __init__(self, folder: Path | None, source: Path, files: Iterable[str], tools: object) -> None:
        """`files` are all files below `source`; `tools` is what JSON can hold, and names the tools and their settings."""
        self._folder = folder
        self._source = source
        self._tools = tools
        self._packages = sorted(path for path in files if PurePosixPath(path).stem == "__init__")
        self._found_by_name = sorted(path for path in files if PurePosixPath(path).suffix in FOUND_BY_NAME)
        self._digests: dict[str, str | None] = {}
        if folder is not None:
            with self._problems("used"):
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass

    @property
    def slots(self) -> Path | None:
        """The folder for `compiler_slot`."""
        return None if self._folder is None else self._folder / "slots"

    def find(self, path: str) -> bytes | None:
        """Return the library of a module, or None when it must be compiled."""
        if self._folder is None:
            return None
        entry, text = self._folder / self._key(path), b""
        with self._problems("read"), suppress(FileNotFoundError):
            text = entry.read_bytes()
            os.utime(entry)
        header, _, library = text.partition(b"\n")
        try:
            record = json.loads(header)
            digests = record["inputs"].items()
            valid = record["library"] == _sha256(library) and all(self._digest(name) == digest for name, digest in digests)
        except (ValueError, LookupError, TypeError, AttributeError):
            return None  # There is no entry, or an incomplete one.
        return library if valid else None

    def store(self, path: str, library: bytes, inputs: Iterable[str]) -> None:
        """Keep the library of a module. `inputs` are all files that were read for it, relative to `source` or absolute."""
        if self._folder is None:
            return
        digests = {name: self._digest(name) for name in sorted(inputs)}
        if None in digests.values():
            return
        header = json.dumps({"library": _sha256(library), "inputs": digests})
        with self._problems("written"):
            self._replace(self._folder, self._key(path), header.encode() + b"\n" + library)

    def prune(self) -> None:
        """Remove what no build has used for long."""
        if self._folder is None:
            return
        now = time.time()
        with self._problems("cleaned up"):
            for entry in self._folder.iterdir():
                limit = UNFINISHED_SECONDS if entry.name.startswith(UNFINISHED) else UNUSED_SECONDS
                # Another build may remove it first.
                with suppress(FileNotFoundError):
                    if entry.is_file() and now - entry.stat().st_mtime > limit:
                        entry.unlink()

    def _key(self, path: str) -> str:
        parents = tuple(f"{parent / '__init__'}." for parent in PurePosixPath(path).parents)
        # Cython looks for other files only in packages.
        packages = [name for name in self._packages if self._found_by_name or name.startswith(parents)]
        parts = [self._tools, path, self._digest(path), packages, self._found_by_name]
        return _sha256(json.dumps(parts, sort_keys=True).encode())

    def _digest(self, name: str) -> str | None:
        """The digest of a file; None when it cannot be read. Files do not change during a build."""
        if name not in self._digests:
            self._digests[name] = None
            with suppress(OSError):
                self._digests[name] = _sha256((self._source / name).read_bytes())
        return self._digests[name]

    def _replace(self, folder: Path, name: str, content: bytes) -> None:
        """Write a file at once: another build reads all of it or nothing."""
        descriptor, unfinished = tempfile.mkstemp(prefix=UNFINISHED, dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            os.replace(unfinished, folder / name)
        except BaseException:
            os.unlink(unfinished)
            raise

    @contextmanager
    def _problems(self, done: str) -> Iterator[None]:
        """A cache that cannot be used costs time only, so the build goes on without it."""
        try:
            yield
        except OSError as error:
            print(f"compile: warning: the cache cannot be {done}: {error}", file=sys.stderr)
            self._folder = None


@contextmanager
def compiler_slot(folder: Path | None, jobs: int) -> Iterator[None]:
    """Wait until fewer than `jobs` compilers run in all builds that use the folder."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with _lock_one([folder / str(number) for number in range(jobs)]):
        yield


@contextmanager
def _lock_one(paths: Sequence[Path]) -> Iterator[None]:
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("w")) for path in paths]
        # The kernel removes the lock when the process ends, however it ends.
        while not any(_lock(file) for file in files):
            time.sleep(0.05)
        yield


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
