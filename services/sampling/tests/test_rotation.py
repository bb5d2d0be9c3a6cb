"""Keys change without a stop: sealed fields of every table, links of parties, and receipts that were signed before."""

import json
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sampling_cases import RECEIPT, report
from sqlalchemy import LargeBinary

from common import vault
from common.region import Region
from common.reseal import reseal
from sampling import models
from sampling.main import SERVICE

OLD, NEW, OWNER = "cd" * 32, "ef" * 32, "620102"


def test_every_sealed_column_of_the_models_is_resealed():
    tables = [one.__table__ for one in vars(models).values() if hasattr(one, "__table__")]
    held = {(t.name, c.name) for t in tables for c in t.columns if isinstance(c.type, LargeBinary)}
    assert {(one.table, column) for one in SERVICE.sealed for column in one.words} == held - {("laboratory_draw", "seed")}


async def test_fields_of_forms_and_of_append_only_events_are_sealed_anew_under_the_first_key(batch, platform):
    sent = await batch.sealed()
    receipt = RECEIPT | {"checker": "检验员甲", "checker_phone": "13900005678"}
    await batch.act(batch.lab(), sent, "receipt", receipt)
    keys = vault.keys_of(OLD, Region(OWNER))
    [sample] = await platform.rows("SELECT id FROM sample LIMIT 1")
    sealed = vault.seal(keys, f"{sample['id']}:form", json.dumps({"phone": "13893100001"}))
    await platform.rows("UPDATE sample SET personal = $1 WHERE id = $2", sealed, sample["id"])
    [event] = await platform.rows("SELECT id FROM custody_event WHERE phone_sealed IS NOT NULL")
    found = await reseal(platform.runtime.db, f"{NEW},{OLD}", "62", SERVICE.sealed)
    assert (found["resealed"], found["unreadable"], found["busy"]) == (2, 0, 0)
    new = vault.keys_of(NEW, Region(OWNER))
    [row] = await platform.rows("SELECT personal FROM sample WHERE id = $1", sample["id"])
    assert json.loads(vault.unseal(new, f"{sample['id']}:form", row["personal"])) == {"phone": "13893100001"}
    [row] = await platform.rows("SELECT phone_sealed FROM custody_event WHERE id = $1", event["id"])
    assert vault.unseal(new, f"{event['id']}:phone", row["phone_sealed"]) == "13900005678"


async def test_a_partys_link_lives_on_while_the_scope_key_changes_and_ends_with_the_old_key(batch, platform):
    made, db = await batch.linked(), platform.runtime.db

    async def open_page():
        return (await platform.client().get(f"/v1/party/{made['token']}", headers={"X-Party-Code": made["code"]})).status_code

    assert await open_page() == 200
    await platform.rows("INSERT INTO tenancy.secret VALUES (decode($1, 'hex'))", NEW)
    platform.runtime.db = replace(db, key=bytes.fromhex(NEW), older_keys=(db.key,))
    assert await open_page() == 200
    platform.runtime.db = replace(db, key=bytes.fromhex(NEW))
    assert await open_page() == 404


def _pem(key, *, public=False):
    if public:
        return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("public", [True, False])
async def test_receipts_of_an_old_key_stay_verifiable_and_new_ones_are_signed_by_the_first(batch, platform, tmp_path, public):
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    file = tmp_path / "receipt.pem"
    object.__setattr__(platform.runtime.clients, "receipt_key_file", str(file))

    async def push():
        sample = await batch.received()
        return (await batch.push(report(sample["sample_no"], report_no=f"R-{sample['sample_no']}"))).json()["receipt"]

    async def verify(receipt):
        served = (await platform.client().get("/v1/receipts/keys")).json()["keys"]
        [key] = [key for key in served if key["kid"] == jwt.get_unverified_header(receipt)["kid"]]
        jwt.decode(receipt, jwt.PyJWK(key).key, algorithms=["EdDSA"])
        return served.index(key), len(served)

    file.write_text(_pem(old))
    platform.runtime.clients.kept.pop(("receipt_key",), None)
    first = await push()
    assert await verify(first) == (0, 1)
    file.write_text(_pem(new) + _pem(old, public=public))
    platform.runtime.clients.kept.pop(("receipt_key",), None)
    assert await verify(first) == (1, 2)
    assert await verify(await push()) == (0, 2)


async def test_a_file_that_begins_with_a_public_key_signs_nothing(batch, platform, tmp_path):
    (tmp_path / "r.pem").write_text(_pem(Ed25519PrivateKey.generate(), public=True))
    object.__setattr__(platform.runtime.clients, "receipt_key_file", str(tmp_path / "r.pem"))
    platform.runtime.clients.kept.pop(("receipt_key",), None)
    sample = await batch.received()
    answer = await batch.push(report(sample["sample_no"]))
    assert (answer.status_code, answer.json()["code"]) == (503, "receipt_key_missing")
