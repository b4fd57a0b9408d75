"""The port to files on sticks, cards and in the downloads where only the system's own chooser
leads there."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from xiangtu.errors import BadFile, Cancelled, SurveyError
from xiangtu.store import places

Progress = Callable[[float, str], bool | None] | None

_BLOCK_BYTES = 1 << 20
#: What file systems of sticks refuse in a name.
_NOT_IN_NAMES = '/\\:*?"<>|\0'
#: Letters of a name and of its ending, which another app may give of any length; 255 bytes are the
#: most that file systems take, and a letter has up to four.
_LONGEST_STEM, _LONGEST_SUFFIX = 50, 10


@dataclass(frozen=True)
class Document:
    """A file as the system names it: its address, and its name for a person."""

    address: str
    name: str


class SystemFiles(ABC):
    """Files that the system shows and opens for the app, one by one as a person chooses them.

    `own_folder` is where the app's work lies, `cache` where a copy may lie that is needed once.
    `choose` and `create` are called on the main thread; who is told hears it on another, and hears
    None if nothing was chosen. The rest may last.
    """

    own_folder: Path
    cache: Path

    @abstractmethod
    def choose(self, chosen: Callable[[Document | None], object]) -> None:
        """Have the system ask for a file to read; BadFile("app.files.no_chooser")."""

    @abstractmethod
    def create(self, name: str, chosen: Callable[[Document | None], object]) -> None:
        """Have the system ask where a new file of that name is to be; it is made there, empty.
        BadFile("app.files.no_chooser")."""

    @abstractmethod
    def open(self, document: Document, mode: Literal["rb", "wb"]) -> BinaryIO:
        """The bytes of a file; BadFile("app.files.gone") where the system gives them no more."""

    @abstractmethod
    def delete(self, document: Document) -> None:
        """Take a file away that was made by `create`, if the system lets it."""

    def fetch(self, document: Document) -> Path:
        """Copy a file into the cache, under its own name; where it is.

        BadFile ("app.files.gone", "file.disk_full"…).
        """
        self.cache.mkdir(parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(dir=self.cache)) / plain_name(document.name)
        with self.open(document, "rb") as source, places.place_told(path), path.open("wb") as out:
            while block := source.read(_BLOCK_BYTES):
                out.write(block)
        return path

    def put(self, path: Path, document: Document, progress: Progress = None) -> None:
        """Write a file's bytes into one that was made by `create`, and read them back.

        Raises
        ------
        BadFile
            "app.files.not_put" if it cannot be written there, "app.files.read_back" where other
            bytes come back. Nothing is left there then, and the file itself stays.
        Cancelled
        """
        try:
            self._put(path, document, progress)
        except SurveyError:
            self.delete(document)
            raise
        except OSError as error:
            self.delete(document)
            raise BadFile(
                "app.files.not_put",
                name=document.name, path=str(path), reason=error.strerror or str(error),
            ) from error  # fmt: skip

    def _put(self, path: Path, document: Document, progress: Progress) -> None:
        size = max(path.stat().st_size, 1)
        written, done = hashlib.sha256(), 0
        with path.open("rb") as source, self.open(document, "wb") as out:
            while block := source.read(_BLOCK_BYTES):
                out.write(block)
                written.update(block)
                done += len(block)
                if progress is not None and progress(done / size, "files.writing") is False:
                    raise Cancelled("cancelled", step="files.writing")
            out.flush()
            _sync(out)
        if progress is not None:
            progress(1.0, "hand_over.reading_back")
        with self.open(document, "rb") as back:
            if hashlib.file_digest(back, "sha256").digest() != written.digest():
                raise BadFile("app.files.read_back", name=document.name, path=str(path))


def _sync(out: BinaryIO) -> None:
    """What is written lies on the stick, not on its way there; a pipe of an app has no disk."""
    try:
        os.fsync(out.fileno())
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def plain_name(name: str) -> str:
    """A name that is one on every file system, whatever another app calls its file."""
    plain = "".join("_" if each in _NOT_IN_NAMES else each for each in name).strip(". ")
    stem, suffix = os.path.splitext(plain)  # noqa: PTH122 - of a name, not of a path
    return f"{stem[:_LONGEST_STEM]}{suffix[:_LONGEST_SUFFIX]}" or "file"


def system_files() -> SystemFiles | None:
    """The system's files, on the app's main thread; None where what is plugged in is mounted as
    folders, which controllers.offered_files finds."""
    if sys.platform == "android" or "ANDROID_ARGUMENT" in os.environ:
        from .android.files import AndroidFiles

        return AndroidFiles()
    return None
