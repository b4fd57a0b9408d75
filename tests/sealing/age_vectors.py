"""Builds the published test vectors of the age format (C2SP CCTV, age/testdata) from their recipe.

The vectors follow from a fixed identity, a fixed file key and a fixed stream of "random" bytes,
so they are made here, without the code under test, and held against the SHA-256 of the
published files.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

IDENTITY = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"
SECRET = bytes.fromhex("ca1626252c53cf1a4dc46695e7fcc46594cb4ccadedb6712dfda0753f3ae355e")
FILE_KEY = b"YELLOW SUBMARINE"
CHUNK = 64 * 1024


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def keystream(key: bytes, counter: int, count: int) -> bytes:
    nonce = counter.to_bytes(4, "little") + bytes(12)
    return Cipher(algorithms.ChaCha20(key, nonce), None).encryptor().update(bytes(count))


@dataclass
class Vector:
    """A file under construction."""

    file_key: bytes = FILE_KEY
    data: bytearray = field(default_factory=bytearray)
    taken: int = 0
    stream_key: bytes = b""
    chunks: int = 0

    def rand(self, count: int) -> bytes:
        self.taken += count
        return keystream(b"TEST RANDOMNESS TEST RANDOMNESS!", 0, self.taken)[-count:]

    def line(self, text: str) -> Vector:
        self.data += text.encode() + b"\n"
        return self

    def unread(self) -> str:
        lines = bytes(self.data).split(b"\n")
        self.data = bytearray(b"".join(each + b"\n" for each in lines[:-2]))
        return lines[-2].decode()

    def version(self) -> Vector:
        return self.line("age-encryption.org/v1")

    def x25519(self, secret: bytes = SECRET, share: bytes | None = None) -> Vector:
        if share is None:
            ephemeral = X25519PrivateKey.from_private_bytes(self.rand(32))
            share = ephemeral.public_key().public_bytes_raw()
        private = X25519PrivateKey.from_private_bytes(secret)
        try:
            shared = private.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError:
            shared = bytes(32)
        salt = share + private.public_key().public_bytes_raw()
        key = derive(shared, salt, b"age-encryption.org/v1/X25519")
        self.line("-> X25519 " + b64(share))
        return self.line(b64(ChaCha20Poly1305(key).encrypt(bytes(12), self.file_key, None)))

    def mac(self) -> Vector:
        key = derive(self.file_key, b"", b"header")
        return self.line("--- " + b64(hmac.digest(key, bytes(self.data) + b"---", "sha256")))

    def nonce(self) -> Vector:
        nonce = self.rand(16)
        self.stream_key = derive(self.file_key, nonce, b"payload")
        self.data += nonce
        return self

    def text(self, plain: bytes, last: bool = True) -> Vector:
        nonce = self.chunks.to_bytes(11, "big") + bytes([last])
        self.data += ChaCha20Poly1305(self.stream_key).encrypt(nonce, plain, None)
        self.chunks += 1
        return self

    def chunk(self, size: int, last: bool = False, nonce: bytes | None = None) -> Vector:
        """A payload chosen so that the sealed chunk is all zeros but for its tag."""
        nonce = nonce or self.chunks.to_bytes(11, "big") + bytes([last])
        stream = Cipher(algorithms.ChaCha20(self.stream_key, b"\1\0\0\0" + nonce), None)
        plain = stream.encryptor().update(bytes(size))
        self.data += ChaCha20Poly1305(self.stream_key).encrypt(nonce, plain, None)
        self.chunks += 1
        return self

    def age(self) -> Vector:
        return self.nonce().text(b"age")


def start() -> Vector:
    return Vector().version().x25519()


def _bad_tag() -> Vector:
    vector = start()
    body = bytearray(base64.b64decode(vector.unread() + "="))
    body[-1] ^= 0xFF
    return vector.line(b64(bytes(body))).mac().age()


def _not_canonical() -> Vector:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    vector = start()
    body, arguments = vector.unread(), vector.unread()
    following = alphabet[alphabet.index(arguments[-1]) + 1]
    return vector.line(arguments[:-1] + following).line(body).mac().age()


def _lowercase() -> Vector:
    vector = start()
    body, arguments = vector.unread(), vector.unread()
    return vector.line(arguments.replace("X25519", "x25519")).line(body).mac().age()


def _other_mac() -> Vector:
    vector = start()
    vector.file_key = bytes(16)
    vector.mac()
    vector.file_key = FILE_KEY
    return vector.age()


def _no_space() -> Vector:
    vector = start().mac()
    return vector.line(vector.unread().replace("--- ", "---")).age()


def _crlf() -> Vector:
    vector = start()
    vector.data = bytearray(bytes(vector.data).replace(b"\n", b"\r\n"))
    vector.mac()
    vector.data[-1:] = b"\r\n"
    return vector.age()


def _payload_tag() -> Vector:
    vector = start().mac().age()
    vector.data[-1] ^= 0b0010_0000
    return vector


def _second_recipient() -> Vector:
    vector = Vector().version()
    return vector.x25519(vector.rand(32)).x25519().mac().age()


_LOW_ORDER = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7"

#: Name of the published vector → how to make it, first digits of its SHA-256, what must happen.
VECTORS = {
    "x25519": (lambda: start().mac().age(), "10eb4d4d006859f5", b"age"),
    "x25519_multiple_recipients": (_second_recipient, "141a9e76dc197d07", b"age"),
    "x25519_grease": (
        lambda: (Vector().version().line("-> grease").line("").x25519().line("-> grease").line(""))
        .mac()
        .age(),
        "d9cf37df659830a7",
        b"age",
    ),
    "stream_two_chunks": (
        lambda: start().mac().nonce().chunk(CHUNK).chunk(CHUNK, last=True),
        "86483fdf50635ff4",
        2 * CHUNK,
    ),
    "stream_last_chunk_full": (
        lambda: start().mac().nonce().chunk(CHUNK, last=True),
        "506c0deadb7a5738",
        CHUNK,
    ),
    "stream_empty_payload": (
        lambda: start().mac().nonce().chunk(0, last=True),
        "3145e2396062932b",
        0,
    ),
    "x25519_bad_tag": (_bad_tag, "0be55e64f2273b06", "seal.other_key"),
    "x25519_lowercase": (_lowercase, "1f7a32f5c7152a5e", "seal.other_key"),
    "x25519_low_order": (
        lambda: Vector().version().x25519(share=bytes.fromhex(_LOW_ORDER)).mac().age(),
        "307e7d5f2d8f8fc9",
        "seal.damaged",
    ),
    "x25519_long_file_key": (
        lambda: Vector(b"A LONGER YELLOW SUBMARINE").version().x25519().mac().age(),
        "dd8171b5726acaef",
        "seal.damaged",
    ),
    "x25519_not_canonical_share": (_not_canonical, "9e0427eb7b628851", "seal.damaged"),
    "hmac_bad": (_other_mac, "2f2ec4b40aeb3756", "seal.damaged"),
    "hmac_no_space": (_no_space, "2b669c3fa41d4c6e", "seal.damaged"),
    "header_crlf": (_crlf, "b0a8b9340991d8fb", "seal.damaged"),
    "stanza_empty_argument": (
        lambda: start().line("-> stanza  argument").line("").mac().age(),
        "25aaafb84a6e5145",
        "seal.damaged",
    ),
    "stanza_bad_start": (
        lambda: start().line("-- stanza").line("").mac().age(),
        "0c861303690c5157",
        "seal.damaged",
    ),
    "stanza_missing_final_line": (
        lambda: start().line("-> stanza").line("A" * 64).mac().age(),
        "5a4a5ac752c83049",
        "seal.damaged",
    ),
    "stanza_long_line": (
        lambda: start().line("-> stanza").line("A" * 68).line("").mac().age(),
        "d6431a1561a9b2ba",
        "seal.damaged",
    ),
    "version_unsupported": (
        lambda: Vector().line("age-encryption.org/v1234").x25519().mac().age(),
        "ca73e6f7ea90d01c",
        "seal.damaged",
    ),
    "stream_no_nonce": (lambda: start().mac(), "21fce190e581f7d6", "seal.damaged"),
    "stream_no_chunks": (lambda: start().mac().nonce(), "db18ed8f4a19052b", "seal.damaged"),
    "stream_no_final": (
        lambda: start().mac().nonce().chunk(1),
        "943d14ef9f6bc1d6",
        "seal.damaged",
    ),
    "stream_last_chunk_empty": (
        lambda: start().mac().nonce().chunk(CHUNK).chunk(0, last=True),
        "1f98652cc1e11182",
        "seal.damaged",
    ),
    "stream_two_final_chunks": (
        lambda: start().mac().nonce().chunk(CHUNK, last=True).chunk(1, last=True),
        "9ba49613fa33b8ca",
        "seal.damaged",
    ),
    "stream_bad_tag": (_payload_tag, "6206ba0028a69ece", "seal.damaged"),
}
