"""What happens: draws, rules, the world that builds, the market, one run and its metrics."""
