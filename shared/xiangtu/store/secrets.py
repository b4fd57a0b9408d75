"""Private fields: the column holds the masked text, the full value lies sealed in table secret."""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..catalogue.model import Field, Layer
from ..errors import BadInput, BadPackage
from ..geo import identifiers
from ..sealing import age
from .identity import new_uuid

if TYPE_CHECKING:
    from .survey_file import SurveyFile


@dataclass(frozen=True)
class KeyedSecrets:
    """What `key_hmacs` did: how many got their hash, and the uuids of those that the county's
    key does not open."""

    keyed: int
    unreadable: tuple[str, ...]


def masked(
    file: SurveyFile, layer: Layer, record: str, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values with each sensitive one masked, its full text sealed.

    A value that comes with its "<field>_secret" is masked already and taken as it is; so is the
    masked text that the record already has (a form hands back what it showed).
    """
    out = dict(values)
    for field in layer.fields.values():
        if not field.sensitive or field.name not in values or field.secret_column in values:
            continue
        name, value = field.name, values[field.name]
        if value is None:
            out[field.secret_column] = None
        elif value == _stored(file, layer, record, name):
            del out[name]
        else:
            out[name], out[field.secret_column] = seal_value(file, record, field, value)
    return out


def _stored(file: SurveyFile, layer: Layer, record: str, name: str) -> str | None:
    row = file.connection.execute(
        f'SELECT "{name}" FROM "{layer.name}" WHERE uuid = ?', (record,)
    ).fetchone()
    return row[0] if row else None


def seal_value(file: SurveyFile, record: str, field: Field, full: str) -> tuple[str, str]:
    """Seal a full value to the county; (masked text, uuid of the sealed value).

    BadInput("secret.no_recipient") in a file that knows no county key: nothing is ever stored
    unsealed.
    """
    recipient = file.meta.get("recipient")
    if not recipient:
        raise BadInput("secret.no_recipient", path=str(file.path), field=field.name)
    secret = new_uuid()
    file.connection.execute(
        "INSERT INTO secret (uuid, record, field, sealed) VALUES (?, ?, ?, ?)",
        (secret, record, field.name, age.encrypt(full.encode("utf-8"), [recipient])),
    )
    return identifiers.mask(field.identifier, full), secret


def seal(file: SurveyFile, layer_name: str, uuid: str, field_name: str, full: str) -> None:
    """Give a record a new full value in a sensitive field; see `SurveyFile.seal`."""
    field = _sensitive(file, layer_name, field_name)
    with file.atomic():
        mask, secret = seal_value(file, uuid, field, full)
        file.update(layer_name, uuid, {field.name: mask, field.secret_column: secret})


def reveal(
    file: SurveyFile, layer_name: str, uuid: str, field_name: str, identity: str, author: str
) -> str | None:
    """The full value of a sensitive field, with a line in the log; see `SurveyFile.reveal`."""
    field = _sensitive(file, layer_name, field_name)
    row = file.connection.execute(
        f'SELECT "{field.secret_column}" FROM "{layer_name}" WHERE uuid = ?', (uuid,)
    ).fetchone()
    if row is None:
        raise BadInput("record.missing", layer=layer_name, uuid=uuid)
    if row[0] is None:
        return None
    sealed = file.connection.execute(
        "SELECT sealed FROM secret WHERE uuid = ?", (row[0],)
    ).fetchone()
    if sealed is None:
        raise BadInput("secret.missing", layer=layer_name, uuid=uuid, field=field_name)
    full = age.decrypt(sealed[0], [identity]).decode("utf-8")
    # Written down before it is shown: no look without a line.
    file.log("reveal", record=uuid, field=field_name, detail=layer_name, author=author)
    return full


def _sensitive(file: SurveyFile, layer_name: str, field_name: str) -> Field:
    field = file.catalogue.layer(layer_name).fields.get(field_name)
    if field is None:
        raise BadInput("field.unknown", layer=layer_name, field=field_name)
    if not field.sensitive:
        raise BadInput("secret.not_sensitive", layer=layer_name, field=field_name)
    return field


def key_hmacs(file: SurveyFile, identity: str) -> KeyedSecrets:
    """Give every sealed value that has none its keyed hash, so that equal ones can be found.

    A value that the key does not open, or that is no text, is left and named: it may come from
    anywhere. The hash is HMAC-SHA256 of the text without spaces around and in one form (NFKC,
    upper case), so that an "x" at the end of an id number equals an "X".
    """
    key = age.hmac_key(identity)
    found: list[tuple[str, str]] = []
    unreadable: list[str] = []
    for uuid, sealed in file.connection.execute(
        "SELECT uuid, sealed FROM secret WHERE hmac IS NULL ORDER BY uuid"
    ):
        try:
            full = age.decrypt(sealed, [identity]).decode("utf-8")
        except (BadPackage, UnicodeDecodeError):
            unreadable.append(uuid)
            continue
        found.append((hash_of(full, key), uuid))
    with file.atomic():
        file.connection.executemany("UPDATE secret SET hmac = ? WHERE uuid = ?", found)
    return KeyedSecrets(len(found), tuple(unreadable))


def hash_of(full: str, key: bytes) -> str:
    """The keyed hash of a full value; see `key_hmacs`."""
    form = unicodedata.normalize("NFKC", full).strip().upper()
    return hmac.digest(key, form.encode("utf-8"), "sha256").hex()
