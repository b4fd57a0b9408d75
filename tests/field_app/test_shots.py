"""Photos that the camera was asked for, and what becomes of them when something goes wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_disk import fill, own_disk
from small_village import World, fix_at
from test_photo_copies import jpeg

from field_app.controllers.photo_copies import copies_of
from field_app.controllers.shots import Shot, expect, expected, take_in
from field_app.controllers.start import Fieldwork


class Camera:
    """What a camera has: photos by ticket, None for one that was given up."""

    def __init__(self, **photos: bytes | None) -> None:
        self.photos = photos
        self.forgotten: list[str] = []

    def forget(self, ticket: str) -> None:
        self.forgotten.append(ticket)
        del self.photos[ticket]


def shot(world: World, ticket: str, **more) -> Shot:
    return Shot(ticket, world.parcels["west"], "farmland", **more)


def test_a_photo_that_was_taken_before_the_app_ended_is_kept_afterwards(
    work: Fieldwork, world: World, tmp_path: Path
) -> None:
    camera = Camera(one=jpeg())
    fix = fix_at(110, 120)
    expect(work.survey, shot(world, "one", bearing_deg=33.0, fix=fix))
    # As if it were killed now, its camera in front.
    shutil.copytree(tmp_path / "tablet", tmp_path / "after")
    with Fieldwork(tmp_path / "after") as again:
        taken = take_in(again.survey, camera.photos.get, camera.forget)
        (photo,) = taken.photos
        row = again.survey.get("attachment", photo)
        assert row is not None and taken.refusals == ()
        assert (row["record"], row["role"]) == (world.parcels["west"], None)
        assert (row["author"], row["bearing_deg"]) == ("王芳", 33.0)
        assert row["latitude_deg"] == pytest.approx(fix.latitude_deg, abs=1e-8)
        assert len(copies_of(again.survey, photo, "copy")) == 1
        assert expected(again.survey) == [] and camera.forgotten == ["one"]
        assert take_in(again.survey, camera.photos.get, camera.forget).photos == ()


def test_a_camera_that_was_closed_without_a_photo_leaves_nothing(
    work: Fieldwork, world: World
) -> None:
    camera = Camera(one=None)
    expect(work.survey, shot(world, "one"))
    taken = take_in(work.survey, camera.photos.get, camera.forget)
    assert (taken.photos, taken.refusals) == ((), ())
    assert expected(work.survey) == [] and camera.forgotten == ["one"]
    assert work.survey.attachments_of(world.parcels["west"]) == []


def test_what_is_no_photo_is_told_and_does_not_keep_the_next_from_being_kept(
    work: Fieldwork, world: World
) -> None:
    camera = Camera(one=b"no photo", two=jpeg())
    for ticket in camera.photos:
        expect(work.survey, shot(world, ticket))
    taken = take_in(work.survey, camera.photos.get, camera.forget, fix=fix_at(5, 5))
    assert [each.code for each in taken.refusals] == ["photo.not_a_photo"]
    assert len(taken.photos) == 1
    assert expected(work.survey) == [] and camera.forgotten == ["one", "two"]


def test_on_a_full_card_a_photo_waits_in_the_camera(
    work: Fieldwork, world: World, tmp_path: Path
) -> None:
    with own_disk(tmp_path / "card", 24) as card:
        tablet = Path(shutil.copytree(tmp_path / "tablet", card / "tablet"))
        with Fieldwork(tablet) as again:
            camera = Camera(one=jpeg((1200, 900)))
            expect(again.survey, shot(world, "one"))
            filler = fill(card, 4096)
            taken = take_in(again.survey, camera.photos.get, camera.forget)
            assert [each.code for each in taken.refusals] == ["file.disk_full"]
            assert taken.photos == () and camera.forgotten == []
            filler.unlink()
            taken = take_in(again.survey, camera.photos.get, camera.forget)
            assert len(taken.photos) == 1 and camera.forgotten == ["one"]
