"""Private values are masked in their column and readable by the county's key alone, each look
written down."""

from __future__ import annotations

import pytest
from survey_files import SRID, outline
from xiangtu import store
from xiangtu.errors import BadInput, BadPackage
from xiangtu.sealing import age
from xiangtu.store.secrets import key_hmacs

FULL = "990101199001010019"
MASK = "990101********0019"


def everything(file: store.SurveyFile) -> bytes:
    """All bytes on the disk: the file and its WAL."""
    file.connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
    return file.path.read_bytes() + file.path.with_name(f"{file.path.name}-wal").read_bytes()


def test_the_column_holds_the_mask_and_the_file_never_the_full_value(county, identity):
    uuid = county.insert("household", {"id_number": FULL, "telephone": "13812345678"})
    record = county.get("household", uuid)
    assert record["id_number"] == MASK
    assert record["telephone"] == "138****5678"
    assert FULL.encode() not in everything(county)
    assert b"13812345678" not in everything(county)
    assert county.reveal("household", uuid, "id_number", identity, "王芳") == FULL
    assert county.reveal("household", uuid, "telephone", identity, "王芳") == "13812345678"


def test_each_look_is_a_line_in_the_log(county, identity):
    uuid = county.insert("household", {"id_number": FULL})
    county.reveal("household", uuid, "id_number", identity, "李雷")
    county.reveal("household", uuid, "id_number", identity, "李雷")
    lines = county.connection.execute(
        "SELECT author, action, record, field FROM access_log"
    ).fetchall()
    assert lines == [("李雷", "reveal", uuid, "id_number")] * 2


def test_another_key_opens_nothing(county):
    uuid = county.insert("household", {"id_number": FULL})
    with pytest.raises(BadPackage, match=r"seal\.other_key"):
        county.reveal("household", uuid, "id_number", age.generate_identity(), "x")


def test_an_update_seals_anew_and_the_mask_handed_back_changes_nothing(county, identity):
    uuid = county.insert("household", {"id_number": FULL})
    county.update("household", uuid, {"id_number": MASK, "address": "a"})
    assert county.reveal("household", uuid, "id_number", identity, "x") == FULL
    fields = {each.field for each in county.history(uuid)[-1].values}
    assert fields == {"address"}
    county.update("household", uuid, {"id_number": "99010119900101002X"})
    assert county.reveal("household", uuid, "id_number", identity, "x") == "99010119900101002X"
    fields = {each.field for each in county.history(uuid)[-1].values}
    assert fields == {"id_number", "id_number_secret"}
    county.update("household", uuid, {"id_number": None})
    assert county.get("household", uuid)["id_number"] is None
    assert county.reveal("household", uuid, "id_number", identity, "x") is None


def test_seal_gives_a_new_full_value(county, identity):
    uuid = county.insert("member", {})
    county.seal("member", uuid, "id_number", FULL)
    assert county.get("member", uuid)["id_number"] == MASK
    assert county.reveal("member", uuid, "id_number", identity, "x") == FULL
    with pytest.raises(BadInput, match=r"secret\.not_sensitive"):
        county.seal("member", uuid, "born_on", "x")
    with pytest.raises(BadInput, match=r"record\.missing"):
        county.seal("member", "01900000-0000-7000-8000-000000000000", "id_number", FULL)
    assert county.connection.execute("SELECT count(*) FROM secret").fetchone() == (1,)


def test_without_a_county_key_nothing_private_is_stored(county, tmp_path):
    path = tmp_path / "keyless.sqlite"
    with store.create(path, county.catalogue, SRID, role="tablet", county="990101") as file:
        with pytest.raises(BadInput, match=r"secret\.no_recipient"):
            file.insert("household", {"id_number": FULL, "address": "a"})
        assert list(file.select("household")) == []
        file.insert("household", {"id_number": None, "address": "a"})


def test_equal_values_have_equal_keyed_hashes_and_others_not(county, identity):
    for value in (FULL, f" {FULL} ", "99010119900101002x", "99010119900101002X"):
        county.insert("household", {"id_number": value})
    hashed = key_hmacs(county, identity)
    assert hashed.keyed == 4
    assert hashed.unreadable == ()
    hashes = [found for (found,) in county.connection.execute("SELECT hmac FROM secret")]
    assert sorted(hashes.count(each) for each in set(hashes)) == [2, 2]
    assert key_hmacs(county, identity).keyed == 0


def test_a_sealed_value_that_does_not_open_holds_nobody_up(county, identity):
    county.insert("household", {"id_number": FULL})
    stranger = age.recipient_of(age.generate_identity())
    rows = [
        ("00000000-0000-7000-8000-000000000001", age.encrypt(b"x", [stranger])),
        ("00000000-0000-7000-8000-000000000002", b"nonsense"),
        ("00000000-0000-7000-8000-000000000003",
         age.encrypt(b"\xff\xfe", [county.meta["recipient"]])),
    ]  # fmt: skip
    county.connection.executemany(
        "INSERT INTO secret (uuid, record, field, sealed) VALUES (?, 'r', 'id_number', ?)", rows
    )
    hashed = key_hmacs(county, identity)
    assert hashed.keyed == 1
    assert hashed.unreadable == tuple(uuid for uuid, _ in rows)


def test_the_log_names_who_did_what(county):
    county.log("export", detail="nyt2539")
    county.log("export", record="r", field="f", author="别人")
    assert county.connection.execute(
        "SELECT author, action, record, field, detail FROM access_log"
    ).fetchall() == [
        ("王芳", "export", None, None, "nyt2539"),
        ("别人", "export", "r", "f", None),
    ]


class TestDrafts:
    RECORD = "01900000-0000-7000-8000-00000000000a"

    def test_answers_come_back_after_the_battery_died(self, county_path):
        with store.open(county_path) as file:
            file.save_draft(self.RECORD, "household", {"address": "李家沟", "member_count": 3})
            file.save_draft(self.RECORD, "household", {"address": "李家沟", "member_count": 4})
        with store.open(county_path) as file:
            (draft,) = file.drafts()
            assert draft.layer == "household"
            assert draft.answers == {"address": "李家沟", "member_count": 4}
            assert list(file.select("household")) == []
            file.insert("household", draft.answers, uuid=draft.record)
            file.drop_draft(draft.record)
            assert file.drafts() == []
            assert file.get("household", self.RECORD)["member_count"] == 4

    def test_a_shape_is_kept_with_them(self, county):
        county.save_draft(self.RECORD, "farmland", {}, outline(0))
        assert county.drafts()[0].geometry.equals(outline(0))

    def test_a_draft_holds_no_private_value_either(self, county, identity):
        kept = county.save_draft(self.RECORD, "household", {"id_number": FULL})
        assert kept["id_number"] == MASK
        again = county.save_draft(self.RECORD, "household", {**kept, "address": "a"})
        assert again["id_number_secret"] == kept["id_number_secret"]
        assert FULL.encode() not in everything(county)
        # A form that knows the mask only.
        only = county.save_draft(self.RECORD, "household", {"id_number": MASK})
        assert only["id_number_secret"] == kept["id_number_secret"]
        (draft,) = county.drafts()
        county.insert("household", draft.answers, uuid=self.RECORD)
        county.drop_draft(self.RECORD)
        assert county.reveal("household", self.RECORD, "id_number", identity, "x") == FULL

    def test_a_draft_thrown_away_leaves_no_sealed_value(self, county):
        county.save_draft(self.RECORD, "household", {"id_number": FULL})
        county.save_draft(self.RECORD, "household", {"id_number": "99010119900101002X"})
        county.drop_draft(self.RECORD)
        assert county.connection.execute("SELECT count(*) FROM secret").fetchone() == (0,)
