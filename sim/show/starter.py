"""The scenario that `sim new` writes: small, commented, and running."""

STARTER_TEMPLATE = """\
# {name}: a starter. Every key is explained in docs/format.md; `sim check {file}` says what was understood.
title: {name}
start: 2026-01-01
end: 2029-01-01
report_at: [2026-12-31, 2027-12-31]
seed: 1
replications: 100

# Numbers that are not known: drawn once a replication, used below as $growth.
uncertain:
  growth: {{triangular: {{low: 1.5, mode: 2, high: 3}}, confidence: assumed, note: replace me}}

# Who asks for power. A quantity may carry its source, so that `sim sources` can show it.
demand:
  inference:
    customer: Lab
    class: inference
    arrivals: {{curve: {{points: {{2026-01-01: 300 MW, 2027-01-01: 600 MW}}, growth: $growth}}}}
    in_place: {{Home campus: {{value: 300 MW, confidence: assumed, note: replace me}}}}
    size: {{lognormal: {{median: 40 MW, sigma: 0.6}}}}
    term: 5 y
    lead: 6 mo          # wanted = asked + lead
    patience: 12 mo     # gives up this long after it was wanted; never, if left out

# Who sells, out of which sites, how long ahead, at which price.
providers:
  First cloud: {{sites: [Home campus], presells: 12 mo, price: 12 M$/MW/y, cost: 8.5 M$/MW/y}}
  Second cloud: {{sites: [New campus], presells: 24 mo, price: 13 M$/MW/y}}

# Who is asked first. Take this out, and see with `sim run` what changes.
rights:
  first refusal:
    holder: First cloud
    kind: first refusal
    over: {{customer: Lab, classes: [inference]}}
    until: 2028-01-01
    window: {{uniform: {{low: 7 d, high: 45 d}}}}
    appetite: 80 %
    max_utilization: 95 %

overflow: {{policy: soonest}}

sites:
  Home campus:
    online: 400 MW
    buildings:
      Extension:
        count: 4
        it_power: 60 MW
        planned: 2026-06-01
        every: 6 mo
        slip: {{exponential: {{mean: 60 d}}}}
  New campus:
    pue: 1.4
    buildings:
      Hall: {{count: 8, power: 140 MW, planned: 2026-12-01, every: 75 d, slip: {{exponential: {{mean: 90 d}}}}}}

# What must hold; `sim run {file} --check` exits 1 where it does not.
expect:
  - unserved_mw.mean.p90 < 1000
"""


def starter_scenario(name: str, file: str) -> str:
    """Fill the template with a name and the file of the scenario; the result runs as it is."""
    return STARTER_TEMPLATE.format(name=name, file=file)
