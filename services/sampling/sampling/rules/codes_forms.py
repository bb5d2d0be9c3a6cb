"""Code lists that the forms use (抽样单代码表): domain §2.3, §4.6 and §4.7. Values are the words themselves, as the national form prints them."""

from __future__ import annotations

from sampling.rules.codes_shape import Code, CodeList, coded, plain
from sampling.rules.form import ControlType, ReservePlace, SampleOrigin, TaskCategory
from sampling.rules.samples import Programme, Stage

_AT_MAKERS = "原辅料库 生产线 半成品库 成品库(待检区) 成品库(已检区) 成品库"
_IN_TRADE = "批发市场 农贸市场 商场 超市 菜市场 小食杂店 网购 药店 自动售货机 无人售货商店 其他"
_PRODUCT_CHANNELS = "销售柜台 专业市场(建材) 专业市场(汽配) 专业市场(农资) 专业市场(五金机电) 加油站 电商 在建工地 使用单位"
_CATERING = (
    "特大型餐馆 大型餐馆 中型餐馆 小型餐馆 学校(托幼)食堂 机关食堂 企事业单位食堂 建筑工地食堂 小吃店 快餐店 饮品店"
    " 集体用餐配送单位 中央厨房 其他"
)  # fmt: skip
_VENUES = tuple(
    Code(venue, venue, stage.value)
    for stage, venues in (
        (Stage.PRODUCTION, _AT_MAKERS),
        (Stage.CIRCULATION, f"{_IN_TRADE} {_PRODUCT_CHANNELS}"),
        (Stage.CATERING, _CATERING),
    )
    for venue in venues.split()
)
_LEVELS = ("国家级", "省级", "市级", "县级")
ONLINE_VENUES = frozenset({"网购", "电商"})
UNMANNED_VENUES = frozenset({"自动售货机", "无人售货商店"})
FARM_MARKETS = frozenset({"批发市场", "农贸市场", "菜市场"})

ON_FORMS = (
    plain("programme", "类别", "[D]", Programme),
    plain("stage", "抽样环节", "§4.7 [C]", Stage),
    CodeList("venue", "抽样地点/渠道", "§4.7 [C], 餐饮部分 [M]", _VENUES),
    plain("area_type", "区域类型", "§4.7; 景区 [U]", "城市 乡村 景区"),
    plain("area_tag", "区域标签", "§4.7", "城乡接合部 农村市场 校园周边 景区"),
    plain("sample_origin", "样品来源", "§2.3.1 [C]", SampleOrigin),
    plain("task_category", "检验目的/任务类别", "§2.3.1 [C]", TaskCategory),
    plain("sampling_type", "抽样类型", "§2.3.1 [C]", "常规抽样 专项抽样 应急抽样"),
    plain("reporting_class_a", "报送分类A", "§2.3.1 [C]", [f"抽检监测({level}本级)" for level in _LEVELS]),
    plain("sample_type", "样品类型", "§2.3.1 [C]", "工业加工食品 食用农产品 餐饮食品 食品添加剂 餐饮具 其他"),
    plain("sample_attribute", "样品属性", "§2.3.1 [C]", "普通食品 特殊膳食食品 节令食品 重大活动保障食品 其他"),
    plain("packing_class", "包装分类", "§2.3.1 [C]", "预包装 散装(非定量) 无包装"),
    plain("date_kind", "日期类别", "§2.3.1 [C]", "生产日期 购进日期 加工日期 检疫日期"),
    plain("sampling_way", "抽样方式", "§2.3.1 [C]", "无菌抽样 非无菌抽样"),
    plain("sample_form", "样品形态", "§2.3.1 [C]", "固体 半固体 液体 气体"),
    plain("storage", "储存条件", "§2.3.1 [C]", "常温 阴凉 冷藏 冷冻 避光 密闭 干燥 通风 其他"),
    plain("licence_type", "许可证类型", "§2.3.1 [C]", "生产 经营 小作坊 小经营店 摊贩备案 其他"),
    plain("third_party_nature", "第三方企业性质", "§2.3.1 [C]", "委托 进口代理 经销 分装 其他"),
    plain("body_level", "抽样单位级别", "§2.3.1 [C]", _LEVELS),
    coded("task_kind", "任务类型", "§2.3.2 [C]; 市县级 [D]",
          "08 省级监督抽查; 09 省级专项; 10 省级联动; 11 省级风险监测; 20 国家监督抽查; 30 市级监督抽查; 40 县级监督抽查"),
    coded("result_kind", "执行类型", "§2.3.2 [C]", "1 正常抽样; 2 拒绝抽样; 3 无法抽样; 4 成品油抽样; 5 市场抽样; 6 其他"),
    coded("sampling_mode", "抽检方式", "§2.3.2 [C]", "1 现场抽样; 2 市场买样; 3 电商买样; 4 其他"),
    coded("receipt_state", "签收状态", "§2.3.2 [C]", "1 未签收; 2 已签收; 3 已发出"),
    plain("shop_class", "实体店分类", "§2.3.2 [D]", "商场 超市 专卖店 专业市场 便利店 加油站 经营部 其他"),
    plain("control_type", "监管类别", "§2.3.2", ControlType),
    plain("reserve_place", "备样封存地点", "§2.3.2", ReservePlace),
    plain("return_way", "退样方式", "§2.3.2 [D]", "自取 寄回 不退"),
    plain("firm_role", "企业类型", "§4.6", "生产企业 经营企业(销售者) 餐饮服务提供者 集中交易市场开办者 网络平台提供者 进口商 委托方 小作坊 小经营店"
          " 摊贩 食用农产品销售者"),
    plain("firm_size", "企业规模", "§4.6", "大 中 小 微"),
    plain("registration_status", "登记状态", "§4.6", "存续 迁出 注销 吊销 撤销 停业 歇业"),
    plain("licence_status", "许可状态", "§4.6", "有效 过期 注销 撤销 吊销 暂扣"),
    coded("product_group", "产品类别", "§4.5",
          "FOOD_RELATED 食品相关产品; FIBRE 棉花及纤维制品; HOME_DECOR 装饰装修材料; AUTO_PARTS 汽车配件; DAILY 日用消费品;"
          " CHILD_STUDENT 儿童学生用品; HAZCHEM 危险化学品; CABLE_EX 电线电缆及防爆电气; FERTILISER 化肥; FIRE 消防产品;"
          " FIREWORKS 烟花爆竹; REBAR_CEMENT 钢筋水泥; OIL_COAL 成品油及煤炭; PLASTICS 塑料制品"),
)  # fmt: skip
