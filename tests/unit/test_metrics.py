"""Metrics of runs: two lines that CloudWatch reads, and not a word of anybody's."""

import json
from typing import Any

import pytest

from wireside.adapters.metrics import LazyMeter, dimension
from wireside.domain.usage import NANO, Known, Spent, Used


def written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, **fields: Any
) -> list[dict[str, Any]]:
    """Return the lines of one run."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "wireside-test")
    known: dict[str, Any] = {
        "provider": "openai",
        "model": "m-1",
        "outcome": "stop",
        "used": Used(10, 20, Known.REPORTED),
        "tries": 2,
        "first_text_ms": 300,
        "total_ms": 900,
        "cost_nano_dollars": NANO // 2,
    }
    LazyMeter().ended(Spent(**(known | fields)))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def about(line: dict[str, Any]) -> tuple[str, list[list[str]], list[str]]:
    """Return namespace, dimensions and metrics of a line."""
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    dimensions = [sorted(each) for each in metrics["Dimensions"]]
    return metrics["Namespace"], dimensions, [each["Name"] for each in metrics["Metrics"]]


def test_a_run_is_counted_by_provider_model_and_outcome(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, _ = written(capsys, monkeypatch)

    namespace, (dimensions,), metrics = about(outcome)
    assert namespace == "wireside-test"
    assert {"provider", "model", "outcome"} <= set(dimensions)
    assert metrics == ["Answers"]
    assert (outcome["provider"], outcome["model"], outcome["outcome"]) == ("openai", "m-1", "stop")


def test_what_it_took_is_measured_by_provider_and_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, took = written(capsys, monkeypatch)

    _, (dimensions,), metrics = about(took)
    assert "outcome" not in dimensions
    assert {name: took[name] for name in metrics} == {
        "InputTokens": [10.0],
        "OutputTokens": [20.0],
        "NotReported": [0.0],
        "Tries": [2.0],
        "TotalTime": [900.0],
        "FirstText": [300.0],
        "Cost": [0.5],
    }


def test_what_is_not_known_is_not_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    used = Used(0, 0, Known.UNKNOWN)
    _, took = written(capsys, monkeypatch, first_text_ms=None, cost_nano_dollars=None, used=used)

    _, _, metrics = about(took)
    assert not {"FirstText", "Cost"} & set(metrics)
    assert took["NotReported"] == [1.0]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("gpt-5.4-mini", "gpt-5.4-mini"),
        ("", "none"),
        ("  ", "none"),
        ("modèle\n", "mod?le?"),
        (":x", "x"),
        ("m" * 2_000, "m" * 250),
    ],
)
def test_any_name_makes_a_dimension(name: str, shown: str) -> None:
    assert dimension(name) == shown
