"""What oil and online purchases add to a form: domain §2.3.4 (item 13) and §2.3.5 (O18 arts. 24-27, O15 art. 18).

Vending machines and unmanned shops follow the online rules for food (O15 art. 54): the same purchase, unpacking and seals; who runs the machine
stands where the platform stands, and what only a parcel has is left out.
"""

from __future__ import annotations

from sampling.rules import fields_rules as when
from sampling.rules.field import Field, Kind
from sampling.rules.fields_common import needed, optional, proof

_OIL, _SHOP, _ORDER, _UNPACK = "成品油", "网店", "网购订单", "拆封查验"
OIL_FIELDS: tuple[Field, ...] = (
    needed("/oil/detergent", "是否加入清净剂", _OIL, when.OIL, kind=Kind.BOOL),
    needed("/oil/tank_filled_on", "最近一批油品进罐日期", _OIL, when.OIL, kind=Kind.DAY),
    needed("/oil/residue", "前罐内余量", _OIL, when.OIL, kind=Kind.DECIMAL),
    needed("/oil/nozzle", "抽样地点(罐/枪号)", _OIL, when.OIL, size=60),
    needed("/oil/last_year_outflow", "上年出库量", _OIL, when.OIL, kind=Kind.DECIMAL),
    needed("/oil/tank_capacity", "总罐容量", _OIL, when.OIL, kind=Kind.DECIMAL),
)
ONLINE_FIELDS: tuple[Field, ...] = (
    optional("/online/platform_no", "电商平台编号", _SHOP, size=60, slash=True),
    needed("/online/platform_name", "电商平台名称", _SHOP, when.ONLINE, size=200),
    needed("/online/platform_uscc", "电商平台统一社会信用代码", _SHOP, when.ONLINE, kind=Kind.USCC, size=18),
    needed("/online/platform_division_code", "电商平台住所地区划", _SHOP, when.ONLINE, kind=Kind.DIVISION),
    needed("/online/platform_address", "电商平台住所", _SHOP, when.ONLINE),
    needed("/online/machine", "自动售货机(无人售货商店)编号及放置地点", _SHOP, when.UNMANNED, size=200),
    needed("/online/shop_name", "店铺名称", _SHOP, when.SHIPPED, size=200),
    needed("/online/url", "商品网址链接", _SHOP, when.SHIPPED, size=1000, pattern=r"^https?://[!-~]+$"),
    needed("/online/goods_id", "商品唯一识别号", _SHOP, when.SHIPPED, size=100),
    needed("/online/order_no", "商品订单编码", _ORDER, when.ONLINE, size=100),
    needed("/online/ordered_at", "下单时间", _ORDER, when.SHIPPED, kind=Kind.MOMENT),
    needed("/online/paid_at", "支付时间", _ORDER, when.ONLINE, kind=Kind.MOMENT),
    needed("/online/signed_at", "签收时间", _ORDER, when.SHIPPED, kind=Kind.MOMENT),
    needed("/online/pay_account", "付款账户", _ORDER, when.ONLINE, size=100, private=True),
    needed("/online/account", "注册账号", _ORDER, when.SHIPPED, size=100, private=True),
    needed("/online/ship_to", "收货地址", _ORDER, when.SHIPPED, private=True),
    needed("/online/phone", "买样联系方式", _ORDER, when.ONLINE, size=40, private=True),
    needed("/online/buyers", "买样人员", _ORDER, when.ONLINE, kind=Kind.PERSONS, size=10, least=1),
    needed("/online/unpackers", "拆封人员", _UNPACK, when.ONLINE, kind=Kind.PERSONS, size=10, least=2),
    needed("/online/shipped_from", "发货地区划", _ORDER, when.SHIPPED, kind=Kind.DIVISION),
    needed("/online/carrier", "物流公司", _ORDER, when.SHIPPED, size=100),
    needed("/online/tracking_no", "物流单号", _ORDER, when.SHIPPED, size=60),
    optional("/online/freight_fen", "运费(分)", _ORDER, kind=Kind.FEN),
    needed("/online/packing_check", "储运条件及包装查验", _UNPACK, when.ONLINE, kind=Kind.PARAGRAPH, size=500),
    needed("/online/seal_no", "检样封条编号(拆封后)", _UNPACK, when.ONLINE, size=60),
    needed("/online/reserve_seal_no", "备样封条编号(拆封后)", _UNPACK, when.ONLINE, size=60),
    proof("online_licence", "经营者信息截屏(营业执照公示)"),
    proof("online_page", "商品展示页截屏"),
    proof("online_order", "订单截屏"),
    proof("online_payment", "支付记录截屏"),
    proof("online_unboxing", "拆封照片或视频"),
)
