"""HTTP routes of sampling."""

from sampling.api import history, reports, samples

ROUTERS = [samples.routes, reports.routes, reports.open_keys, history.routes]
