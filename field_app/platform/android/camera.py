"""The camera of an Android tablet: whichever app takes photos there.

What is called, with the API level it is there from: Intent ACTION_IMAGE_CAPTURE with EXTRA_OUTPUT
(3), which writes into an entry of MediaStore that the app made (a file:// address is refused since
24); ContentResolver.insert, delete (1) and openFileDescriptor (1), ParcelFileDescriptor.detachFd
(12). Before 29 making the entry needs WRITE_EXTERNAL_STORAGE. An app whose manifest asks for CAMERA
must also have been granted it, or the intent throws a SecurityException: ours does not ask for it.
Source: developer.android.com, reference of android.provider.MediaStore, training "Take photos".
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from jnius import JavaException, autoclass, cast
from xiangtu.errors import BadInput, SurveyError
from xiangtu.store.identity import new_uuid

from ..camera import FAILED, NONE, NOT_PERMITTED, CameraPort

_WRITE = "android.permission.WRITE_EXTERNAL_STORAGE"
_WITHOUT_WRITE_SINCE = 29
#: Intent.FLAG_GRANT_WRITE_URI_PERMISSION; PackageManager.PERMISSION_GRANTED.
_MAY_WRITE, _GRANTED = 2, 0
_PICTURES = "Pictures/Xiangtu"
#: Ours among the answers of other apps.
_REQUEST = 0x5854


class AndroidCamera(CameraPort):
    """A ticket is the content:// address of an entry in MediaStore, which nobody else's gallery
    keeps: it is deleted once the photo lies in the tablet's own folder.

    To be made on the main thread, as all that asks for the app's activity.
    """

    def __init__(self) -> None:
        from android import activity as results  # python-for-android's

        self._activity = autoclass("org.kivy.android.PythonActivity").mActivity
        self._resolver = self._activity.getContentResolver()
        self._api_level = autoclass("android.os.Build$VERSION").SDK_INT
        self._uri = autoclass("android.net.Uri")
        self._media = autoclass("android.provider.MediaStore$Images$Media")
        self._closed: Callable[[], Any] | None = None
        results.bind(on_activity_result=self._answered)

    def ticket(self) -> str:
        if self._api_level < _WITHOUT_WRITE_SINCE and not self._may_write():
            from android.permissions import request_permissions

            request_permissions([_WRITE])
            raise BadInput(NOT_PERMITTED)
        values = autoclass("android.content.ContentValues")()
        values.put("_display_name", f"{new_uuid()}.jpg")
        values.put("mime_type", "image/jpeg")
        if self._api_level >= _WITHOUT_WRITE_SINCE:
            values.put("relative_path", _PICTURES)
        try:
            entry = self._resolver.insert(self._media.EXTERNAL_CONTENT_URI, values)
        except JavaException as refused:
            raise BadInput(FAILED, device="MediaStore", reason=str(refused)) from refused
        if entry is None:
            raise BadInput(FAILED, device="MediaStore", reason="insert")
        return str(entry.toString())

    def open(
        self, ticket: str, closed: Callable[[], Any], refused: Callable[[SurveyError], Any]
    ) -> None:
        intent = autoclass("android.content.Intent")("android.media.action.IMAGE_CAPTURE")
        intent.putExtra("output", cast("android.os.Parcelable", self._uri.parse(ticket)))
        intent.addFlags(_MAY_WRITE)
        self._closed = closed
        try:
            self._activity.startActivityForResult(intent, _REQUEST)
        except JavaException as fault:
            self._closed = None
            code = NOT_PERMITTED if "SecurityException" in str(fault) else NONE
            refused(BadInput(code))

    def photo(self, ticket: str) -> bytes | None:
        try:
            opened = self._resolver.openFileDescriptor(self._uri.parse(ticket), "r")
        except JavaException:
            # Nothing was written into the entry, or somebody deleted it.
            return None
        if opened is None:
            return None
        with os.fdopen(opened.detachFd(), "rb") as stream:
            return stream.read() or None

    def forget(self, ticket: str) -> None:
        self._resolver.delete(self._uri.parse(ticket), None, None)

    def _may_write(self) -> bool:
        return bool(self._activity.checkSelfPermission(_WRITE) == _GRANTED)

    def _answered(self, request: int, _result: int, _intent: Any) -> None:
        """The camera closed; whether with a photo, the entry says: some cameras answer that they
        were cancelled and have written all the same."""
        if request != _REQUEST or self._closed is None:
            return
        closed, self._closed = self._closed, None
        closed()
