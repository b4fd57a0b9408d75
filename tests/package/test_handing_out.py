"""Enrolling a tablet, and what an assignment may hold: villages, layers, numbers, a basemap."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from field_work import COUNTY, VILLAGES, County, Field
from xiangtu import catalogue, store
from xiangtu.errors import BadFile, BadInput, BadPackage, Cancelled, RefusedSignature, SurveyError
from xiangtu.package import assignment, enrolment, survey_package, tablet
from xiangtu.sealing import keys


@pytest.fixture
def enrolled(county: County, started: tablet.Tablet) -> str:
    return county.enrol(started)


def refused(county: County, out: Path, device: str, **options: object) -> SurveyError:
    """The refusal of an assignment, after seeing that it left nothing behind."""
    before = county.path.read_bytes()
    with pytest.raises(SurveyError) as refusal:
        county.assign(out, device, **options)
    assert not out.exists()
    assert not list(out.parent.glob(f".{out.name}*"))
    assert county.path.read_bytes() == before
    return refusal.value


# -- tablet and card ------------------------------------------------------------------------


def test_started_twice_is_the_same_tablet(tmp_path: Path) -> None:
    first = tablet.start(tmp_path / "a", name="一号")
    card = first.card.read_bytes()
    again = tablet.start(tmp_path / "a", name="二号")
    assert again.device_id == first.device_id
    assert again.card.read_bytes() == card


def test_started_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(BadFile) as refusal:
        tablet.start(tmp_path / "a")
    assert refusal.value.code == "tablet.not_a_folder"


def test_lost_key_is_not_replaced_beside_work(field_: Field) -> None:
    (field_.tablet.folder / keys.DEVICE_KEY_FILE).unlink()
    with pytest.raises(BadFile) as refusal:
        tablet.start(field_.tablet.folder)
    assert refusal.value.code == "key.missing"


def test_tablet_without_assignment_says_so(started: tablet.Tablet, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refusal:
        survey_package.pack(started.folder, tmp_path / "x.xtp")
    assert refusal.value.code == "tablet.no_assignment"
    with pytest.raises(BadFile) as refusal:
        survey_package.pack(tmp_path / "nowhere", tmp_path / "x.xtp")
    assert refusal.value.code == "tablet.missing"


def test_card_makes_the_tablet_known(county: County, started: tablet.Tablet) -> None:
    assert county.enrol(started) == started.device_id
    with county.open() as file:
        known = enrolment.device(file, started.device_id)
        assert (known.name, known.retired_at) == ("测试平板", None)
        assert known.signing_key == started.secret.public.signing_key
        assert known.recipient == started.secret.public.recipient


def test_enrolled_again_is_one_tablet_and_no_longer_retired(
    county: County, started: tablet.Tablet
) -> None:
    county.enrol(started)
    with county.open() as file:
        file.connection.execute("UPDATE device SET retired_at = '2025-01-01T00:00:00Z'")
    county.enrol(started)
    with county.open() as file:
        assert [each.retired_at for each in enrolment.devices(file)] == [None]


def changed(name: str, value: object) -> Callable[[dict[str, object]], object]:
    return lambda card: card.update({name: value})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (changed("name", "someone else"), "card.wrong_signature"),
        (changed("recipient", "age1zzz"), "card.damaged"),
        (changed("device", "aaaaaaaaaaaaaaaa"), "card.damaged"),
        (changed("signing_key", "AAAA"), "card.damaged"),
        (changed("signature", None), "card.wrong_signature"),
        (changed("name", "x\ny"), "card.damaged"),
        (changed("version", 2), "card.damaged"),
        (lambda card: card.clear(), "card.damaged"),
    ],
)
def test_changed_card_is_refused(
    county: County,
    started: tablet.Tablet,
    change: Callable[[dict[str, object]], object],
    code: str,
) -> None:
    card = json.loads(started.card.read_text())
    change(card)
    started.card.write_text(json.dumps(card))
    with pytest.raises(BadPackage) as refusal:
        county.enrol(started)
    assert refusal.value.code == code
    assert isinstance(refusal.value, RefusedSignature) == (code == "card.wrong_signature")


@pytest.mark.parametrize(
    ("text", "code"),
    [(b"", "package.empty"), (b"{", "card.damaged"), (b"[1]", "card.damaged"),
     (b"\xff" * 99, "card.damaged"), (b" " * 20_000, "card.damaged")],
)  # fmt: skip
def test_file_that_is_no_card(county: County, tmp_path: Path, text: bytes, code: str) -> None:
    path = tmp_path / "x.xtd"
    path.write_bytes(text)
    with county.open() as file, pytest.raises(BadPackage) as refusal:
        enrolment.enrol(file, path)
    assert refusal.value.code == code


def test_tablets_are_enrolled_in_county_files_only(field_: Field) -> None:
    with field_.survey() as survey, pytest.raises(BadInput) as refusal:
        enrolment.enrol(survey, field_.tablet.card)
    assert refusal.value.code == "enrol.not_county"


# -- assignments ----------------------------------------------------------------------------


def test_unknown_village_layer_device_campaign(
    county: County, enrolled: str, tmp_path: Path
) -> None:
    out = tmp_path / "a.xta"
    told = {
        refused(county, out, enrolled, villages=["990101999999"]).code,
        refused(county, out, enrolled, villages=[]).code,
        refused(county, out, enrolled, layers=["nothing"]).code,
        refused(county, out, enrolled, layers=["attachment"]).code,
        refused(county, out, "aaaaaaaaaaaaaaaa").code,
        refused(county, out, enrolled, campaign="none").code,
        refused(county, out, enrolled, surveyor=" ").code,
        refused(county, tmp_path / "no" / "a.xta", enrolled).code,
    }
    assert told == {
        "assign.village", "assign.no_village", "layer.unknown", "assign.layer", "device.unknown",
        "assign.campaign", "assign.surveyor", "place.missing",
    }  # fmt: skip


def test_retired_tablet_gets_no_work(county: County, enrolled: str, tmp_path: Path) -> None:
    with county.open() as file:
        file.connection.execute("UPDATE device SET retired_at = '2025-01-01T00:00:00Z'")
    assert refused(county, tmp_path / "a.xta", enrolled).code == "device.retired"


def test_wrong_or_missing_county_key(county: County, enrolled: str, tmp_path: Path) -> None:
    out = tmp_path / "a.xta"
    keys.make_county_key(tmp_path / "other.sqlite")
    other = keys.county_identity(tmp_path / "other.sqlite")
    assert refused(county, out, enrolled, identity=other).code == "county_key.other"
    keys.county_key_path(county.path).unlink()
    assert refused(county, out, enrolled).code == "county_key.missing"


def test_county_in_another_kind_of_crs_hands_out_nothing(
    started: tablet.Tablet, tmp_path: Path
) -> None:
    path = tmp_path / "utm.sqlite"
    recipient = keys.make_county_key(path)
    with store.create(
        path, catalogue.load(), 32733, role="county", county=COUNTY, recipient=recipient
    ) as file:
        device = enrolment.enrol(file, started.card)
        with pytest.raises(BadInput) as refusal:
            assignment.assign(file, tmp_path / "a.xta", device, "x", VILLAGES[:1])
    assert refusal.value.code == "assign.crs"
    assert refusal.value.facts["srid"] == 32733


@pytest.mark.parametrize("step", ["assign.choosing", "assign.copying", "assign.sealing"])
def test_cancelled_assignment_leaves_nothing(
    county: County, enrolled: str, tmp_path: Path, step: str
) -> None:
    error = refused(
        county, tmp_path / "a.xta", enrolled, progress=lambda fraction, code: code != step
    )
    assert isinstance(error, Cancelled)


def test_existing_assignment_is_not_written_over(
    county: County, enrolled: str, tmp_path: Path
) -> None:
    out = tmp_path / "a.xta"
    county.assign(out, enrolled)
    before = out.read_bytes(), county.path.read_bytes()
    with pytest.raises(SurveyError) as refusal:
        county.assign(out, enrolled)
    assert refusal.value.code == "file.exists"
    assert (out.read_bytes(), county.path.read_bytes()) == before


def test_chosen_layers_come_with_their_parts_and_what_they_refer_to(
    county: County, enrolled: str, started: tablet.Tablet, tmp_path: Path
) -> None:
    out = tmp_path / "a.xta"
    made = county.assign(out, enrolled, layers=["homestead"])
    assert made.counts.keys() == {"homestead", "house", "household", "issuing_party", "village"}
    assignment.adopt(started.folder, out)
    with started.survey() as survey:
        assert survey.get("house", county.uuids["house"]) is not None
        assert survey.get("household", county.uuids["household"]) is not None
        assert survey.get("farmland", county.uuids["parcel0"]) is None


def test_part_without_a_village_of_its_own_comes_along(
    county: County, enrolled: str, started: tablet.Tablet, tmp_path: Path
) -> None:
    """The land right of a parcel in the second village names a household of the first."""
    out = tmp_path / "a.xta"
    county.assign(out, enrolled, villages=VILLAGES[1:])
    assignment.adopt(started.folder, out)
    with started.survey() as survey:
        assert survey.get("land_right", county.uuids["right"]) is not None
        assert survey.get("household", county.uuids["household"]) is not None
        assert survey.get("member", county.uuids["member"]) is None, "not work of this tablet"


def test_villages_named_twice_count_once(county: County, enrolled: str, tmp_path: Path) -> None:
    made = county.assign(tmp_path / "a.xta", enrolled, villages=[VILLAGES[0], VILLAGES[0]])
    assert made.villages == VILLAGES[:1]


def test_newest_campaign_or_the_named_one(
    county: County, enrolled: str, started: tablet.Tablet, tmp_path: Path
) -> None:
    with county.open() as file:
        old = file.insert("campaign", {"name": "2020", "reference_date": "2020-01-01"})
        new = file.insert("campaign", {"name": "2025", "reference_date": "2025-01-01"})
    county.assign(tmp_path / "a.xta", enrolled)
    assignment.adopt(started.folder, tmp_path / "a.xta")
    with started.survey() as survey:
        assert survey.meta["campaign"] == new
    county.assign(tmp_path / "b.xta", enrolled, campaign="2020")
    assignment.adopt(started.folder, tmp_path / "b.xta")
    with started.survey() as survey:
        assert survey.meta["campaign"] == old


def test_numbers_of_two_tablets_never_meet(county: County, tmp_path: Path) -> None:
    codes: list[str] = []
    for number in range(3):
        started = tablet.start(tmp_path / f"tablet{number}")
        device = county.enrol(started)
        county.assign(tmp_path / f"{number}.xta", device)
        assignment.adopt(started.folder, tmp_path / f"{number}.xta")
        with started.survey() as survey:
            for layer, prefix in (
                ("farmland", VILLAGES[0] + "01"),
                ("household", VILLAGES[0] + "01"),
                ("homestead", VILLAGES[0] + "JC"),
                ("relic", COUNTY + "-"),
            ):
                for _ in range(3):
                    code = survey.next_code(layer, prefix)
                    survey.insert(layer, {"code": code, "village": VILLAGES[0]})
                    codes.append(f"{layer} {code}")
    assert len(set(codes)) == len(codes) == 36
    with county.open() as file:
        parcels = {row["code"] for row in file.select("farmland", columns=("code",))}
        households = {row["code"] for row in file.select("household", columns=("code",))}
    assert "relic 990101-0001" in codes
    used = {each.split(" ")[1] for each in codes}
    assert not used & (parcels | households)


def test_range_is_kept_while_it_lasts(field_: Field) -> None:
    def ranges() -> list[tuple[object, ...]]:
        with field_.survey() as survey:
            return survey.connection.execute(
                "SELECT layer, prefix, first, last FROM number_range ORDER BY layer, prefix, first"
            ).fetchall()

    before = ranges()
    field_.assign_again()
    assert ranges() == before
    prefix = VILLAGES[0] + "01"
    (first,) = [row[2] for row in before if row[:2] == ("farmland", prefix)]
    assert isinstance(first, int)
    with field_.county.open() as county:
        county.insert_many(
            "farmland", [{"code": f"{prefix}{first + place:05d}"} for place in range(120)]
        )
    field_.assign_again()
    assert len(ranges()) == len(before) + 1


def test_basemap_travels_and_is_checked(
    county: County, enrolled: str, started: tablet.Tablet, tmp_path: Path, shared_data: Path
) -> None:
    (good,) = shared_data.glob("mbtiles/*/plain_4.mbtiles")
    (corrupt,) = shared_data.glob("mbtiles/*/corrupt.mbtiles")
    out = tmp_path / "a.xta"
    for wrong, code in (
        (corrupt, "basemap.not_mbtiles"),
        (tmp_path / "nothing", "basemap.missing"),
        (county.path, "basemap.not_mbtiles"),
        (started.card, "basemap.not_mbtiles"),
    ):
        assert refused(county, out, enrolled, basemap=wrong).code == code
    county.assign(out, enrolled, basemap=good)
    assignment.adopt(started.folder, out)
    with started.survey() as survey:
        name = survey.meta["basemap"]
    assert (started.folder / name).read_bytes() == good.read_bytes()


def test_assignment_is_sealed(county: County, enrolled: str, tmp_path: Path) -> None:
    out = tmp_path / "a.xta"
    county.assign(out, enrolled)
    data = out.read_bytes()
    assert "张三".encode() not in data
    assert VILLAGES[0].encode() not in data


_TABLET_PATH = """
import sqlite3, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pyproj", "osgeo", "fiona", "bagit", "gps", "qgis"):
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())

# An sqlite3 without extensions, as on Android.
class Plain(sqlite3.Connection):
    load_extension = enable_load_extension = property()

connect = sqlite3.connect
sqlite3.connect = lambda *args, **more: connect(*args, **{"factory": Plain, **more})

from xiangtu.package import assignment, receipt, survey_package, tablet

folder, xta, out, parcel = sys.argv[1:]
assignment.adopt(folder, xta)
with tablet.load(folder).survey() as survey:
    survey.update("farmland", parcel, {"name": "x"})
print(survey_package.pack(folder, out).number)
"""


def test_tablet_path_needs_nothing_that_android_lacks(
    county: County, enrolled: str, started: tablet.Tablet, tmp_path: Path
) -> None:
    out = tmp_path / "a.xta"
    county.assign(out, enrolled)
    run = [sys.executable, "-c", _TABLET_PATH, started.folder, out, tmp_path / "o.xtp",
           county.uuids["parcel0"]]  # fmt: skip
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.stdout == "1\n", done.stderr
