"""Food classes (食品分类, the national sampling tree, four levels) and licence classes (食品生产许可分类目录): two tables that differ (§4.4).

The tree is reissued every year with the implementing rules (实施细则). Here the first level is whole and the lower ones are examples; a bureau
loads its year's leaves by adding rows with that year's validity.
"""

from __future__ import annotations

from datetime import date

from sampling.rules.codes_shape import Code, CodeList

_FIRST = (
    "粮食加工品", "食用油、油脂及其制品", "调味品", "肉制品", "乳制品", "饮料", "方便食品", "饼干", "罐头", "冷冻饮品", "速冻食品",
    "薯类和膨化食品", "糖果制品", "茶叶及相关制品", "酒类", "蔬菜制品", "水果制品", "炒货食品及坚果制品", "蛋制品",
    "可可及焙烤咖啡产品", "食糖", "水产制品", "淀粉及淀粉制品", "糕点", "豆制品", "蜂产品", "保健食品", "特殊膳食食品",
    "特殊医学用途配方食品", "婴幼儿配方食品", "餐饮食品", "食用农产品", "食品添加剂", "其他食品",
)  # fmt: skip
_LICENCE_LAST = ("特殊医学用途配方食品", "婴幼儿配方食品", "特殊膳食食品", "其他食品", "食品添加剂")
# Paths of example leaves, first level first (domain §4.4 [C] and the demonstration's).
_LEAVES = (
    "粮食加工品/大米/大米/大米", "粮食加工品/小麦粉/小麦粉/小麦粉", "粮食加工品/挂面/挂面/普通挂面、手工面",
    "食用油、油脂及其制品/食用植物油/食用植物油(半精炼、全精炼)/菜籽油", "食用油、油脂及其制品/食用植物油/食用植物油(半精炼、全精炼)/胡麻油",
    "食用油、油脂及其制品/食用植物油(含煎炸用油)/食用植物油(半精炼、全精炼)/其他食用植物油",
    "调味品/酱油/酱油/酱油", "调味品/食醋/食醋/食醋", "调味品/调味料酒/调味料酒/料酒", "调味品/食盐/食用盐/普通食用盐",
    "肉制品/熟肉制品/酱卤肉制品/酱卤肉制品", "肉制品/预制肉制品/腌腊肉制品/腌腊肉制品", "乳制品/乳制品/液体乳/灭菌乳",
    "乳制品/乳制品/液体乳/发酵乳", "饮料/饮料/包装饮用水/饮用纯净水", "饮料/饮料/果、蔬汁饮料/果、蔬汁饮料",
    "冷冻饮品/冷冻饮品/冰淇淋、雪糕、雪泥、冰棍、食用冰、甜味冰/雪糕", "酒类/蒸馏酒/白酒/白酒、白酒(液态)、白酒(原酒)",
    "酒类/发酵酒/葡萄酒/葡萄酒", "蔬菜制品/蔬菜制品/酱腌菜/酱腌菜", "淀粉及淀粉制品/淀粉及淀粉制品/淀粉制品/粉丝粉条",
    "糕点/糕点/糕点/糕点", "糕点/糕点/月饼/月饼", "豆制品/豆制品/非发酵性豆制品/豆腐、豆干",
    "餐饮食品/米面及其制品(自制)/小麦粉制品(自制)/油饼油条(自制)", "餐饮食品/餐饮具/复用餐饮具/复用餐饮具(餐馆自行消毒)",
    "食用农产品/蔬菜/鳞茎类蔬菜/韭菜", "食用农产品/鲜蛋/鲜蛋/鸡蛋", "食用农产品/畜禽肉及副产品/畜肉/牛肉", "食用农产品/水果类/仁果类水果/苹果",
)  # fmt: skip


def _tree() -> tuple[Code, ...]:
    """The classes with codes of two digits a level, numbered under their parent in the order of the examples."""
    codes = {name: Code(f"{number:02d}", name) for number, name in enumerate(_FIRST, start=1)}
    children: dict[str, int] = {}
    for path in _LEAVES:
        parts = path.split("/")
        for depth in range(2, len(parts) + 1):
            key, above = "/".join(parts[:depth]), codes["/".join(parts[: depth - 1])]
            if key not in codes:
                children[above.code] = children.get(above.code, 0) + 1
                codes[key] = Code(f"{above.code}{children[above.code]:02d}", parts[depth - 1], above.code)
    return tuple(sorted(codes.values()))


# The industrial licence catalogue: ten kinds since 国发〔2019〕19号 [M]; four came back in 2024 [U], so their day is a guess to be confirmed.
_SINCE_2019, _SINCE_2024 = date(2019, 9, 8), date(2024, 1, 1)
_LICENSED = (
    "建筑用钢筋", "水泥", "广播电视传输设备", "人民币鉴别仪", "预应力混凝土铁路桥简支梁", "电线电缆", "危险化学品", "危险化学品包装物及容器",
    "化肥", "直接接触食品的材料等相关产品",
)  # fmt: skip
_LICENSED_AGAIN = ("冷轧带肋钢筋", "瓶装液化石油气调压器", "钢丝绳", "胶合板")

FOOD = (
    CodeList("food_class", "食品分类(抽检)", "§4.4 [M]; 每年随实施细则重发", _tree()),
    CodeList(
        "food_licence_class", "食品生产许可分类目录", "2020 年版, 32 类 [M]",
        tuple(Code(f"{n:02d}", name, since=date(2020, 3, 1)) for n, name in enumerate((*_FIRST[:27], *_LICENCE_LAST), start=1)),
    ),
    CodeList(
        "industrial_licence", "工业产品生产许可证目录", "§4.5 国发〔2019〕19号 [M]; 2024 年增列 4 类 [U]",
        (
            *(Code(name, name, since=_SINCE_2019) for name in _LICENSED),
            *(Code(name, name, since=_SINCE_2024, remark="[U] 增列日期待核实") for name in _LICENSED_AGAIN),
        ),
    ),
)  # fmt: skip
