"""A second judge, written apart from the code: it reads the same strings, knows fractions only, and imports nothing of ours.

Limits and rows come as plain dictionaries in the words of the contract between services. Each answer is one of `pass`, `fail`, `none`.
"""

from fractions import Fraction

PER_KG = {"mg/kg": Fraction(1), "g/kg": Fraction(1000), "μg/kg": Fraction(1, 1000), "mg/100g": Fraction(10), "%": Fraction(10_000)}
PER_G = {"CFU/g": Fraction(1), "CFU/100g": Fraction(1, 100), "CFU/25g": Fraction(1, 25)}
PURE = {"": Fraction(1)}
FAMILIES = (PER_KG, PER_G, PURE, {"CFU/mL": Fraction(1)}, {"N/m": Fraction(1), "N/15mm": Fraction(1000, 15)})
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
TINY = Fraction(1, 10**90)


def factor(source, target):
    for family in FAMILIES:
        if source in family and target in family:
            return family[source] / family[target]
    return None


def digits(text):
    value = 0
    for c in text:
        value = value * 10 + "0123456789".index(c)
    return value


def number(text):
    """(value, half of its last printed place) of a number of the grammar, or None."""
    if not text or len(text) > 60:
        return None
    sign = -1 if text[0] == "-" else 1
    body = text[1:] if text[0] in "+-" else text
    power = 0
    if "×" in body:
        body, _, tail = body.partition("×")
        if not tail.startswith("10"):
            return None
        power = exponent(tail[2:])
        if power is None:
            return None
    whole, point, rest = body.partition(".")
    if not whole or (point and not rest) or any(c not in "0123456789" for c in whole + rest):
        return None
    scale = Fraction(10) ** (power - len(rest))
    return sign * digits(whole + rest) * scale, scale / 2


def exponent(text):
    if text.startswith("^"):
        text, table = text[1:], "0123456789"
        minus = text.startswith("-")
    else:
        table = RAISED
        minus = text.startswith("⁻")
    text = text[1:] if minus else text
    if len(text) not in (1, 2) or any(c not in table for c in text):
        return None
    size = sum(table.index(c) * 10 ** (len(text) - 1 - place) for place, c in enumerate(text))
    return -size if minus else size


def below(text):
    """The bound of `<x`, or None."""
    if not text.startswith("<") or text[1:2] in ("+", "-"):
        return None
    found = number(text[1:])
    return found[0] if found and found[0] > 0 else None


def half_even(value, places):
    scaled = value * Fraction(10) ** places
    low = scaled.numerator // scaled.denominator
    rest = scaled - low
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1)
    return Fraction(low + up) / Fraction(10) ** places


def bounds(limit):
    return tuple(number(limit[k])[0] if limit.get(k) else None for k in ("min", "max"))


def inside(value, limit):
    if limit.get("places", -1) >= 0:
        value = half_even(value, limit["places"])
    low, high = bounds(limit)
    if low is not None and (value < low or (value == low and limit.get("min_exclusive"))):
        return False
    return high is None or value < high or (value == high and not limit.get("max_exclusive"))


def judge(row, limit):
    """One row against its own limit."""
    text, unit, lod = row["result"], row.get("unit", ""), row.get("lod")
    kind = limit["kind"]
    if kind == "qualitative":
        return {"符合": "pass", "不符合": "fail"}.get(text, "none")
    if kind == "not_detected":
        if text in ("未检出", "ND") or below(text) is not None:
            return "pass"
        found = number(text)
        return "fail" if text == "不符合" or (found and found[0] > 0) else "none"
    if kind == "microbe":
        return judge_microbes(text, unit, limit)
    if text in ("未检出", "ND") or text.startswith("<"):
        return judge_below(text, unit, lod, limit)
    found, rate = number(text), factor(unit, limit["unit"])
    if found is None or rate is None or bounds(limit) == (None, None):
        return "none"
    return "pass" if inside(found[0] * rate, limit) else "fail"


def upper(text, unit, lod, target):
    """What a result below its limit of detection is less than; the lod is in the target unit."""
    known = [number(lod)[0]] if lod else []
    if text.startswith("<"):
        bound, rate = below(text), factor(unit, target)
        if bound is None or rate is None:
            return None
        known.append(bound * rate)
    return max(known) if known else None


def judge_below(text, unit, lod, limit):
    bound = upper(text, unit, lod, limit["unit"])
    if bound is None:
        return "none"
    votes = {inside(value, limit) for value in (bound - TINY, bound * Fraction(999, 1000), bound / 2, TINY, Fraction(0))}
    low, high = bounds(limit)
    if low is not None:
        only_low = {k: v for k, v in limit.items() if k != "max"}
        return "fail" if not any(inside(v, only_low) for v in (bound - TINY, bound / 2, Fraction(0))) else "none"
    return "pass" if high is not None and votes == {True} else "none"


def judge_microbes(text, unit, limit):
    parts = text.split(";" if ";" in text else "/")
    rate = factor(unit, limit["unit"])
    if not 1 <= len(parts) <= 10 or (len(parts) > 1 and any(p[:1] in ("+", "-") for p in parts)) or rate is None:
        return "none"
    over_m = over_top = 0
    m = number(limit["m"])[0]
    top = number(limit["cap"])[0] if limit.get("cap") else None
    for part in parts:
        if part in ("未检出", "ND"):
            continue
        bound, found = below(part), number(part)
        if bound is not None:
            if bound * rate > m:
                return "none"
        elif found is None or found[0] < 0:
            return "none"
        else:
            over_m += found[0] * rate > m
            over_top += top is not None and found[0] * rate > top
    if len(parts) != limit["n"]:
        return "none"
    return "pass" if not over_top and over_m <= limit["c"] else "fail"


def judge_sum(row, rule, rows, limits, limit):
    """A sum row; `rows` and `limits` of the members by name. Tries the corners of what the members may be."""
    least, most, slack, measured = Fraction(0), Fraction(0), Fraction(0), False
    missing = False
    for name in rule["of"]:
        member, own = rows.get(name), limits[name]
        target = own["unit"] if rule["kind"] == "ratio" else limit["unit"]
        share = number(own["max"])[0] if rule["kind"] == "ratio" else Fraction(1)
        if member is None:
            missing = True
            continue
        text, unit = member["result"], member.get("unit", "")
        if text in ("未检出", "ND") or text.startswith("<"):
            if rule["below"] == "zero":
                if text.startswith("<") and below(text) is None:
                    return "none"
                continue
            bound = upper(text, unit, member.get("lod"), target)
            if bound is None:
                return "none"
            most += bound / share / (2 if rule["below"] == "half" else 1)
            least += bound / share / 2 if rule["below"] == "half" else 0
            continue
        found, rate = number(text), factor(unit, target)
        if found is None or rate is None or found[0] < 0:
            return "none"
        measured = True
        least, most, slack = least + found[0] * rate / share, most + found[0] * rate / share, slack + (found[1] * rate / share if found[0] else 0)
    return settle_sum(row, limit, (least, most, slack), measured, missing)


def settle_sum(row, limit, ends, measured, missing):
    least, most, slack = ends
    high = bounds(limit)[1]
    ours = {True: "pass", False: "fail"}[inside(least, limit)] if inside(least, limit) == inside(most, limit) else "none"
    if missing:
        above = half_even(least, limit["places"]) if limit.get("places", -1) >= 0 else least
        return "fail" if above > high or (above == high and limit.get("max_exclusive")) else "none"
    text = row["result"]
    if text in ("未检出", "ND") or below(text) is not None:
        return "none" if measured else ours
    printed, rate = number(text), factor(row.get("unit", ""), limit["unit"])
    if printed is None or rate is None:
        return "none"
    value, slack = printed[0] * rate, slack + (printed[1] * rate if printed[0] else 0)
    if not least - slack <= value <= most + slack:
        return "none"
    return ours if ours == ("pass" if inside(value, limit) else "fail") else "none"
