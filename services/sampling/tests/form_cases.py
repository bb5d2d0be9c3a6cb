"""Whole forms of every kind, and wrong ones with the code and place that each must get (form_cases.yaml)."""

import copy
from pathlib import Path

import yaml
from sampling_cases import FOOD_FORM, FORM

CASES = yaml.safe_load((Path(__file__).parent / "form_cases.yaml").read_text())
OIL = FORM | {
    "venue": "加油站", "check": {"result_kind": "4"},
    "oil": {"detergent": True, "tank_filled_on": "2021-01-20", "residue": "3.5", "nozzle": "3号罐/5号枪", "last_year_outflow": "1200",
            "tank_capacity": "30"},
}  # fmt: skip
_PURCHASE = {
    "platform_name": "某网络科技公司", "platform_uscc": "91620200MA72000015",
    "platform_division_code": "620200", "platform_address": "嘉峪关市某路3号",
    "shop_name": "某旗舰店", "url": "https://example.com/item?id=1", "goods_id": "1", "order_no": "20210125000001",
    "ordered_at": "2021-01-25T10:00:00+08:00", "paid_at": "2021-01-25T10:01:00+08:00", "signed_at": "2021-01-30T09:00:00+08:00",
    "pay_account": "6222000000001234", "account": "buyer20210125", "ship_to": "兰州市城关区某路9号某单位收发室", "phone": "13900005678",
    "buyers": [{"name": "买样员己", "certificate_no": "S003"}],
    "unpackers": [{"name": "抽样员丁", "certificate_no": "S001"}, {"name": "抽样员戊", "certificate_no": "S002"}],
    "shipped_from": "330106", "carrier": "某快递", "tracking_no": "YT0001", "packing_check": "外箱完好,常温运输",
    "seal_no": "F001", "reserve_seal_no": "F002",
}  # fmt: skip
ONLINE = FORM | {
    "venue": "电商", "check": {"mode": "3"}, "purchase": {"invoice_no": "00012345", "issuer": "某旗舰店", "price_paid_fen": 39200},
    "online": _PURCHASE,
}  # fmt: skip
FOOD_ONLINE = FOOD_FORM | {"venue": "网购", "online": _PURCHASE}


def changed(form, change):
    """The form with other values at these places (steps between slashes); `...` or the text `<absent>` takes one away."""
    body = copy.deepcopy(form)
    for place, value in change.items():
        *way, last = place.split("/")
        node = body
        for step in way:
            if isinstance(node, dict) and node.get(step) is None:
                node[step] = {}
            node = node[int(step)] if step.isdigit() else node[step]
        key = int(last) if last.isdigit() else last
        if value is ... or value == "<absent>":
            del node[key]
        else:
            node[key] = value
    return body
