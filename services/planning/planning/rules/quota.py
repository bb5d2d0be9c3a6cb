"""Quotas: batches of a line shared out over divisions with exact totals (区域配额), and divisions dealt to laboratories."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from common.errors import Invalid, Refused

Weight = int | Fraction


def allocate(total: int, weights: Mapping[str, Weight], minimum: int = 0) -> dict[str, int]:
    """Largest remainder (最大余数法): every division gets `minimum`, the rest goes by weight; ties go to the smaller code.

    The sum is exactly `total`, and a heavier division never gets less than a lighter one.
    """
    spare = total - minimum * len(weights)
    if spare < 0:
        raise Refused("minimum_too_high", "各区域最低批次之和超过计划批次", "the minimum of all divisions exceeds the planned batches")
    whole = sum(weights.values(), Fraction(0))
    if whole <= 0:
        raise Refused("weights_zero", "各区域权重之和为零,无法分配", "all weights are zero")
    exact = {code: spare * Fraction(weight) / whole for code, weight in weights.items()}
    shares = {code: int(share) for code, share in exact.items()}
    by_remainder = sorted(weights, key=lambda code: (shares[code] - exact[code], -Fraction(weights[code]), code))
    for code in by_remainder[: spare - sum(shares.values())]:
        shares[code] += 1
    return {code: minimum + shares[code] for code in sorted(shares)}


def deal(quotas: Mapping[str, int], laboratories: Sequence[str]) -> dict[str, str]:
    """One laboratory for each division, so that their batches balance: largest first, to the one with least, ties in the line's order."""
    load = dict.fromkeys(laboratories, 0)
    order = {code: place for place, code in enumerate(load)}
    dealt = {}
    for division in sorted(quotas, key=lambda code: (-quotas[code], code)):
        chosen = min(load, key=lambda code: (load[code], order[code]))
        load[chosen] += quotas[division]
        dealt[division] = chosen
    return dealt


def check_weights(basis: str, given: Sequence[tuple[str, int]]) -> dict[str, Weight]:
    """Weights are given with the basis `weights` and with no other, each division once."""
    if (basis == "weights") != bool(given):
        raise Invalid("weights_basis", "按权重分配时须填写权重,其他方式不填", "weights go with basis `weights` only", pointer="/weights")
    _check_once([code for code, _ in given])
    return dict(given)


def _check_once(codes: Sequence[str]) -> None:
    if len(set(codes)) != len(codes):
        raise Refused("division_twice", "同一区域出现两次", "a division occurs twice")


def check_explicit(total: int, quotas: Sequence[tuple[str, int]], known: frozenset[str]) -> dict[str, int]:
    """Quotas written by hand: known divisions, each once, exact total."""
    _check_once([code for code, _ in quotas])
    check_divisions([code for code, _ in quotas], known)
    given = sum(batches for _, batches in quotas)
    if given != total:
        raise Refused("quota_total", f"配额合计 {given} 与计划批次 {total} 不符", f"the quotas sum to {given}, the line has {total}")
    return dict(quotas)


def check_divisions(codes: Sequence[str], known: frozenset[str]) -> None:
    """Only lowest divisions (counties, and prefectures without counties) of the owner's area get quotas."""
    strange = next((code for code in codes if code not in known), None)
    if strange is not None:
        raise Refused("division_outside", f"区域 {strange} 不是本辖区内的执行单位", f"{strange} is no executing division of this bureau")
