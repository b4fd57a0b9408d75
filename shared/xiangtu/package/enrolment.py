"""Making a tablet known to the county: the card it shows, and taking that card in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..errors import BadInput, BadPackage, RefusedSignature
from ..sealing import age, keys
from ..store import SurveyFile
from ..store.places import new_file
from .given_file import readable

_FORMAT = "xiangtu device card"
_VERSION = 1
_LIMIT_BYTES = 10_000
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Device:
    """A tablet as the county knows it."""

    id: str
    name: str
    signing_key: bytes
    recipient: str
    enrolled_at: str
    retired_at: str | None


def write_card(path: Path, name: str, secret: keys.SecretKeys) -> None:
    """The device card (JSON, .xtd) of a tablet: its public keys, signed with the secret one."""
    public = secret.public
    card = {
        "format": _FORMAT,
        "version": _VERSION,
        "device": public.device_id,
        "name": name[:_LONGEST_NAME],
        "signing_key": keys.to_text(public.signing_key),
        "recipient": public.recipient,
        "made_at": now(),
    }
    card["signature"] = keys.to_text(secret.sign(_signed_part(card)))
    with new_file(path) as temporary:
        temporary.write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")


def read_card(path: Path) -> Device:
    """A device card, checked against itself.

    Raises
    ------
    BadPackage
        What given_file.readable refuses; "card.damaged".
    RefusedSignature
        "card.wrong_signature": it was changed after the tablet wrote it.
    """
    if readable(path).stat().st_size > _LIMIT_BYTES:
        raise BadPackage("card.damaged", path=path)
    try:
        card = json.loads(path.read_bytes())
        name, recipient, device = card["name"], card["recipient"], card["device"]
        signing_key = keys.from_text(card["signing_key"], 32)
        signature = keys.from_text(card["signature"], 64)
        age.check_recipient(recipient)
        sound = (
            card["format"] == _FORMAT
            and card["version"] == _VERSION
            and isinstance(name, str)
            and name.isprintable()
            and 0 < len(name) <= _LONGEST_NAME
            and signing_key is not None
            and device == keys.device_id(signing_key)
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as fault:
        raise BadPackage("card.damaged", path=path) from fault
    if not sound or signing_key is None:
        raise BadPackage("card.damaged", path=path)
    if signature is None or not keys.verify(signing_key, signature, _signed_part(card)):
        raise RefusedSignature("card.wrong_signature", path=path)
    return Device(device, name, signing_key, recipient, now(), None)


def enrol(file: SurveyFile, card_path: Path | str) -> str:
    """Take a device card into a county file; returns the device's id.

    A tablet that is enrolled already gets the card's name, and is no longer retired. Errors as in
    `read_card`; BadInput("enrol.not_county") for a tablet's file.
    """
    if file.meta["role"] != "county":
        raise BadInput("enrol.not_county", path=file.path)
    card = read_card(Path(card_path))
    with file.atomic():
        file.connection.execute(
            "INSERT INTO device (id, name, signing_key, recipient, enrolled_at) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
            "recipient = excluded.recipient, retired_at = NULL",
            (card.id, card.name, card.signing_key, card.recipient, card.enrolled_at),
        )
        file.log("enrol", detail=card.id)
    return card.id


def devices(file: SurveyFile) -> Iterator[Device]:
    """The tablets that a county file knows, by id."""
    for row in file.connection.execute(
        "SELECT id, name, signing_key, recipient, enrolled_at, retired_at FROM device ORDER BY id"
    ):
        yield Device(*row)


def device(file: SurveyFile, device_id: str) -> Device:
    """One enrolled tablet; BadInput("device.unknown"), or "device.retired" for one put away."""
    for each in devices(file):
        if each.id == device_id:
            if each.retired_at is not None:
                raise BadInput("device.retired", device=device_id, retired_at=each.retired_at)
            return each
    known = ", ".join(f"{each.id} ({each.name})" for each in devices(file))
    raise BadInput("device.unknown", device=device_id, known=known)


def device_named(file: SurveyFile, name: str) -> str:
    """The id of an enrolled tablet that a person calls by its id or by its name.

    BadInput("device.unknown") names all there are, ("device.several") those of that name.
    """
    known = {each.id: each.name for each in devices(file)}
    if name in known or name == file.device_id:
        return name
    called = [each for each, its_name in known.items() if its_name == name]
    if len(called) > 1:
        raise BadInput("device.several", name=name, devices=", ".join(called))
    if not called:
        shown = ", ".join(f"{each} ({its_name})" for each, its_name in known.items())
        raise BadInput("device.unknown", device=name, known=shown)
    return called[0]


def county_keys(file: SurveyFile, identity: str | None) -> keys.SecretKeys:
    """The keys that sign for the county: of `identity`, else of the file beside the county file.

    BadInput("county_key.other") if they are another county's; BadFile("county_key.missing").
    """
    found = keys.county_keys(identity or keys.county_identity(file.path))
    if found.public.recipient != file.meta.get("recipient"):
        raise BadInput("county_key.other", path=file.path)
    return found


def now() -> str:
    """This moment as containers write it: UTC, ISO 8601 with Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _signed_part(card: dict[str, object]) -> bytes:
    """The card without its signature, in one spelling."""
    content = {name: value for name, value in card.items() if name != "signature"}
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
