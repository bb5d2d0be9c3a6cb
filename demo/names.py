"""Coined names of firms and persons: rare three-character words, so that no real firm is meant."""

from random import Random

_WORD = "砚荻祁渭洮苜葭榆陇泾汭崆峪朔瀚砾胭硖塬穑糜楸桦柽榛桢栎棠梓昱晗昶煦曜晟珩琮璟瑭钰铎锟镒霁霖雱霏岚岫峤嶙"
_SURNAMES = "王李张刘陈杨赵黄周吴马牛苏魏郭何高罗郑梁谢宋唐许邓冯韩曹曾彭"
_GIVEN = "建国明辉志强海燕晓梅玉兰春霞俊峰国栋文博丽娟佳怡永刚红军雪莲小军凤英秀珍天佑子轩雅宁宏伟雨桐思源"
TITLES = ("研究员", "正高级工程师", "教授", "高级工程师", "副教授")


def coin(rng: Random, taken: set[str]) -> str:
    """A word of three characters that nobody has yet."""
    while True:
        word = "".join(rng.sample(_WORD, 3))
        if word not in taken:
            taken.add(word)
            return word


def person(rng: Random) -> str:
    """A name of three characters (samplers, legal persons)."""
    return rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, 2))


def lab_person(rng: Random) -> str:
    """A name of two characters: never equal to a sampler's, so that 抽检分离 holds by construction."""
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


def phone(serial: int) -> str:
    """A number of the range 1990000xxxx that is nobody's."""
    return f"1990000{serial % 10_000:04d}"


def short_place(name: str) -> str:
    """临夏回族自治州 → 临夏, 城关区 → 城关: how a firm's name begins."""
    for tail in ("保安族东乡族撒拉族自治县", "哈萨克族自治县", "裕固族自治县", "蒙古族自治县", "藏族自治县"):
        name = name.removesuffix(tail)
    for tail in ("回族自治县", "回族自治州", "藏族自治州", "族自治县", "自治县"):
        name = name.removesuffix(tail)
    return name[:-1] if len(name) > 2 and name[-1] in "市区县" else name
