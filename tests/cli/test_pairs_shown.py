"""How pairs of records that may be one are shown: by their titles, with the reason in words."""

from __future__ import annotations

from contextlib import closing

import pytest
import shapely
from command_line import VILLAGES, Place, done, hand_out, make_county, square, xiangtu
from test_commands import second_team
from xiangtu import store

VILLAGE = next(iter(VILLAGES))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A county in which two teams surveyed some things twice, each pair for another reason."""
    place = make_county(tmp_path_factory.mktemp("pairs"))
    hand_out(place)
    for team, apart_m in ((place, 0.0), (second_team(place), 1.5)):

        def survey(file: store.SurveyFile, apart_m: float = apart_m) -> None:
            def insert(layer: str, shape: shapely.Geometry, **values: object) -> str:
                return file.insert(layer, {"village": VILLAGE, **values}, geometry=shape)

            def near(east: float) -> shapely.Point:
                return square(east + apart_m, 0.0).centroid

            insert("facility", near(100), kind="well", name="东井", horizontal_accuracy_m=2.0)
            insert("farmland", square(300, 0), name=f"坡地{apart_m:g}", code="990101100201010007")
            insert("farmland", square(400 + apart_m, 0))
            insert("house", square(500 + 4 * apart_m, 0, 12), kind="1", horizontal_accuracy_m=3.0)
            stele = insert("relic", near(600 + 100 * apart_m), name="石碑", **{"class": "0101"})
            file.attach(stele, "relic", b"the stele")

        team.survey(survey)
        done("pack", team.tablet, team.package)
        xiangtu("merge", place.county, team.package)
    return place


@pytest.mark.parametrize(
    ("lang", "reasons"),
    [
        ("en", ("same code", "same photo", "outlines overlap", "same shape, a little apart",
                "close together")),
        ("zh", ("编码相同", "照片相同", "图形重叠", "形状相同，位置略有偏移", "位置相近")),
    ],
)  # fmt: skip
def test_each_pair_is_shown_with_its_reason_titles_and_uuids(place, lang, reasons):
    ran = xiangtu("duplicates", place.county, lang=lang)
    assert ran.code == 1
    for reason in reasons:
        assert ran.out.count(reason) == 1, ran.out
    for title in ("东井", "坡地0 990101100201010007", "坡地1.5 990101100201010007", "石碑"):
        assert title in ran.out
    with store.open(place.county) as file:
        pairs = file.connection.execute("SELECT a, b FROM duplicate").fetchall()
    assert len(pairs) == 5
    for uuid in (each for pair in pairs for each in pair):
        assert uuid in ran.out


def test_a_record_joined_away_is_still_called_by_its_name(place, tmp_path):
    copied = tmp_path / "county.sqlite"
    store.copy(place.county, copied)
    found = done("duplicates", copied, "--json", code=1).json["duplicates"]
    (pair,) = (each for each in found if each["reason"] == "same_code")
    done("duplicates", copied, "join", pair["id"], "--reason", "one field")
    shown = xiangtu("duplicates", copied).out
    assert "坡地0 990101100201010007" in shown and "坡地1.5 990101100201010007" in shown
    with closing(store.open(copied)) as file:
        assert file.connection.execute("SELECT kind, reason, author FROM decision").fetchall() == [
            ("join", "one field", "Li Wei")
        ]
