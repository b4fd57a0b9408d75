"""Files of an Android tablet: the Storage Access Framework's documents, its own folders.

What is called, with the API level it is there from: Intent.ACTION_OPEN_DOCUMENT and
ACTION_CREATE_DOCUMENT (19), which lead to sticks, cards and the downloads alike and need no
permission; ContentResolver.openFileDescriptor (1), ParcelFileDescriptor.detachFd (12);
OpenableColumns.DISPLAY_NAME (1); DocumentsContract.deleteDocument (19);
Context.getExternalFilesDir (8). Before Android 11 a cable shows that folder to any computer, since
then to most; it goes when the app is removed. Source: developer.android.com, guide "Access
documents and other files from shared storage", reference of the classes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Literal

from jnius import JavaException, autoclass
from xiangtu.errors import BadFile

from ..files import Document, SystemFiles

_OPEN, _CREATE = "android.intent.action.OPEN_DOCUMENT", "android.intent.action.CREATE_DOCUMENT"
#: Intent.CATEGORY_OPENABLE, EXTRA_TITLE; Activity.RESULT_OK; OpenableColumns.DISPLAY_NAME.
_OPENABLE, _TITLE = "android.intent.category.OPENABLE", "android.intent.extra.TITLE"
_RESULT_OK = -1
_DISPLAY_NAME = "_display_name"
#: Android knows no type of ours; of another one it would change a name's ending.
_ANY, _BYTES = "*/*", "application/octet-stream"
#: Any number: by it the answer is told from those to others of the app.
_REQUEST = 0x5854


class AndroidFiles(SystemFiles):
    """To be made on the main thread, as all that asks for the app's activity."""

    def __init__(self) -> None:
        self._activity = autoclass("org.kivy.android.PythonActivity").mActivity
        self._intent = autoclass("android.content.Intent")
        self._uri = autoclass("android.net.Uri")
        self._contract = autoclass("android.provider.DocumentsContract")
        self._resolver = self._activity.getContentResolver()
        self.own_folder = own_folder(self._activity)
        self.cache = Path(self._activity.getCacheDir().getAbsolutePath()) / "fetched"
        shutil.rmtree(self.cache, ignore_errors=True)  # what an earlier run needed
        self._chosen: Callable[[Document | None], object] | None = None
        from android import activity  # python-for-android's

        activity.bind(on_activity_result=self._answered)

    def choose(self, chosen: Callable[[Document | None], object]) -> None:
        self._ask(self._intent(_OPEN), _ANY, chosen)

    def create(self, name: str, chosen: Callable[[Document | None], object]) -> None:
        intent = self._intent(_CREATE)
        intent.putExtra(_TITLE, name)
        self._ask(intent, _BYTES, chosen)

    def open(self, document: Document, mode: Literal["rb", "wb"]) -> BinaryIO:
        try:
            opened = self._resolver.openFileDescriptor(self._uri.parse(document.address), mode[0])
        except JavaException as error:
            raise BadFile("app.files.gone", name=document.name) from error
        if opened is None:
            raise BadFile("app.files.gone", name=document.name)
        return os.fdopen(opened.detachFd(), mode)

    def delete(self, document: Document) -> None:
        try:
            self._contract.deleteDocument(self._resolver, self._uri.parse(document.address))
        except JavaException:
            return  # the stick is gone, and the file with it

    def _ask(self, intent: Any, kind: str, chosen: Callable[[Document | None], object]) -> None:
        intent.addCategory(_OPENABLE)
        intent.setType(kind)
        self._chosen = chosen
        try:
            self._activity.startActivityForResult(intent, _REQUEST)
        except JavaException as error:  # a tablet from which its maker took the chooser
            self._chosen = None
            raise BadFile("app.files.no_chooser") from error

    def _answered(self, request: int, result: int, intent: Any) -> None:
        """Android's thread says what was chosen."""
        chosen, self._chosen = (self._chosen, None) if request == _REQUEST else (None, self._chosen)
        if chosen is None:
            return
        uri = intent.getData() if result == _RESULT_OK and intent is not None else None
        chosen(None if uri is None else Document(uri.toString(), self._name(uri)))

    def _name(self, uri: Any) -> str:
        cursor = self._resolver.query(uri, [_DISPLAY_NAME], None, None, None)
        if cursor is None:
            return str(uri.getLastPathSegment())
        try:
            return str(cursor.getString(0) if cursor.moveToFirst() else uri.getLastPathSegment())
        finally:
            cursor.close()


def own_folder(context: Any) -> Path:
    """Where the tablet's work lies: the app's own folder on the shared storage, which a cable
    reaches, or in its private one where that is not there."""
    shared = context.getExternalFilesDir(None)
    return Path((shared or context.getFilesDir()).getAbsolutePath()) / "tablet"
