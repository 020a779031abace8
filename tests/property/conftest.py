"""How Hypothesis runs here: the same examples everywhere, and no clock, for machines are noisy."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "wireside", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("wireside")
