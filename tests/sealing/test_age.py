"""The age format: against its published vectors, the age program, and hostile files."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from pathlib import Path

import age_vectors
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu.errors import BadInput, BadPackage
from xiangtu.sealing import age, bech32

SIZES = [0, 1, age.CHUNK_BYTES - 1, age.CHUNK_BYTES, age.CHUNK_BYTES + 1, 3 * age.CHUNK_BYTES]


@pytest.fixture
def age_program() -> str:
    program = shutil.which("age")
    if program is None:
        pytest.skip("the age program is not installed")
    return program


@pytest.mark.parametrize("name", age_vectors.VECTORS)
def test_published_vector(name: str) -> None:
    make, digest, expected = age_vectors.VECTORS[name]
    sealed = bytes(make().data)
    assert hashlib.sha256(sealed).hexdigest().startswith(digest)
    if isinstance(expected, str):
        with pytest.raises(BadPackage) as refusal:
            age.decrypt(sealed, [age_vectors.IDENTITY])
        assert refusal.value.code == expected
    elif isinstance(expected, int):
        assert len(age.decrypt(sealed, [age_vectors.IDENTITY])) == expected
    else:
        assert age.decrypt(sealed, [age_vectors.IDENTITY]) == expected


@pytest.mark.parametrize("size", SIZES)
def test_age_program_opens_what_we_seal(size: int, age_program: str, tmp_path: Path) -> None:
    mine, other = age.generate_identity(), age.generate_identity()
    (tmp_path / "key").write_text(mine + "\n")
    plain = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    sealed = age.encrypt(plain, [age.recipient_of(other), age.recipient_of(mine)])
    opened = subprocess.run(
        [age_program, "-d", "-i", tmp_path / "key"], input=sealed, capture_output=True, check=True
    )
    assert opened.stdout == plain


@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_age_program_seals(size: int, age_program: str) -> None:
    mine, other = age.generate_identity(), age.generate_identity()
    plain = b"\x00\xff" * (size // 2) + b"x" * (size % 2)
    command = [age_program, "-r", age.recipient_of(other), "-r", age.recipient_of(mine)]
    sealed = subprocess.run(command, input=plain, capture_output=True, check=True).stdout
    assert age.decrypt(sealed, [mine]) == plain


def test_keys_are_those_of_age_keygen(tmp_path: Path) -> None:
    program = shutil.which("age-keygen")
    if program is None:
        pytest.skip("age-keygen is not installed")
    text = subprocess.run([program], capture_output=True, check=True, text=True).stdout
    public = text.splitlines()[1].removeprefix("# public key: ")
    identity = text.splitlines()[2]
    assert age.recipient_of(identity) == public
    assert age.identity_from(age.secret_of(identity)) == identity


@given(st.binary(max_size=200_000), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_every_recipient_reads_it_back(plain: bytes, count: int) -> None:
    identities = [age.generate_identity() for _ in range(count)]
    sealed = age.encrypt(plain, [age.recipient_of(each) for each in identities])
    assert all(age.decrypt(sealed, [each]) == plain for each in identities)


def test_wrong_key_is_said() -> None:
    sealed = age.encrypt(b"x", [age.recipient_of(age.generate_identity())])
    with pytest.raises(BadPackage) as refusal:
        age.decrypt(sealed, [age.generate_identity()])
    assert refusal.value.code == "seal.other_key"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    identity = age.generate_identity()
    sealed = bytearray(age.encrypt(b"y" * 70_000, [age.recipient_of(identity)]))
    place = data.draw(st.integers(0, len(sealed) - 1) | st.integers(0, 300))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadPackage):
        age.decrypt(bytes(sealed), [identity])


@given(st.integers(0, 140_000))
@settings(max_examples=40, deadline=None)
def test_truncated_anywhere_is_refused(length: int) -> None:
    identity = age.generate_identity()
    sealed = age.encrypt(b"z" * 140_000, [age.recipient_of(identity)])
    with pytest.raises(BadPackage) as refusal:
        age.decrypt(sealed[:length], [identity])
    assert refusal.value.code == "seal.damaged"


def test_reordered_chunks_are_refused() -> None:
    identity = age.generate_identity()
    size = age.CHUNK_BYTES + 16
    sealed = age.encrypt(bytes(3 * age.CHUNK_BYTES), [age.recipient_of(identity)])
    start = len(sealed) - 3 * size
    first, second = sealed[start : start + size], sealed[start + size : start + 2 * size]
    swapped = sealed[:start] + second + first + sealed[start + 2 * size :]
    with pytest.raises(BadPackage):
        age.decrypt(swapped, [identity])


@pytest.mark.parametrize(
    "header",
    [b"", b"\x00" * 500, b"age-encryption.org/v1\n" + b"-> X\n\n" * 100_000, b"-> " * 200_000],
)
def test_hostile_header_is_refused_without_reading_on(header: bytes) -> None:
    source = io.BytesIO(header + bytes(10_000_000))
    with pytest.raises(BadPackage) as refusal:
        age.decrypt_stream(source, io.BytesIO(), [age.generate_identity()])
    assert refusal.value.code == "seal.damaged"
    assert source.tell() <= age.HEADER_LIMIT_BYTES * 2


def test_reads_from_a_pipe_that_gives_little_at_a_time() -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 1, 1000))

    identity = age.generate_identity()
    plain = b"q" * 150_000
    target = io.BytesIO()
    age.encrypt_stream(Trickle(plain), target, [age.recipient_of(identity)])
    opened = io.BytesIO()
    age.decrypt_stream(Trickle(target.getvalue()), opened, [identity])
    assert opened.getvalue() == plain


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "key.recipient"),
        ("age1", "key.recipient"),
        ("AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUQPXAU", "key.recipient"),
        ("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwx", "key.recipient"),
        (bech32.encode("age", b"short"), "key.recipient"),
        (bech32.encode("agf", bytes(32)), "key.recipient"),
    ],
)
def test_mistyped_recipient(text: str, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        age.encrypt(b"x", [text])
    assert refusal.value.code == code


def test_sealing_to_nobody_is_refused() -> None:
    with pytest.raises(BadInput):
        age.encrypt(b"x", [])


def test_hmac_key_follows_from_the_identity_alone() -> None:
    assert age.hmac_key(age_vectors.IDENTITY) == age.hmac_key(age_vectors.IDENTITY)
    assert age.hmac_key(age_vectors.IDENTITY) != age.hmac_key(age.generate_identity())
    assert len(age.hmac_key(age_vectors.IDENTITY)) == 32


# From BIP 173: valid and invalid strings (those that only its length limit refuses left out).
@pytest.mark.parametrize(
    "text", ["A12UEL5L", "a12uel5l", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"]
)
def test_bech32_reads_published_strings(text: str) -> None:
    prefix, data = bech32.decode(text)
    assert bech32.encode(prefix, data) == text.lower()


@pytest.mark.parametrize(
    "text", ["pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "A1G7SGD8", "a12UEL5L"]
)
def test_bech32_refuses_published_strings(text: str) -> None:
    with pytest.raises(BadInput):
        bech32.decode(text)
