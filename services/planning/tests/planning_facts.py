"""Batches as sampling tells them, for the tests of planning."""

from longzhi.sampling.v1.events_pb2 import BatchFacts, Party


def batch_facts(task_id, sample_id, **more):
    """A batch as sampling tells it."""
    firm = {"name": "某厂", "uscc": "91620902MA7100000G", "division_code": "620902", "address": "某路"}
    fields = {
        "sample_no": "SCP21620102A00100001", "programme": "产品", "source_region_code": "6201", "product_name": "复合袋",
        "standard": "GB/T 10004-2008",
        "brand": "陇", "spec": "200mm×300mm", "sampled_on": "2021-02-01", "parties": [Party(role="producer", **firm)],
    }  # fmt: skip
    return BatchFacts(task_id=task_id, sample_id=sample_id, **(fields | more))
