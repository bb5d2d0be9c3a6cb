"""gRPC on a real server and a real token."""

import grpc
import pytest
from longzhi.directory.v1 import directory_service_pb2 as pb
from longzhi.directory.v1 import directory_service_pb2_grpc as pb_grpc
from samples import enterprise, make_uscc

from common import rpc, testing
from common.errors import Forbidden, Invalid, NotFound, Unauthenticated
from directory.rpc import add


@pytest.fixture
async def stub(platform):
    server = grpc.aio.server()
    add(platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with rpc.channel(f"127.0.0.1:{port}") as channel:
        yield pb_grpc.DirectoryServiceStub(channel)
    await server.stop(0)


def ask(method, request, region="620902", **who):
    return rpc.ask(method, request, testing.caller("x", "officer", region=None if who else region, **who), 5)


async def test_identities_come_in_the_order_asked_without_the_unknown(registrar, firm, stub):
    other = (await registrar.post("/v1/enterprises", json=enterprise(2))).json()
    asked = pb.ResolveEnterprisesRequest(usccs=[other["uscc"], make_uscc(9), firm["uscc"]])
    found = (await ask(stub.ResolveEnterprises, asked)).enterprises
    assert [(e.enterprise_id, e.region_code) for e in found] == [(other["id"], "620102"), (firm["id"], "620102")]
    assert len((await ask(stub.ResolveEnterprises, asked, laboratory="L01")).enterprises) == 2
    with pytest.raises(Invalid, match="list_length"):
        await ask(stub.ResolveEnterprises, pb.ResolveEnterprisesRequest(usccs=["x"] * 501))


async def test_licences_have_their_state_on_the_day(registrar, firm, licence, stub):
    await registrar.post(f"/v1/licences/{licence['id']}/status", json={"status": "吊销", "on": "2021-05-01", "reason": "x"})

    async def on(day):
        found = await ask(stub.ListLicences, pb.ListLicencesRequest(uscc=firm["uscc"], on=day))
        return [(x.number, x.status, x.valid_to) for x in found.licences]

    assert await on("2021-04-30") == [("(甘)XK16-204-00001", "有效", "2024-02-28")]
    assert (await on("2021-05-01"))[0][1] == "吊销"
    with pytest.raises(NotFound):
        await ask(stub.ListLicences, pb.ListLicencesRequest(uscc=make_uscc(9), on="2021-01-01"))
    with pytest.raises(Invalid, match="date_format"):
        await on("2021-13-01")


async def test_a_laboratory_comes_with_certificates_newest_first_and_scope(lab, stub):
    found = await ask(stub.GetLaboratory, pb.GetLaboratoryRequest(code="L01"), laboratory="L01")
    assert [(c.cma_no, c.valid_to) for c in found.certificates] == [("182800340101", "2024-05-09"), ("122800340101", "2018-05-09")]
    assert [(s.item, s.method) for s in found.scope] == [("甲醛释放量", "GB/T 17657-2013 4.60"), ("铅", "GB 31604.9-2016")]
    with pytest.raises(NotFound):
        await ask(stub.GetLaboratory, pb.GetLaboratoryRequest(code="L99"))


async def test_all_laboratories_come_for_a_draw(lab, stub):
    found = await ask(stub.ListLaboratories, pb.ListLaboratoriesRequest())
    assert [(one.code, len(one.certificates), len(one.scope)) for one in found.laboratories] == [("L01", 2, 2)]


async def test_enterprises_in_operation_are_counted_by_owner(registrar, neighbour, firm, stub):
    await registrar.post("/v1/enterprises", json=enterprise(2, status="注销"))
    await registrar.post("/v1/enterprises", json=enterprise(3, products=["CS-01"]))
    await neighbour.post("/v1/enterprises", json=enterprise(4, division_code="620103"))

    async def count(region, product="", caller="62"):
        found = await ask(stub.CountEnterprises, pb.CountEnterprisesRequest(region_code=region, product_code=product), region=caller)
        return {c.region_code: c.enterprises for c in found.counts}

    assert await count("62") == {"620102": 2, "620103": 1}
    assert await count("6201", "FR-01") == {"620102": 1, "620103": 1}
    assert await count("620103", "CS-01") == {}
    with pytest.raises(Forbidden, match="region_outside"):
        await count("620103", caller="620102")
    with pytest.raises(Invalid, match="region_format"):
        await count("x")


async def test_nobody_is_answered(stub):
    for method, request in (
        (stub.ResolveEnterprises, pb.ResolveEnterprisesRequest()), (stub.ListLicences, pb.ListLicencesRequest()),
        (stub.GetLaboratory, pb.GetLaboratoryRequest()), (stub.CountEnterprises, pb.CountEnterprisesRequest()),
    ):  # fmt: skip
        with pytest.raises(Unauthenticated):
            await rpc.ask(method, request, testing.Caller("x", "x", frozenset(), None, None, "no token"), 5)
