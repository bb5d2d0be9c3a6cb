"""Disposal (核查处置): one leg per liable party of a non-conforming batch, in the bureau that must handle it, until the five are in place."""
