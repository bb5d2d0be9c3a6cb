"""Every SQL statement of planning."""

from planning.store import catalogue, plans, repeats, replacements, schemes, tasks

__all__ = ["catalogue", "plans", "repeats", "replacements", "schemes", "tasks"]
