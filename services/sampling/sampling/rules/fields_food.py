"""The food form (食品安全抽样检验抽样单): every field of domain §2.3.1 in its order, with the national system's keys."""

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

_BASIS = (
    *head(),
    choice("/food/reporting_class_a", "报送分类A", BASIS, "reporting_class_a", national="sp_s_70", need=Need.OPTIONAL),
    text("/food/reporting_class_b", "报送分类B", BASIS, size=100, national="sp_s_67"),
    choice("/food/task_category", "检验目的/任务类别", BASIS, "task_category", national="sp_s_44", default="监督抽检"),
    text("/sample_no", "抽样单编号", BASIS, size=40, national="sp_s_16"),
    given("/laboratory_code", "检验机构", BASIS),
    choice("/food/sampling_type", "抽样类型", BASIS, "sampling_type", default="常规抽样"),
    text("/food/food_class", "食品分类(大类、亚类、次亚类、细类)", BASIS, kind=Kind.CLASSES, codes="food_class", national="sp_s_17/18/19/20"),
)
_PARTY = (
    *firm("sampled_party", "被抽样单位", PARTY, {
        "name": "sp_s_1", "uscc": "sp_s_215", "division_code": "sp_s_3/4/5", "address": "sp_s_7", "legal_person": "sp_s_8", "contact": "sp_s_11",
        "phone": "sp_s_12",
    }),
    choice("/sampled_party/area_type", "区域类型", PARTY, "area_type", national="sp_s_201"),
    choice("/stage", "抽样环节", PARTY, "stage", national="sp_s_68"),
    choice("/venue", "抽样地点类型", PARTY, "venue", national="sp_s_2"),
    text("/place", "抽样地点", PARTY),
    optional("/market/name", "集中交易市场开办者名称", PARTY, size=200, slash=True),
    optional("/market/uscc", "集中交易市场开办者统一社会信用代码", PARTY, kind=Kind.USCC, size=18, slash=True),
    optional("/market/address", "集中交易市场地址", PARTY, slash=True),
    needed("/sampled_party/licence_type", "许可证类型", PARTY, when.LICENCE_TYPE, kind=Kind.ENUM, codes="licence_type", national="sp_xkz"),
    optional("/sampled_party/licence_no", "许可证号", PARTY, size=60, slash=True, default="/", national="sp_xkz_id"),
    optional("/sampled_party/annual_sales", "年销售额(万元)", PARTY, kind=Kind.DECIMAL, national="sp_s_23"),
    optional("/sampled_party/fax", "被抽样单位传真", PARTY, size=40, slash=True, national="bsfl"),
    optional("/sampled_party/post_code", "被抽样单位邮编", PARTY, size=6, pattern=POST_CODE, slash=True, national="sp_s_10"),
    needed("/sampled_party/stall", "摊位号或姓名", PARTY, when.STALL, size=60, slash=True),
    needed("/sampled_party/id_no", "身份证号", PARTY, when.ID_NUMBER, size=18, private=True, slash=True),
)  # fmt: skip
_MAKER = (
    *firm("producer", "生产企业", MAKER, {
        "name": "sp_s_64", "address": "sp_s_65", "division_code": "sp_s_202/220/221", "contact": "sp_s_75", "phone": "sp_s_76",
    }, when.PRODUCER),
    needed("/producer/licence_no", "生产许可证号", MAKER, when.SC_LICENCE, size=60, slash=True, default="/", national="sp_s_13"),
    *firm("consignor", "第三方企业", THIRD, {"name": "sp_s_qymc", "address": "sp_s_qydz", "contact": "sp_s_lxr", "phone": "sp_s_tel"},
          when.THIRD_PARTY),
    optional("/consignor/licence_no", "第三方企业许可证号", THIRD, size=60, slash=True, default="/", national="sp_s_qs"),
    needed("/consignor/nature", "第三方企业性质", THIRD, when.THIRD_PARTY, kind=Kind.ENUM, codes="third_party_nature"),
)  # fmt: skip
_GOODS = (
    text("/product/name", "样品名称", GOODS, size=200, national="sp_s_14"),
    slashed("/product/brand", "商标", GOODS, size=200, default="/", national="sp_s_74"),
    optional("/product/barcode", "样品条码", GOODS, size=14, slash=True, pattern=r"^([0-9]{8,14}|/)$", national="sp_s_222"),
    choice("/food/sample_type", "样品类型", GOODS, "sample_type", national="sp_s_62"),
    choice("/origin", "样品来源", GOODS, "sample_origin", national="sp_s_21", default="其他"),
    choice("/food/attribute", "样品属性", GOODS, "sample_attribute", national="sp_s_203"),
    choice("/food/packing_class", "包装分类", GOODS, "packing_class", national="sp_s_63"),
    needed("/product/production_date", "生产(购进、加工、检疫)日期", GOODS, when.PRODUCED, kind=Kind.DAY, national="sp_d_28"),
    choice("/product/date_kind", "日期类别", GOODS, "date_kind", default="生产日期"),
    slashed("/food/shelf_life", "保质期", GOODS, size=60, national="sp_n_29"),
    slashed("/product/lot_no", "样品批号", GOODS, size=100, default="/", national="sp_s_27"),
    slashed("/product/spec", "规格型号", GOODS, size=200, default="/", national="sp_s_26"),
    slashed("/product/grade", "质量等级", GOODS, size=60, default="/", national="sp_s_73"),
    text("/product/unit_price_fen", "单价(分)", GOODS, kind=Kind.FEN, default=0, national="sp_s_204"),
    optional("/product/price_unit", "计价单位", GOODS, size=20, slash=True),
    text("/food/imported", "是否进口", GOODS, kind=Kind.BOOL, national="sp_s_sfjk"),
    optional("/food/exported", "是否出口", GOODS, kind=Kind.BOOL, national="sp_s_205"),
    needed("/food/origin_place", "原产地", GOODS, when.IMPORTED, size=100, slash=True, national="sp_s_ycg"),
    slashed("/product/standard", "执行标准/技术文件", GOODS, size=200, default="/", national="sp_s_72"),
    optional("/product/catalogue_code", "产品编码", GOODS, size=40),
    *amounts(),
    choice("/food/sampling_way", "抽样方式", GOODS, "sampling_way", national="sp_s_24"),
    choice("/food/sample_form", "样品形态", GOODS, "sample_form", national="sp_s_61"),
    slashed("/food/packing", "样品包装", GOODS, size=100, national="sp_s_33"),
    choice("/food/storage", "储存条件", GOODS, "storage", national="sp_s_30"),
    optional("/food/temperature", "温度(℃)", GOODS, size=6, pattern=r"^(-?[0-9]{1,3}(\.[0-9])?|/)$", slash=True, national="sp_n_31"),
    optional("/food/humidity", "湿度(%)", GOODS, size=5, pattern=r"^([0-9]{1,3}(\.[0-9])?|/)$", slash=True, national="sp_n_32"),
    optional("/remark", "备注", GOODS, kind=Kind.PARAGRAPH, size=500, default="", slash=True, national="sp_s_34"),
)
FIELDS: tuple[Field, ...] = (*_BASIS, *_PARTY, *_MAKER, *_GOODS, *team(), *proofs("抽样检验告知书电子版"))
