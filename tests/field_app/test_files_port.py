"""Files where the system's chooser alone leads: those of an Android that is pretended."""

from __future__ import annotations

import queue
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pretended_android import Android
from small_disk import fill, own_disk
from xiangtu import words
from xiangtu.errors import BadFile, Cancelled

from field_app.platform.files import Document, SystemFiles, plain_name, system_files

PACKAGE = bytes(range(256)) * 20_000


@pytest.fixture
def android(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Android:
    device = Android(in_app=True, storage=tmp_path / "android")
    for name, module in device.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "field_app.platform.android.files", raising=False)
    monkeypatch.setenv("ANDROID_ARGUMENT", "")
    return device


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "T1-0001.xtp"
    path.write_bytes(PACKAGE)
    return path


def made() -> SystemFiles:
    files = system_files()
    assert files is not None
    return files


def chosen(files: SystemFiles) -> Document | None:
    heard: queue.Queue[Document | None] = queue.Queue()
    files.choose(heard.put)
    return heard.get(timeout=30)


def created(files: SystemFiles, name: str = "T1-0001.xtp") -> Document:
    heard: queue.Queue[Document | None] = queue.Queue()
    files.create(name, heard.put)
    document = heard.get(timeout=30)
    assert document is not None
    return document


def test_a_desktop_mounts_its_sticks_as_folders() -> None:
    assert system_files() is None


def test_the_work_lies_where_a_cable_reaches_it(android: Android) -> None:
    assert android.storage is not None
    assert made().own_folder == android.storage / "files" / "tablet"
    android.storage = None
    assert made().own_folder.parts[:4] == ("/", "data", "user", "0"), "no shared storage just now"


def test_a_file_of_a_stick_is_copied_in_under_its_name(android: Android, stick: Path) -> None:
    (stick / "任务包 1.xta").write_bytes(PACKAGE)
    android.chooses = stick / "任务包 1.xta"
    files = made()
    document = chosen(files)
    assert android.listed == [("OPEN_DOCUMENT", "*/*")]
    assert document is not None and document.name == "任务包 1.xta"
    path = files.fetch(document)
    assert path.name == "任务包 1.xta" and path.read_bytes() == PACKAGE
    assert files.cache in path.parents
    assert files.fetch(document) != path, "two of one name do not meet"
    made()
    assert not path.exists(), "at the next start it is needed no more"


def test_nothing_chosen_is_nothing(android: Android) -> None:
    assert chosen(made()) is None


def test_a_stick_that_was_pulled_out_is_named(android: Android, stick: Path) -> None:
    (stick / "a.xta").write_bytes(b"x")
    android.chooses = stick / "a.xta"
    files = made()
    document = chosen(files)
    assert document is not None
    (stick / "a.xta").unlink()
    with pytest.raises(BadFile) as refused:
        files.fetch(document)
    assert "a.xta" in words.explain(refused.value, "zh")


def test_a_package_is_put_onto_a_stick_and_read_back(
    android: Android, stick: Path, package: Path
) -> None:
    android.chooses = stick
    files, told = made(), []
    document = created(files)
    assert android.listed == [("CREATE_DOCUMENT", "application/octet-stream")]
    files.put(package, document, lambda fraction, step: told.append((fraction, step)))
    assert (stick / package.name).read_bytes() == PACKAGE == package.read_bytes()
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert [words.phrase(f"step.{step}", "zh") for _, step in told][-1] == "读回核对"


def test_a_stick_that_gives_back_other_bytes_is_told_and_left_clean(
    android: Android, stick: Path, package: Path
) -> None:
    android.chooses, android.spoils_at = stick, 3_000_000
    files = made()
    with pytest.raises(BadFile) as refused:
        files.put(package, created(files))
    assert refused.value.code == "app.files.read_back"
    assert list(stick.iterdir()) == [] and package.read_bytes() == PACKAGE


def test_a_full_stick_is_told_and_left_clean(
    android: Android, tmp_path: Path, package: Path
) -> None:
    with own_disk(tmp_path / "small", 1) as small:
        fill(small, 4096)
        android.chooses = small
        files = made()
        with pytest.raises(BadFile) as refused:
            files.put(package, created(files))
        assert refused.value.code == "app.files.not_put"
        assert not list(small.glob("*.xtp")) and package.read_bytes() == PACKAGE


def test_it_can_be_stopped(android: Android, stick: Path, package: Path) -> None:
    android.chooses = stick
    files = made()
    with pytest.raises(Cancelled):
        files.put(package, created(files), lambda fraction, step: False)
    assert list(stick.iterdir()) == [] and package.is_file()


def test_a_tablet_without_a_list_of_files_is_told(android: Android) -> None:
    android.has_list_of_files = False
    files = made()
    for ask in (files.choose, lambda heard: files.create("a", heard)):
        with pytest.raises(BadFile) as refused:
            ask(print)
        assert refused.value.code == "app.files.no_chooser"


def test_answers_to_others_are_left_to_them(android: Android, stick: Path) -> None:
    files = made()
    heard: list[Document | None] = []
    listed, android.chooses = android.listed, stick / "a.xta"
    answered = android.answered
    android.answered = lambda *_: None  # the list is still open
    files.choose(heard.append)
    assert answered is not None and len(listed) == 1
    answered(1, -1, None)
    assert heard == []
    answered(0x5854, 0, None)
    assert heard == [None]


@given(st.text(max_size=300))
def test_any_name_is_made_one_of_a_file(name: str) -> None:
    plain = plain_name(name)
    assert plain and Path(plain).name == plain and plain not in (".", "..")
    assert len(plain.encode()) <= 255 and not set(plain) & set('/\\:*?"<>|\0')
