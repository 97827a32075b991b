"""Encrypts state.json the way OpenTofu does, without any code of driftline's: hashlib for PBKDF2, `cryptography` for AES.

state.json was written by terraform 1.11.4. Running this again writes the very same files: salts, nonces and keys are digests
of the case's name. cases.json holds the `encryption` block of each case, and what a fake of each key service has to answer.

    python3 testdata/encryption/make.py
"""

import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = pathlib.Path(__file__).parent
STATE = (HERE / "state.json").read_bytes()
# Small, for tests that change every byte.
SMALL = b'{"version":4,"terraform_version":"1.11.4","serial":3,"lineage":"0d3c","outputs":{},"resources":[]}'
PASSPHRASE = "not-a-secret-not-a-secret"
CASES = {}


def b64(data):
    return base64.b64encode(data).decode()


def made(label, length):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_256(label.encode()).digest(length)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def pbkdf2(label, secret, iterations=1000, digest="sha512", length=32):
    salt = made(label + " salt", 32)
    key = hashlib.pbkdf2_hmac(digest, secret, salt, iterations, length)
    meta = {"salt": b64(salt), "iterations": iterations, "hash_function": digest, "key_length": length}
    return key, meta


def envelope(label, meta, key, aad=b"", plain=STATE, **clear):
    """What OpenTofu writes, with its keys in Go's order. `clear` says other things in the clear than hold within."""
    state = {**json.loads(plain), **clear}
    nonce = made(label + " nonce", 12)
    return compact({
        "serial": state["serial"],
        "lineage": state["lineage"],
        "meta": {name: b64(compact(value).encode()) for name, value in sorted(meta.items())},
        "encrypted_data": b64(nonce + AESGCM(key).encrypt(nonce, plain, aad or None)),
        "encryption_version": "v0",
    })


def case(name, providers, meta, key, method=None, aad=b"", answers=None, plain=STATE):
    """`providers`: the blocks by type and name; `answers`: keys by the ciphertext that a service is asked for."""
    last = list(providers)[-1]
    block = {"keys": "key_provider." + last, **(method or {})}
    CASES[name] = {
        "key_providers": providers,
        "methods": {"aes_gcm.main": block},
        "state": ["aes_gcm.main"],
        "answers": answers or {},
    }
    (HERE / f"{name}.tfstate").write_text(envelope(name, meta, key, aad, plain))


def main():
    passphrase = {"passphrase": PASSPHRASE}
    for digest in ("sha256", "sha512"):
        for length in (16, 24, 32):
            name = f"pbkdf2-{digest}-aes{length * 8}"
            key, meta = pbkdf2(name, PASSPHRASE.encode(), digest=digest, length=length)
            # What the block says is for the next key, and must not matter.
            block = {**passphrase, "iterations": 250000, "hash_function": "sha512", "key_length": 32}
            case(name, {"pbkdf2.main": block}, {"key_provider.pbkdf2.main": meta}, key)

    key, meta = pbkdf2("defaults", PASSPHRASE.encode(), iterations=600000)
    case("pbkdf2-defaults", {"pbkdf2.main": passphrase}, {"key_provider.pbkdf2.main": meta}, key)

    key, meta = pbkdf2("aad", PASSPHRASE.encode())
    case("aad", {"pbkdf2.main": passphrase}, {"key_provider.pbkdf2.main": meta}, key, {"aad": [1, 2, 250]}, bytes([1, 2, 250]))

    key, meta = pbkdf2("alias", PASSPHRASE.encode())
    case("alias", {"pbkdf2.renamed": {**passphrase, "encrypted_metadata_alias": "shared"}}, {"shared": meta}, key)

    root, root_meta = pbkdf2("chain root", PASSPHRASE.encode(), digest="sha256", length=24)
    key, meta = pbkdf2("chain", root)
    case(
        "chain",
        {"pbkdf2.root": {**passphrase, "encrypted_metadata_alias": "root"}, "pbkdf2.zweig": {"chain": "key_provider.pbkdf2.root"}},
        {"root": root_meta, "key_provider.pbkdf2.zweig": meta},
        key,
    )

    key, meta = pbkdf2("small", PASSPHRASE.encode(), iterations=2)
    case("small", {"pbkdf2.main": passphrase}, {"key_provider.pbkdf2.main": meta}, key, plain=SMALL)
    (HERE / "small.json").write_bytes(SMALL)
    meta = {"key_provider.pbkdf2.main": meta}
    (HERE / "small-replayed.tfstate").write_text(envelope("small", meta, key, plain=SMALL, serial=4))
    (HERE / "small-mixed-up.tfstate").write_text(envelope("small", meta, key, plain=SMALL, lineage="0d3d"))
    (HERE / "small-no-state.tfstate").write_text(envelope("small", meta, key, plain=b'{"serial":3}', lineage="0d3c"))

    for name, context in (("aws-kms", None), ("aws-kms-context", {"stack": "web", "team": "größe"})):
        key, blob = made(name + " key", 32), made(name + " blob", 184)
        meta = {"ciphertext_blob": b64(blob)}
        block = {"kms_key_id": "alias/state", "key_spec": "AES_256", "region": "eu-north-1"}
        if context:
            meta["encryption_context"] = context
            block["encryption_context"] = context
        case(name, {"aws_kms.main": block}, {"key_provider.aws_kms.main": meta}, key, answers={b64(blob): b64(key)})

    root, blob = made("kms chain key", 32), made("kms chain blob", 184)
    key, meta = pbkdf2("aws-kms-chain", root)
    case(
        "aws-kms-chain",
        {"aws_kms.root": {"kms_key_id": "alias/state", "key_spec": "AES_256"}, "pbkdf2.zweig": {"chain": "key_provider.aws_kms.root"}},
        {"key_provider.aws_kms.root": {"ciphertext_blob": b64(blob)}, "key_provider.pbkdf2.zweig": meta},
        key,
        answers={b64(blob): b64(root)},
    )

    key, blob = made("gcp key", 32), made("gcp blob", 113)
    block = {"kms_encryption_key": "projects/p/locations/global/keyRings/r/cryptoKeys/k", "key_length": 32, "access_token": "not-a-secret"}
    case("gcp-kms", {"gcp_kms.main": block}, {"key_provider.gcp_kms.main": {"ciphertext": b64(blob)}}, key, answers={b64(blob): b64(key)})

    key, sealed = made("bao key", 16), "vault:v1:" + b64(made("bao blob", 44))
    block = {"key_name": "state key", "key_length": 16, "token": "not-a-secret", "transit_engine_path": "/deep/transit"}
    case("openbao", {"openbao.main": block}, {"key_provider.openbao.main": {"ciphertext": b64(sealed.encode())}}, key, answers={sealed: b64(key)})

    key = made("external key", 32)
    case("external", {"external.main": {}}, {"key_provider.external.main": {"external_data": {"id": 7}}}, key, answers={"key": b64(key)})
    case("external-nothing-noted", {"external.main": {}}, {"key_provider.external.main": {"external_data": None}}, key, answers={"key": b64(key)})

    (HERE / "cases.json").write_text(json.dumps(CASES, indent=1, ensure_ascii=False) + "\n")


main()
