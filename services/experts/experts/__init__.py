"""Experts (专家库): three pools, panels drawn from them with recusal so that anybody can replay the draw, and the opinions given."""
