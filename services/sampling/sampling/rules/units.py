"""Units of results and limits (结果单位、限值单位): one spelling each, and exact factors inside a dimension."""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from sampling.rules.problem import Problem, shown

UNIT_LENGTH = 40

# Results have at most 60 characters: a product that does not fit would be an error of ours, and must not be rounded.
_EXACT = Context(prec=400, traps=[Inexact, InvalidOperation])

# Every unit as a multiple of the first of its row. Mass fraction and mass per volume stay apart: no density is known.
_DIMENSIONS: dict[str, str] = {
    "mass_fraction": "g/kg=1 kg/kg=1000 mg/kg=1/1000 μg/kg=1/1000000 ng/kg=1/1000000000 g/g=1000 mg/g=1 μg/g=1/1000"
    " ng/g=1/1000000 g/100g=10 mg/100g=1/100 μg/100g=1/100000 %=10 ‰=1 %(m/m)=10",
    "mass_per_volume": "g/L=1 kg/L=1000 mg/L=1/1000 μg/L=1/1000000 ng/L=1/1000000000 g/mL=1000 mg/mL=1 μg/mL=1/1000"
    " ng/mL=1/1000000 g/100mL=10 mg/100mL=1/100 μg/100mL=1/100000 g/m³=1/1000 kg/m³=1 mg/m³=1/1000000"
    " μg/m³=1/1000000000 g/cm³=1000 mg/cm³=1 g/dm³=1 mg/dm³=1/1000",
    "mass_per_area": "g/m²=1 kg/m²=1000 mg/m²=1/1000 μg/m²=1/1000000 mg/dm²=1/10 mg/cm²=10 μg/cm²=1/100 g/cm²=10000",
    "emission": "mg/(m²·h)=1 μg/(m²·h)=1/1000",
    "volume_fraction": "%vol=1 mL/100mL=1 mL/L=1/10 L/L=100 mL/m³=1/10000",
    "amount_fraction": "mmol/kg=1 mol/kg=1000 mmol/g=1000 mmol/100g=10",
    "amount_per_volume": "mmol/L=1 mol/L=1000 μmol/L=1/1000",
    "colonies_mass": "CFU/g=1 CFU/kg=1/1000 CFU/10g=1/10 CFU/25g=1/25 CFU/100g=1/100",
    "colonies_volume": "CFU/mL=1 CFU/L=1/1000 CFU/25mL=1/25 CFU/100mL=1/100 CFU/250mL=1/250",
    "colonies_area": "CFU/cm²=1 CFU/25cm²=1/25 CFU/50cm²=1/50 CFU/100cm²=1/100 CFU/m²=1/10000",
    "colonies_air": "CFU/m³=1",
    "mpn_mass": "MPN/g=1 MPN/100g=1/100 MPN/10g=1/10 MPN/kg=1/1000",
    "mpn_volume": "MPN/mL=1 MPN/100mL=1/100 MPN/L=1/1000",
    "mpn_area": "MPN/cm²=1 MPN/50cm²=1/50 MPN/100cm²=1/100",
    "force": "N=1 kN=1000 mN=1/1000 cN=1/100 daN=10 MN=1000000",
    "pressure": "Pa=1 kPa=1000 MPa=1000000 GPa=1000000000 hPa=100 bar=100000 mbar=100 N/mm²=1000000 N/m²=1 N/cm²=10000 kN/m²=1000",
    "force_per_length": "N/m=1 kN/m=1000 N/mm=1000 N/cm=100 N/15mm=200/3 N/25mm=40 N/50mm=20 N/5cm=20 cN/cm=1",
    "linear_strength": "cN/dtex=1 N/tex=10 mN/tex=1/100 cN/tex=1/10",
    "torque": "N·m=1 kN·m=1000 mN·m=1/1000 N·cm=1/100 N·mm=1/1000",
    "length": "m=1 km=1000 dm=1/10 cm=1/100 mm=1/1000 μm=1/1000000 nm=1/1000000000",
    "area": "m²=1 dm²=1/100 cm²=1/10000 mm²=1/1000000",
    "volume": "L=1 m³=1000 dm³=1 cm³=1/1000 mm³=1/1000000 mL=1/1000 μL=1/1000000",
    "mass": "g=1 kg=1000 t=1000000 mg=1/1000 μg=1/1000000 ng=1/1000000000",
    "linear_density": "tex=1 dtex=1/10 g/km=1 kg/m=1000000 g/m=1000 kg/km=1000",
    "time": "s=1 ms=1/1000 min=60 h=3600 d=86400",
    "speed": "m/s=1 km/h=5/18 mm/s=1/1000 m/min=1/60 mm/min=1/60000 cm/s=1/100",
    "acceleration": "m/s²=1",
    "temperature": "℃=1",
    "resistance": "Ω=1 mΩ=1/1000 μΩ=1/1000000 kΩ=1000 MΩ=1000000 GΩ=1000000000",
    "resistance_per_length": "Ω/km=1 Ω/m=1000 mΩ/m=1 mΩ/km=1/1000",
    "insulation": "MΩ·km=1 GΩ·km=1000 MΩ·m=1/1000",
    "resistivity": "Ω·m=1 Ω·cm=1/100 Ω·mm²/m=1/1000000 MΩ·cm=10000",
    "voltage": "V=1 mV=1/1000 kV=1000 μV=1/1000000",
    "current": "A=1 mA=1/1000 μA=1/1000000 kA=1000",
    "charge": "C=1 μC=1/1000000 mAh=18/5 Ah=3600",
    "power": "W=1 mW=1/1000 kW=1000 MW=1000000",
    "energy": "J=1 mJ=1/1000 kJ=1000 MJ=1000000 kWh=3600000 Wh=3600",
    "energy_per_mass": "kJ/kg=1 J/g=1 MJ/kg=1000 kJ/g=1000 J/kg=1/1000 kJ/100g=10",
    "energy_per_volume": "MJ/m³=1 kJ/m³=1/1000 kJ/L=1 kJ/100mL=10",
    "impact": "kJ/m²=1 J/m²=1/1000 J/cm²=10",
    "kinematic_viscosity": "mm²/s=1 cSt=1 m²/s=1000000",
    "dynamic_viscosity": "Pa·s=1 mPa·s=1/1000",
    "acid_value": "mgKOH/g=1 mgKOH/100g=1/100",
    "flow": "g/10min=1",
    "flow_volume": "L/min=1 L/s=60 m³/h=50/3 mL/min=1/1000",
    "radioactivity": "Bq/kg=1 Bq/g=1000",
    "radioactivity_volume": "Bq/L=1 Bq/m³=1/1000",
    "activity_mass": "IU/kg=1 IU/g=1000 IU/100g=10",
    "frequency": "Hz=1 kHz=1000 MHz=1000000 r/s=1",
    "rotation": "r/min=1",
    "angle": "°=1",
    "sound": "dB=1",
    "sound_a": "dB(A)=1",
    "conductivity": "μS/cm=1 mS/cm=1000 S/m=10000 mS/m=10",
    "thermal_conductivity": "W/(m·K)=1 mW/(m·K)=1/1000",
    "heat_flux": "kW/m²=1 W/m²=1/1000",
    "illuminance": "lx=1",
    "dose": "mg/d=1 μg/d=1/1000 g/d=1000",
}
_TABLE: dict[str, tuple[str, Fraction]] = {
    name: (dimension, Fraction(factor))
    for dimension, row in _DIMENSIONS.items()
    for name, _, factor in (cell.rpartition("=") for cell in row.split())
}
_CHARACTERS = str.maketrans({"\u00b5": "μ", "\u2126": "Ω", "％": "%", "（": "(", "）": ")", "⋅": "·", "•": "·", "∙": "·"})
_REPLACEMENTS = (
    (re.compile(r"\^(?=[23])"), ""),
    (re.compile(r"(?<=m)2(?![0-9])"), "²"),
    (re.compile(r"(?<=m)3(?![0-9])"), "³"),
    (re.compile(r"\bug(?=/|$)"), "μg"),
    (re.compile(r"\bum$"), "μm"),
    (re.compile(r"\bcfu\b", re.IGNORECASE | re.ASCII), "CFU"),
    (re.compile(r"\bmpn\b", re.IGNORECASE | re.ASCII), "MPN"),
    (re.compile(r"(?<=[/0-9mμ])l$|(?<=^m)l(?=/)"), "L"),
    (re.compile(r"°C"), "℃"),
    (re.compile(r"ohm", re.IGNORECASE), "Ω"),
)
_ALIASES = {
    "/": "", "-": "", "—": "", "无量纲": "", "mg/m²·h": "mg/(m²·h)", "mg/m²h": "mg/(m²·h)", "%(V/V)": "%vol",
    "%(v/v)": "%vol", "%Vol": "%vol", "%(w/w)": "%", "W/m·K": "W/(m·K)", "度": "°", "rpm": "r/min",
    "mg(KOH)/g": "mgKOH/g", "N.m": "N·m",
}  # fmt: skip


@lru_cache(maxsize=1024)
def normalise_unit(text: str) -> str:
    """One spelling per unit: μ U+00B5/U+03BC/u, ³ or 3, ml or mL; `/` and empty mean no unit (无量纲)."""
    unit = text.translate(_CHARACTERS).replace(" ", "")
    for pattern, replacement in _REPLACEMENTS:
        unit = pattern.sub(replacement, unit)
    return _ALIASES.get(unit, unit)


class Conversion(NamedTuple):
    """An exact factor, and the same as a decimal where it ends (N/15mm → N/m does not)."""

    factor: Fraction
    decimal: Decimal | None

    def apply(self, value: Decimal) -> Decimal | Fraction:
        """The value in the other unit, exact in either type."""
        if self.decimal is None:
            return Fraction(value) * self.factor
        return value if self.factor == 1 else _EXACT.multiply(value, self.decimal)


def find_factor(source: str, target: str) -> Fraction | None:
    """Exact factor with `target value = factor × source value`; None when the units cannot be converted."""
    conversion = find_conversion(source, target)
    return None if conversion is None else conversion.factor


def find_conversion(source: str, target: str) -> Conversion | None:
    """How to convert exactly from one unit into another; None when it cannot be done."""
    # Long strings never reach the cache, which would keep them.
    return _find_conversion(source, target) if len(source) <= UNIT_LENGTH and len(target) <= UNIT_LENGTH else None


@lru_cache(maxsize=4096)
def _find_conversion(source: str, target: str) -> Conversion | None:
    source, target = normalise_unit(source), normalise_unit(target)
    if source == target:
        return Conversion(Fraction(1), Decimal(1))
    here, there = _TABLE.get(source), _TABLE.get(target)
    if here is None or there is None or here[0] != there[0]:
        return None
    factor = here[1] / there[1]
    try:
        return Conversion(factor, _EXACT.divide(Decimal(factor.numerator), Decimal(factor.denominator)))
    except Inexact:
        return Conversion(factor, None)


def unit_mismatch(source: str, target: str, pointer: str) -> Problem:
    """The problem of two units that cannot be converted (单位不可换算)."""
    seen, wanted = shown(source) or "无", shown(target) or "无"
    return Problem(
        "unit_mismatch",
        pointer,
        f"单位「{seen}」与限值单位「{wanted}」不一致且不能换算",
        f"unit '{seen}' cannot be converted to '{wanted}'",
    )
