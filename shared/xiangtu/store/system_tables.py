"""The tables around the surveyed ones: journal, session, packages, batches, decisions.

These are the same in every survey file; the surveyed tables come from the catalogue
(store.layer_tables). Times are UTC, ISO 8601 with Z and milliseconds.
"""

from __future__ import annotations

import re

#: A version 7 uuid (RFC 9562) out of SQLite built-ins alone, so that QGIS and plain SQL get one.
_MS = "CAST((julianday('now')-2440587.5)*86400000 AS INTEGER)"
NEW_UUID = (
    f"(printf('%08x-%04x-7%03x-%04x-%012x',{_MS}>>16,{_MS}&65535,"
    "random()&4095,32768+(random()&16383),random()&281474976710655))"
)
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ','now')"

#: Columns of table fix since version 2 of the schema: a file or package of version 1 lacks them.
FIX_SINCE_2 = {
    "satellites_in_view": "INTEGER",
    "pdop": "REAL",
    "accuracy_from": "TEXT",
    "coordinate_epoch": "REAL",
    "mock": "INTEGER",
}
_FIX_SINCE_2 = ", ".join(f"{name} {kind}" for name, kind in FIX_SINCE_2.items())
#: The index is by sequence too since version 2: a recording asks for the highest every second.
FIX_BY_RECORD = "CREATE INDEX fix_by_record ON fix (record, sequence);"
#: Since version 2.
MEASURING_TABLES = """
-- A measurement that goes on (kind: walk or stand), and every step of it so far, so that it can
-- be taken up again by whoever is started next: settings and details are JSON.
CREATE TABLE measuring (
  record TEXT PRIMARY KEY, layer TEXT NOT NULL, kind TEXT NOT NULL, settings TEXT NOT NULL,
  begun_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE measuring_step (
  record TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (record, number)) WITHOUT ROWID;
"""

SYSTEM_TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- Who is writing, in one row. quiet = 1 inside a merge: the triggers then write no journal.
-- basis is what the writer has seen: on a tablet the assignment, at the county the last batch.
CREATE TABLE session (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  author TEXT NOT NULL DEFAULT '', device TEXT NOT NULL DEFAULT '',
  basis TEXT NOT NULL DEFAULT '', utc_offset_min INTEGER NOT NULL DEFAULT 0,
  quiet INTEGER NOT NULL DEFAULT 0);
INSERT INTO session (id) VALUES (1);

-- The journal. number runs per device from 1. An operation is insert, update, delete or decide.
-- live = 0: held back or undone; kept for history, no part of the county's state.
CREATE TABLE change (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE DEFAULT {NEW_UUID},
  layer TEXT NOT NULL, record TEXT NOT NULL, operation TEXT NOT NULL,
  author TEXT NOT NULL, device TEXT NOT NULL, number INTEGER NOT NULL,
  basis TEXT NOT NULL, time TEXT NOT NULL DEFAULT ({NOW}), utc_offset_min INTEGER NOT NULL,
  batch TEXT, live INTEGER NOT NULL DEFAULT 1);
CREATE UNIQUE INDEX change_by_device ON change (device, number);
CREATE INDEX change_not_live ON change (device, number) WHERE live = 0;
CREATE INDEX change_by_record ON change (record, id);
CREATE INDEX change_by_batch ON change (batch) WHERE batch IS NOT NULL;
-- An insert has a row for each value that is not NULL, an update for each column of each unit of
-- merge that changed, a delete the last values as old. Columns are untyped: blobs stay blobs.
CREATE TABLE change_value (
  change INTEGER NOT NULL, field TEXT NOT NULL, old, new,
  PRIMARY KEY (change, field)) WITHOUT ROWID;
-- Finds the parts of a record, whether or not they still stand in a table.
CREATE INDEX change_value_parent ON change_value (new)
  WHERE substr(field, -5) = '_uuid' OR field = 'record';

-- What a basis had seen: JSON object, device → highest change number.
CREATE TABLE basis (uuid TEXT PRIMARY KEY, seen TEXT NOT NULL, made_at TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE device (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, signing_key BLOB NOT NULL, recipient TEXT NOT NULL,
  enrolled_at TEXT NOT NULL, retired_at TEXT) WITHOUT ROWID;
CREATE TABLE person (
  uuid TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, pin_hash TEXT,
  active INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE TABLE assignment (
  uuid TEXT PRIMARY KEY, device TEXT NOT NULL, number INTEGER NOT NULL, surveyor TEXT NOT NULL,
  villages TEXT NOT NULL, layers TEXT NOT NULL, made_at TEXT NOT NULL,
  records INTEGER NOT NULL, description TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE number_range (
  device TEXT NOT NULL, layer TEXT NOT NULL, prefix TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (layer, prefix, first)) WITHOUT ROWID;
-- state: merged, waiting (a predecessor is missing), undone; on a tablet: packed, received.
CREATE TABLE package (
  uuid TEXT PRIMARY KEY, device TEXT NOT NULL, number INTEGER NOT NULL, previous TEXT,
  assignment TEXT NOT NULL, first_change INTEGER NOT NULL, last_change INTEGER NOT NULL,
  state TEXT NOT NULL, batch TEXT, made_at TEXT NOT NULL, arrived_at TEXT,
  sha256 TEXT NOT NULL, description TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE batch (
  uuid TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, author TEXT NOT NULL,
  made_at TEXT NOT NULL, undone_at TEXT, undone_by TEXT, report TEXT NOT NULL) WITHOUT ROWID;

-- Open conflicts, derived from the journal: heads are uuids of changes, in order.
CREATE TABLE conflict (
  id TEXT PRIMARY KEY, layer TEXT NOT NULL, record TEXT NOT NULL, unit TEXT NOT NULL,
  heads TEXT NOT NULL, village TEXT) WITHOUT ROWID;
CREATE INDEX conflict_by_record ON conflict (record);
-- A decision: a conflict taken, a pair joined, a pair kept apart. change is the change it wrote.
CREATE TABLE decision (
  uuid TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, choice TEXT NOT NULL,
  reason TEXT NOT NULL, author TEXT NOT NULL, made_at TEXT NOT NULL, change TEXT,
  batch TEXT NOT NULL, undone_at TEXT) WITHOUT ROWID;
-- Proposed pairs of records of one thing; state: open, joined, apart. a < b.
CREATE TABLE duplicate (
  id TEXT PRIMARY KEY, layer TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL,
  reason TEXT NOT NULL, state TEXT NOT NULL, survivor TEXT, UNIQUE (a, b)) WITHOUT ROWID;
CREATE INDEX duplicate_by_b ON duplicate (b);
-- Records of a package that cannot stand; their changes are in the journal with live = 0.
CREATE TABLE held (
  id INTEGER PRIMARY KEY, batch TEXT NOT NULL, layer TEXT NOT NULL, record TEXT NOT NULL,
  code TEXT NOT NULL, facts TEXT NOT NULL, released_at TEXT);

CREATE TABLE secret (
  uuid TEXT PRIMARY KEY, record TEXT NOT NULL, field TEXT NOT NULL, sealed BLOB NOT NULL,
  hmac TEXT, batch TEXT) WITHOUT ROWID;
CREATE INDEX secret_by_record ON secret (record);
CREATE TABLE access_log (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT ({NOW}), author TEXT NOT NULL,
  action TEXT NOT NULL, record TEXT, field TEXT, detail TEXT);

-- Which record came from which, by split, join or adjustment; written by the insert triggers too.
CREATE TABLE lineage (
  uuid TEXT PRIMARY KEY DEFAULT {NEW_UUID}, layer TEXT NOT NULL, parent TEXT NOT NULL,
  child TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL DEFAULT ({NOW}), author TEXT NOT NULL,
  device TEXT NOT NULL, batch TEXT) WITHOUT ROWID;
CREATE INDEX lineage_by_child ON lineage (child);
CREATE INDEX lineage_by_parent ON lineage (parent);
-- Raw epochs of an averaged point, a walk or a track, as received: degrees, and heights of the
-- antenna. sequence runs through all epochs of a record; part says of which measurement they are.
CREATE TABLE fix (
  uuid TEXT PRIMARY KEY DEFAULT {NEW_UUID}, record TEXT NOT NULL, part TEXT, sequence INTEGER,
  longitude_deg REAL, latitude_deg REAL, height_ellipsoid_m REAL, height_sea_level_m REAL,
  geoid_separation_m REAL, fix_type TEXT, satellites INTEGER, hdop REAL,
  horizontal_accuracy_m REAL, vertical_accuracy_m REAL, correction_age_s REAL,
  antenna_height_m REAL, datum TEXT, source TEXT, receiver_time TEXT, tablet_time TEXT,
  batch TEXT, {_FIX_SINCE_2}) WITHOUT ROWID;
{FIX_BY_RECORD}
-- Findings: state open, fixed or accepted (with reason and by whom).
CREATE TABLE finding (
  id TEXT PRIMARY KEY, rule TEXT NOT NULL, severity TEXT NOT NULL, layer TEXT NOT NULL,
  record TEXT NOT NULL, other TEXT, x REAL, y REAL, measured REAL, "limit" REAL, detail TEXT,
  village TEXT, state TEXT NOT NULL DEFAULT 'open', reason TEXT, author TEXT,
  found_at TEXT NOT NULL, settled_at TEXT) WITHOUT ROWID;
CREATE INDEX finding_by_record ON finding (record);
CREATE INDEX finding_by_rule ON finding (rule, state);
-- Answers not yet confirmed, saved at every answer.
CREATE TABLE draft (
  record TEXT PRIMARY KEY, layer TEXT NOT NULL, answers TEXT NOT NULL, geometry BLOB,
  saved_at TEXT NOT NULL) WITHOUT ROWID;
{MEASURING_TABLES}"""

#: Name → SQL of the indexes among them.
SYSTEM_INDEXES = {
    name: sql for sql, name in re.findall(r"(CREATE (?:UNIQUE )?INDEX (\w+)[^;]*)", SYSTEM_TABLES)
}
#: Rows of these travel in a package as they are, keyed by uuid (no journal).
APPEND_ONLY = ("fix", "lineage", "secret")
APPLICATION_ID = 0x58544758  # "XTGX"
SCHEMA_VERSION = 2
