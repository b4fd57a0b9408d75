"""Places that packages may be put to."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_disk import own_disk
from xiangtu.errors import BadFile

from field_app.controllers import offered_files


@pytest.fixture
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system mounts what is plugged in."""
    folder = tmp_path / "media"
    folder.mkdir()
    monkeypatch.setattr(offered_files, "_MOUNTS", ((folder, 1),))
    return folder


def test_a_stick_is_offered_while_it_is_plugged_in(tmp_path: Path, media: Path) -> None:
    tablet = tmp_path / "tablet"
    tablet.mkdir()
    with own_disk(media / "STICK", 2):
        stick, own = offered_files.offered_places(tablet)
        assert stick.path == media / "STICK" and stick.plugged_in
        assert 1_000_000 < stick.free_bytes <= 2 << 20
    assert own.path == tablet / "out" and own.path.is_dir() and not own.plugged_in
    # The folder it was mounted on is still there: what is put into it stays on the tablet.
    assert (media / "STICK").is_dir()
    assert [each.path for each in offered_files.offered_places(tablet)] == [own.path]


def test_a_tablet_without_its_folder_says_so(tmp_path: Path, media: Path) -> None:
    with pytest.raises(BadFile, match=r"place\.missing"):
        offered_files.offered_places(tmp_path / "gone")
