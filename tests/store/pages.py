"""What lies in the pages of an encrypted database, deleted rows and unused space too: for tests."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tfdesk.store.crypto import sub_key

PAGE, IV, RESERVED, SALT = 4096, 16, 80, 16  # SQLCipher 4: a page ends with its IV and its seal
WAL_HEADER, FRAME_HEADER = 32, 24


def decrypted(vault_file: Path, key: bytes) -> bytes:
    """Every page of the file, and of its write-ahead log if there is one."""
    key, data = sub_key(key, "database"), vault_file.read_bytes()
    found = [_page(data[:PAGE], key, SALT)]
    found += [_page(data[start : start + PAGE], key) for start in range(PAGE, len(data), PAGE)]
    log = vault_file.with_name(vault_file.name + "-wal")
    frames = log.read_bytes()[WAL_HEADER:] if log.exists() else b""
    for start in range(0, len(frames), FRAME_HEADER + PAGE):
        number = int.from_bytes(frames[start : start + 4], "big")
        page = frames[start + FRAME_HEADER : start + FRAME_HEADER + PAGE]
        found.append(_page(page, key, SALT if number == 1 else 0))
    return b"".join(found)


def _page(page: bytes, key: bytes, plain: int = 0) -> bytes:
    iv = page[PAGE - RESERVED : PAGE - RESERVED + IV]
    opener = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return opener.update(page[plain : PAGE - RESERVED]) + opener.finalize()
