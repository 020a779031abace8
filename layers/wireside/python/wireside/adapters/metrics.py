"""Metrics of runs, written to the log, where CloudWatch finds them (embedded metric format)."""

from dataclasses import dataclass

from wireside.domain.usage import NANO, Known, Spent

NAMELESS = "none"
"""Stands for a provider or model without a name: an assistant that is not configured any more."""
LONGEST_DIMENSION = 250


@dataclass(frozen=True, slots=True)
class LazyMeter:
    """``ports.Meter`` whose library is imported for the first run that ends: nobody waits then."""

    def ended(self, spent: Spent) -> None:
        """Write two lines: the outcome, and what it took.

        Source: https://docs.aws.amazon.com/powertools/python/latest/core/metrics/
        """
        from aws_lambda_powertools.metrics import EphemeralMetrics

        outcome, took = EphemeralMetrics(), EphemeralMetrics()
        for each in (outcome, took):
            each.add_dimension("provider", dimension(spent.provider))
            each.add_dimension("model", dimension(spent.model))
        outcome.add_dimension("outcome", spent.outcome)
        outcome.add_metric("Answers", "Count", 1)
        outcome.flush_metrics()
        for name, unit, value in measures(spent):
            took.add_metric(name, unit, value)
        took.flush_metrics()


def measures(spent: Spent) -> list[tuple[str, str, float]]:
    """Return name, unit and value of everything that is known."""
    used = spent.used
    found: list[tuple[str, str, float]] = [
        ("InputTokens", "Count", used.input_tokens),
        ("OutputTokens", "Count", used.output_tokens),
        ("NotReported", "Count", used.known is not Known.REPORTED),
        ("Tries", "Count", spent.tries),
        ("TotalTime", "Milliseconds", spent.total_ms),
    ]
    if spent.first_text_ms is not None:
        found.append(("FirstText", "Milliseconds", spent.first_text_ms))
    if spent.cost_nano_dollars is not None:
        found.append(("Cost", "None", spent.cost_nano_dollars / NANO))
    return found


def dimension(name: str) -> str:
    """Return a name as CloudWatch takes it: printable ASCII, never nothing.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
    """
    plain = "".join(each if each.isascii() and each.isprintable() else "?" for each in name)
    return plain.strip()[:LONGEST_DIMENSION].lstrip(":") or NAMELESS
