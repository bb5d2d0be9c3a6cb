"""Trades of the demonstration: which products a kind of firm makes or sells, and the words of its name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of firm; `always` are the codes that every firm of a core trade has, so that plan lines find it."""

    key: str
    word: str
    industry: str
    codes: tuple[str, ...]
    always: tuple[str, ...] = ()
    weight: int = 3
    tails: tuple[str, ...] = ("有限公司", "有限责任公司")
    venue: str = "成品库(已检区)"


def _trade(key: str, word: str, industry: str, codes: str, *, always: str = "", weight: int = 3) -> Trade:
    return Trade(key, word, industry, tuple(codes.split()), tuple(always.split()), weight)


def _shop(key: str, word: str, industry: str, codes: str, *, tails: str, venue: str) -> Trade:
    return Trade(key, word, industry, tuple(codes.split()), tuple(codes.split()), 3, tuple(tails.split()), venue)


# One firm of each in every county: the lines of the plan with stage 生产 always find a producer.
CORE_MAKERS = (
    _trade("packing", "塑业包装", "塑料制品业", "FR-01 FR-02 FR-06 PL-03", always="FR-01"),
    _trade("furniture", "家具", "家具制造业", "HD-01 HD-02 HD-03 HD-04", always="HD-01"),
    _trade("cement", "水泥建材", "非金属矿物制品业", "RC-02 HD-08 PL-04", always="RC-02"),
    _trade("farming", "农资科技", "肥料制造", "FE-01 PL-01 FE-04 FE-03 PL-02 FE-02", always="FE-01 PL-01"),
    _trade("chemical", "化工", "化学原料和化学制品制造业", "HC-01 HC-02 HC-03 HC-04 HC-06 OC-04", always="HC-01 HC-02 HC-03"),
    _trade("cable", "电缆", "电线电缆制造", "CE-02 CE-01", always="CE-02"),
)
MORE_MAKERS = (
    _trade("coating", "涂料", "涂料制造", "HD-05 HD-06 HD-07", weight=4),
    _trade("clothing", "服装", "纺织服装业", "FB-01 FB-02 FB-03 CS-04", weight=6),
    _trade("protection", "防护用品", "卫生材料制造", "DA-01 DA-02 CS-07 DA-03 CS-06", weight=4),
    _trade("washing", "日化", "日用化学产品制造", "FR-03 AP-01 AP-02", weight=3),
    _trade("appliance", "电器", "电气机械和器材制造业", "DA-04 DA-05 DA-06 DA-07 CE-03 CE-04 FI-02", weight=5),
    _trade("hardware", "五金制品", "金属制品业", "FR-04 FI-01 FI-03 DA-08", weight=4),
    _trade("melamine", "餐具", "塑料制品业", "FR-05 FR-06", weight=2),
    _trade("stationery", "文教用品", "文教用品制造", "CS-02 CS-03 CS-01", weight=4),
    _trade("toys", "童车玩具", "玩具制造", "CS-01 CS-08", weight=2),
    _trade("steel", "钢铁", "黑色金属冶炼和压延加工业", "RC-01 RC-03", weight=2),
    _trade("refinery", "石化", "精炼石油产品制造", "OC-01 OC-02 HC-05 AP-04", weight=2),
    _trade("coal", "洁净煤", "煤炭洗选业", "OC-03", weight=3),
    _trade("fireworks", "烟花", "烟花爆竹制造", "FW-01 FW-02", weight=1),
    _trade("ebike", "电动车", "助动车制造", "AP-03", weight=2),
    _trade("shoes", "鞋业", "制鞋业", "CS-05", weight=2),
    _trade("cotton", "棉业", "棉花加工", "FB-04 FB-02", weight=1),
    _trade("board", "木业", "人造板制造", "HD-03 HD-04", weight=3),
    _trade("film", "塑料薄膜", "塑料制品业", "PL-01 PL-02 PL-03", weight=3),
    _trade("food", "食品", "食品制造业", "0302 1001 0102 1501", weight=4),
    _trade("produce", "种养殖", "农业", "3201 3202", weight=2),
)
_SHOP = "商行 经营部 商店"
SELLERS = (
    _shop(
        "market",
        "综合超市",
        "百货零售",
        "FR-01 FR-02 FR-03 FR-04 FR-05 FR-06 DA-01 DA-03 DA-04 DA-05 DA-06 DA-07 DA-08"
        " CS-01 CS-02 CS-03 CS-06 CS-07 CS-08 PL-03 0302 1001 3201 3202 0102 1501",
        tails="有限公司 店",
        venue="超市",
    ),
    _shop(
        "building",
        "建材",
        "建材批发零售",
        "HD-01 HD-02 HD-03 HD-04 HD-05 HD-06 HD-07 HD-08 RC-01 RC-02 RC-03 PL-04 CE-01",
        tails=_SHOP,
        venue="专业市场(建材)",
    ),
    _shop("farm_shop", "农资", "农资批发零售", "FE-01 FE-02 FE-03 FE-04 PL-01 PL-02", tails="经营部 服务部", venue="专业市场(农资)"),
    _shop("filling", "", "机动车燃油零售", "OC-01 OC-02 OC-04", tails="加油站", venue="加油站"),
    _shop(
        "tools",
        "五金机电",
        "五金零售",
        "CE-01 CE-02 CE-03 CE-04 FI-01 FI-02 FI-03 DA-07 DA-02",
        tails="经营部 有限公司",
        venue="专业市场(五金机电)",
    ),
    _shop("vehicles", "车业", "汽车配件零售", "AP-01 AP-02 AP-03 AP-04 OC-04", tails="配件部 有限公司", venue="专业市场(汽配)"),
    _shop("textiles", "服饰", "服装零售", "FB-01 FB-02 FB-03 CS-04 CS-05 DA-01", tails="服装店 有限公司", venue="销售柜台"),
    _shop(
        "sundries",
        "日杂化工",
        "化工产品批发",
        "HC-01 HC-02 HC-03 HC-04 HC-05 HC-06 FW-01 FW-02 OC-03",
        tails="有限公司 经营部",
        venue="销售柜台",
    ),
)
VENUES = {trade.key: trade.venue for trade in SELLERS}
# Real divisions of other provinces: (code, place, the province's short name on licences).
ELSEWHERE = (
    ("110115", "北京市大兴区", "京"),
    ("120113", "天津市北辰区", "津"),
    ("131026", "河北省廊坊市文安县", "冀"),
    ("130684", "河北省保定市高碑店市", "冀"),
    ("140106", "山西省太原市迎泽区", "晋"),
    ("150104", "内蒙古自治区呼和浩特市玉泉区", "蒙"),
    ("210106", "辽宁省沈阳市铁西区", "辽"),
    ("310117", "上海市松江区", "沪"),
    ("320583", "江苏省苏州市昆山市", "苏"),
    ("320282", "江苏省无锡市宜兴市", "苏"),
    ("330782", "浙江省金华市义乌市", "浙"),
    ("330106", "浙江省杭州市西湖区", "浙"),
    ("340122", "安徽省合肥市肥东县", "皖"),
    ("350582", "福建省泉州市晋江市", "闽"),
    ("370983", "山东省泰安市肥城市", "鲁"),
    ("410184", "河南省郑州市新郑市", "豫"),
    ("430181", "湖南省长沙市浏阳市", "湘"),
    ("440515", "广东省汕头市澄海区", "粤"),
    ("440604", "广东省佛山市禅城区", "粤"),
    ("440307", "广东省深圳市龙岗区", "粤"),
    ("510114", "四川省成都市新都区", "川"),
    ("610112", "陕西省西安市未央区", "陕"),
    ("610402", "陕西省咸阳市秦都区", "陕"),
    ("630105", "青海省西宁市城北区", "青"),
    ("640104", "宁夏回族自治区银川市兴庆区", "宁"),
    ("650106", "新疆维吾尔自治区乌鲁木齐市头屯河区", "新"),
)
