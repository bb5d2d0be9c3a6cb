"""Every SQL statement of planning."""

from planning.store import catalogue, plans, schemes, tasks

__all__ = ["catalogue", "plans", "schemes", "tasks"]
