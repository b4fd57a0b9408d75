"""The camera: a plugged-in one through FFmpeg's own test picture, and the app of an Android."""

from __future__ import annotations

import io
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image
from pretended_android import Android
from xiangtu.errors import SurveyError

from field_app.platform.camera import CameraPort, camera_port
from field_app.platform.desktop.camera import DesktopCamera
from field_app.platform.desktop.camera import _cameras as plugged_in

JPEG = b"\xff\xd8\xff and what a camera writes"


class Heard:
    """What a port calls back."""

    def __init__(self) -> None:
        self.closed = 0
        self.refusals: list[SurveyError] = []
        self._ended = threading.Event()

    def on_close(self) -> None:
        self.closed += 1
        self._ended.set()

    def on_refusal(self, error: SurveyError) -> None:
        self.refusals.append(error)
        self._ended.set()

    def ends(self) -> None:
        assert self._ended.wait(30)


def shoot(port: CameraPort) -> tuple[str, Heard]:
    ticket, heard = port.ticket(), Heard()
    port.open(ticket, heard.on_close, heard.on_refusal)
    return ticket, heard


def test_a_plugged_in_camera_gives_a_photo_until_it_is_forgotten(tmp_path: Path) -> None:
    port = DesktopCamera(tmp_path / "camera", [("testsrc=size=320x240:rate=30", "lavfi")])
    ticket, heard = shoot(port)
    heard.ends()
    assert (heard.closed, heard.refusals) == (1, [])
    photo = DesktopCamera(tmp_path / "camera").photo(ticket)
    assert photo is not None, "after a restart too"
    with Image.open(io.BytesIO(photo)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (320, 240))
        assert len(set(picture.convert("L").tobytes())) > 50
    port.forget(ticket)
    port.forget(ticket)
    assert port.photo(ticket) is None
    assert list((tmp_path / "camera").iterdir()) == []


def test_the_first_camera_that_gives_a_picture_is_taken(tmp_path: Path) -> None:
    nothing = tmp_path / "video9"
    nothing.write_bytes(b"")
    port = DesktopCamera(
        tmp_path / "camera", [(str(nothing), "v4l2"), ("testsrc=size=64x48:rate=30", "lavfi")]
    )
    ticket, heard = shoot(port)
    heard.ends()
    assert heard.closed == 1 and port.photo(ticket)


@pytest.mark.parametrize("exists", [True, False])
def test_a_camera_that_is_none_says_so(tmp_path: Path, exists: bool) -> None:
    device = tmp_path / "video9"
    if exists:
        device.write_bytes(b"")
    ticket, heard = shoot(port := DesktopCamera(tmp_path / "camera", [(str(device), "v4l2")]))
    heard.ends()
    (error,) = heard.refusals
    assert (error.code, error.facts["device"]) == ("camera.failed", str(device))
    assert heard.closed == 0 and port.photo(ticket) is None


@pytest.mark.skipif(bool(plugged_in()), reason="there is a camera here")
def test_a_desktop_without_a_camera_says_so(tmp_path: Path) -> None:
    _ticket, heard = shoot(camera_port(tmp_path))
    heard.ends()
    assert [each.code for each in heard.refusals] == ["camera.none"]


# -- Android ---------------------------------------------------------------------------------


@pytest.fixture
def android(monkeypatch: pytest.MonkeyPatch) -> Android:
    device = Android(in_app=True)
    for name, module in device.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "field_app.platform.android.camera", raising=False)
    monkeypatch.setenv("ANDROID_ARGUMENT", "")
    return device


def test_what_androids_camera_wrote_is_read_and_leaves_no_trace(
    android: Android, tmp_path: Path
) -> None:
    port = camera_port(tmp_path)
    ticket, heard = shoot(port)
    (entry,) = android.camera.entries.values()
    assert entry["mime_type"] == "image/jpeg" and entry["relative_path"] == "Pictures/Xiangtu"
    assert port.photo(ticket) is None, "nothing is written yet"
    android.camera.closes(JPEG)
    assert (heard.closed, heard.refusals) == (1, [])
    assert port.photo(ticket) == JPEG
    port.forget(ticket)
    assert android.camera.entries == {} and port.photo(ticket) is None


def test_a_photo_outlives_the_app_that_asked_for_it(android: Android, tmp_path: Path) -> None:
    ticket, heard = shoot(camera_port(tmp_path))
    android.camera.closes(JPEG, answers=False)
    assert heard.closed == 0
    assert camera_port(tmp_path).photo(ticket) == JPEG


def test_a_camera_closed_without_a_photo(android: Android, tmp_path: Path) -> None:
    port = camera_port(tmp_path)
    ticket, heard = shoot(port)
    android.camera.closes(None)
    assert heard.closed == 1 and port.photo(ticket) is None


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("android.content.ActivityNotFoundException: No Activity found", "camera.none"),
        ("java.lang.SecurityException: Permission Denial", "camera.not_permitted"),
    ],
    ids=["no app", "not allowed"],
)
def test_an_android_without_a_camera_to_use_says_so(
    android: Android, tmp_path: Path, fault: str, code: str
) -> None:
    android.camera.fault = fault
    _ticket, heard = shoot(camera_port(tmp_path))
    assert [each.code for each in heard.refusals] == [code] and heard.closed == 0


def test_an_old_android_is_asked_for_its_storage(android: Android, tmp_path: Path) -> None:
    android.api_level, android.granted = 28, False
    port = camera_port(tmp_path)
    with pytest.raises(SurveyError, match=r"camera\.not_permitted"):
        port.ticket()
    assert android.asked == [["android.permission.WRITE_EXTERNAL_STORAGE"]]
    port.ticket()
    (entry,) = android.camera.entries.values()
    assert "relative_path" not in entry, "a column that it does not have"
