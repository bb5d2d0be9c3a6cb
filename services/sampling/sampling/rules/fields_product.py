"""The product form (产品质量监督抽查抽样单): every field of domain §2.3.2 (O18 art. 18); `/` stands where a text does not apply."""

from __future__ import annotations

from sampling.rules import fields_rules as when
from sampling.rules.field import Field, Kind, Need
from sampling.rules.fields_common import (
    BASIS,
    GOODS,
    MAKER,
    PARTY,
    POST_CODE,
    THIRD,
    amounts,
    choice,
    firm,
    given,
    head,
    needed,
    optional,
    proofs,
    slashed,
    team,
    text,
)

RUN, DELIVERY, PURCHASE, ENDING = "执行情况", "寄送样", "样品购置", "拒检与未抽"
_BASIS = (
    *head(),
    given("/task_no", "任务编号", BASIS),
    text("/sample_no", "抽样单编号", BASIS, size=40, need=Need.OPTIONAL),
    slashed("/check/batch_no", "抽检批次号", BASIS, size=60),
    choice("/check/task_kind", "任务类型", BASIS, "task_kind", need=Need.OPTIONAL),
    slashed("/check/check_class", "抽查类别", BASIS, size=60),
    slashed("/check/notice_no", "监督抽查通知书编号", BASIS, size=60),
    choice("/check/result_kind", "执行类型", RUN, "result_kind", default="1"),
    choice("/check/mode", "抽检方式", RUN, "sampling_mode", default="1"),
    choice("/stage", "采样环节", RUN, "stage"),
    choice("/venue", "抽样渠道", RUN, "venue"),
    text("/place", "抽样地点", RUN),
)
_PARTY = (
    *firm("sampled_party", "受检单位", PARTY, {}),
    optional("/sampled_party/licence_no", "受检单位许可证号", PARTY, size=60, slash=True, default="/"),
    choice("/sampled_party/size", "企业规模", PARTY, "firm_size", slash=True),
    choice("/sampled_party/shop_class", "实体店分类", PARTY, "shop_class", slash=True),
    optional("/sampled_party/area_type", "区域类型", PARTY, kind=Kind.ENUM, codes="area_type"),
    optional("/sampled_party/post_code", "受检单位邮编", PARTY, size=6, pattern=POST_CODE, slash=True),
    *firm("producer", "生产单位", MAKER, {}, when.PRODUCER),
    optional("/producer/licence_no", "生产单位许可证号", MAKER, size=60, slash=True, default="/"),
    *firm("consignor", "委托企业", THIRD, {}, when.THIRD_PARTY),
    optional("/consignor/licence_no", "委托企业许可证号", THIRD, size=60, slash=True, default="/"),
)
_GOODS = (
    text("/product/name", "产品名称", GOODS, size=200),
    slashed("/product/brand", "商标", GOODS, size=200, default="/"),
    slashed("/product/spec", "规格型号", GOODS, size=200, default="/"),
    optional("/product/production_date", "生产日期", GOODS, kind=Kind.DAY),
    slashed("/product/lot_no", "批号", GOODS, size=100, default="/"),
    optional("/product/expires_on", "限用日期", GOODS, kind=Kind.DAY),
    slashed("/product/grade", "产品等级", GOODS, size=60, default="/"),
    slashed("/product/standard", "执行标准", GOODS, size=200, default="/"),
    slashed("/product/declared_quality", "明示质量承诺", GOODS, size=300),
    optional("/product/catalogue_code", "产品编码", GOODS, size=40),
    slashed("/product/class_code", "产品分类代码", GOODS, size=60),
    choice("/origin", "样品来源", GOODS, "sample_origin", default="其他"),
    choice("/product/control_type", "监管类别", GOODS, "control_type", default="无"),
    needed("/product/certificate_no", "证书编号", GOODS, when.CONTROLLED, size=60, slash=True, default="/"),
    text("/product/exported", "是否出口", GOODS, kind=Kind.BOOL),
    text("/product/for_sale", "是否合格待销", GOODS, kind=Kind.BOOL),
    text("/product/unit_price_fen", "单价(分)", GOODS, kind=Kind.FEN, default=0),
    optional("/product/stock", "进货(库存)数", GOODS, kind=Kind.DECIMAL),
    optional("/product/last_year_sales", "上年销售额(万元)", GOODS, kind=Kind.DECIMAL),
    *amounts(),
    given("/seal_no", "检样封条编号", GOODS, need=Need.OPTIONAL),
    given("/reserve_seal_no", "备样封条编号", GOODS, need=Need.OPTIONAL),
    slashed("/check/storage", "防护及保存要求", GOODS, size=300),
    optional("/remark", "备注", GOODS, kind=Kind.PARAGRAPH, size=500, default="", slash=True),
)
_AFTER = (
    given("/laboratory_code", "寄送样地点(检验机构)", DELIVERY),
    optional("/check/deliver_by", "寄送样截止日期", DELIVERY, kind=Kind.DAY),
    given("/received_on", "签收日期", DELIVERY, need=Need.OPTIONAL),
    needed("/purchase/invoice_no", "发票号", PURCHASE, when.BOUGHT, size=60, slash=True),
    needed("/purchase/issuer", "开票单位", PURCHASE, when.BOUGHT, size=200, slash=True),
    needed("/purchase/price_paid_fen", "样品购置费(分)", PURCHASE, when.BOUGHT, kind=Kind.FEN),
    optional("/purchase/return_needed", "是否需要退样", PURCHASE, kind=Kind.BOOL),
    needed("/purchase/return_way", "退样方式", PURCHASE, when.RETURNED, kind=Kind.ENUM, codes="return_way"),
    given("/ended_reason", "拒检事实认定/未抽样原因", ENDING, need=Need.OPTIONAL),
    given("/ended_note", "拒检、未抽说明", ENDING, need=Need.OPTIONAL),
)
FIELDS: tuple[Field, ...] = (*_BASIS, *_PARTY, *_GOODS, *_AFTER, *team(), *proofs("监督抽查通知书电子版"))
