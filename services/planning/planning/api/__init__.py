"""HTTP routes of planning."""

from planning.api import catalogue, lines, plans, replacements, schemes, tasks

ROUTERS = (catalogue.api, schemes.api, plans.api, lines.api, tasks.api, replacements.api)
