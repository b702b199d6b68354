"""Files of our own that somebody changed: key file, bundle manifest, weights, backup, exports, settings."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from tests.fuzz.mutations import broken, broken_json, check, inputs, one_line
from tfdesk.core.errors import (
    InputRefused,
    KnownError,
    ModelUnavailable,
    VaultDamaged,
    VaultNewer,
    WrongPassphrase,
)
from tfdesk.core.settings import Settings, load_settings
from tfdesk.services import audit_file, bundles, client_file, weights
from tfdesk.store import anchor, backup_file, crypto, keys
from tfdesk.store.anchor import Head
from tfdesk.store.vault import Vault
from trainer.bundle import read_manifest
from trainer.config import InputError
from trainer.sealed import Folder

JSON_WORDS = [*b'{ } [ ] " : , null NaN -1 1e400 \\ud800'.split(), b"[" * 3000]


@pytest.fixture(scope="module")
def cheap():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crypto.Argon2Parameters.__init__, "__defaults__", (64, 1, 1))
        yield


@pytest.fixture(scope="module")
def key_file(cheap):
    file, key = keys.new_key_file(), crypto.new_key()
    file = file.with_slot(keys.passphrase_slot(file, key, "one horse", "therapist"))
    file = file.with_slot(keys.passphrase_slot(file, key, "two horses", "supervisor"))
    file = file.with_slot(keys.recovery_slot(file, key, crypto.new_recovery_key(), "therapist"))
    return file.with_slot(keys.keyring_slot(file, key, crypto.new_key(), "therapist"))


@inputs
@pytest.mark.timeout(3600)
def test_a_key_file_is_read_or_refused(tmp_path, key_file, inputs):
    place, text = tmp_path / "k.json", keys.as_text(key_file).encode()

    def law(chance):
        if chance.random() < 0.4:
            data = broken([text], JSON_WORDS, chance)
        else:  # by somebody who makes the checksum fit
            body = broken_json(json.loads(text)["body"], chance)
            whole = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
            data = json.dumps({"body": body, "sha256": hashlib.sha256(whole).hexdigest()}).encode()
        place.write_bytes(data)
        try:
            file = keys.read_key_file(place)
        except (VaultDamaged, VaultNewer):
            return
        for slot in file.slots:
            assert slot.cost is None or slot.cost.memory_kib <= 1024 * 1024
            with pytest.raises(crypto.CannotOpen):  # nothing that was changed opens
                crypto.unwrap(slot.wrapped, bytes(32), b"")

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_a_bundles_manifest_is_read_or_refused_by_the_window_and_by_the_model_process(
    tmp_path, desk_bundle, inputs
):
    good = (desk_bundle / "bundle.json").read_bytes()
    folder = Folder(tmp_path)
    for name in ("config.json", "tokenizer.json", "critic.json"):
        (tmp_path / name).write_bytes((desk_bundle / name).read_bytes())

    def law(chance):
        if chance.random() < 0.4:
            data = broken([good], JSON_WORDS, chance)
        else:
            data = json.dumps(broken_json(json.loads(good), chance)).encode()
        try:
            label = bundles.read_label(bundles.Source("x", {"bundle.json": lambda: io.BytesIO(data)}))
            assert set(label.files) <= bundles._NAMES
            assert 0 <= label.size <= len(label.files) * bundles.MAX_BYTES
        except ModelUnavailable as refusal:
            one_line(refusal.line())
        (tmp_path / "bundle.json").write_bytes(data)
        with pytest.raises(InputError) as refused:  # the weights are missing here, whatever the manifest says
            read_manifest(folder)
        assert "\n" not in str(refused.value)

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_weights_are_whole_or_refused(inputs):
    header = json.dumps(
        {
            "__metadata__": {"format": "pt"},
            "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
            "b": {"dtype": "F16", "shape": [4], "data_offsets": [16, 24]},
        }
    ).encode()
    good = len(header).to_bytes(8, "little") + header + bytes(24)

    def law(chance):
        if chance.random() < 0.5:
            data = broken(
                [good], [*JSON_WORDS, b"F64", b"data_offsets", b"\xff\x7f", b"__metadata__"], chance
            )
        else:
            text = json.dumps(broken_json(json.loads(header), chance)).encode()
            data = len(text).to_bytes(8, "little") + text + chance.randbytes(24)
        found = weights.fault(io.BytesIO(data), len(data))
        assert found is None or found.startswith(("is ", "holds "))

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_a_backup_is_read_or_refused(tmp_path, key_file, inputs):
    vault = Vault.create(tmp_path / "vault.db", crypto.new_key())
    (tmp_path / "database").write_bytes(b"not a database, but bytes " * 20)
    place = tmp_path / "backup"
    backup_file.write(place, tmp_path / "database", key_file, vault, Head(3, "0" * 64), 1.0)
    vault.close()
    good = place.read_bytes()
    length = int.from_bytes(good[16:20], "big")
    manifest, rest = json.loads(good[20 : 20 + length]), good[20 + length : -32]

    def law(chance):
        if chance.random() < 0.4:
            data = broken([good], [b"tfdesk backup 1\n", b"tfdesk backup 2\n", *JSON_WORDS], chance)
        else:  # the digest at the end fits
            told = json.dumps(broken_json(manifest, chance)).encode()
            data = b"tfdesk backup 1\n" + len(told).to_bytes(4, "big") + told + rest
            data += hashlib.sha256(data).digest()
        place.write_bytes(data)
        try:
            found = backup_file.read(place)
            assert found.file == key_file
        except (InputRefused, VaultDamaged, VaultNewer) as refusal:
            one_line(refusal.line())

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_an_exported_audit_log_is_verified_or_refused(tmp_path, inputs):
    bodies = [json.dumps({"sequence": n, "kind": "turn edited", "at": 1.0}) for n in (1, 2, 3)]
    log, previous = [], audit_file.audit.GENESIS
    for number, body in enumerate(bodies, start=1):
        own = audit_file.audit.entry_hash(previous, body)
        log.append({"sequence": number, "body": body, "previous": previous, "hash": own})
        previous = own
    lines = [{"format": audit_file.FORMAT, "entries": 3, "head": previous}, *log]
    good, place = "".join(json.dumps(line) + "\n" for line in lines).encode(), tmp_path / "log.jsonl"

    def law(chance):
        if chance.random() < 0.4:
            data = broken([good], [*JSON_WORDS, b"\n", b"sequence"], chance)
        else:
            changed = broken_json(lines, chance)
            changed = changed if isinstance(changed, list) else [changed]
            data = "".join(json.dumps(line) + "\n" for line in changed).encode()
        place.write_bytes(data)
        try:
            log = audit_file.read_export(place)
            verdict = audit_file.verify(log)
        except InputRefused as refusal:
            one_line(refusal.line())
            return
        assert not verdict.whole or [entry.body for entry in log.entries] == bodies[: len(log.entries)]

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_an_encrypted_export_is_opened_only_unchanged(tmp_path, cheap, inputs):
    good, place = client_file.sealed(b"the zip", "one horse"), tmp_path / "marta"
    start = len(client_file.MAGIC) + 4

    def law(chance):
        if chance.random() < 0.5:
            data = broken([good], [client_file.MAGIC, *JSON_WORDS], chance)
        else:
            length = int.from_bytes(good[start - 4 : start], "big")
            fields = broken_json(json.loads(good[start : start + length]), chance)
            if isinstance(fields, dict) and isinstance(fields.get("cost"), dict):
                fields["cost"]["memory_kib"] = chance.choice([8, 64, 0, 2**40, "x"])  # cheap, or refused
            header = json.dumps(fields).encode()
            data = client_file.MAGIC + len(header).to_bytes(4, "big") + header + good[start + length :]
        place.write_bytes(data)
        try:
            assert client_file.opened_file(place, "one horse") == b"the zip"
            assert data == good
        except (InputRefused, WrongPassphrase):
            pass

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_settings_and_anchor_are_read_or_refused(tmp_path, inputs):
    settings_file, anchor_file = tmp_path / "settings.toml", tmp_path / "anchor.json"
    toml = b'theme = "dark"\nscale = 120\nidle_minutes = 15\nemotion_enabled = true\n'
    vault = Vault.create(tmp_path / "vault.db", crypto.new_key())
    anchor.write(anchor_file, "v", Head(0, "0" * 64), [anchor.sealing_key(vault)])
    sealed = anchor_file.read_bytes()

    def law(chance):
        settings_file.write_bytes(
            broken([toml], [b"=", b'"', b"\n", b"[a]", b"99999999999", b"'''", b"inf"], chance)
        )
        try:
            assert isinstance(load_settings(settings_file), Settings)
        except KnownError as refusal:
            one_line(refusal.line())
        value = broken_json(json.loads(sealed), chance)
        anchor_file.write_bytes(
            broken([sealed], JSON_WORDS, chance) if chance.random() < 0.5 else json.dumps(value).encode()
        )
        assert anchor.compare(anchor_file, "v", vault).state in ("ok", "none", "older", "unverifiable")

    check(law, inputs)
    vault.close()
