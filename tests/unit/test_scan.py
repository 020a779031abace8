"""The verdict over what checkov finds: mended, or justified, and nothing justified in vain."""

from typing import Any

import pytest

from checks.scan import verdict

FINDING = {"check_id": "CKV_1", "check_name": "Lock the door", "resource": "Door.Front"}


def template(*skips: dict[str, Any]) -> dict[str, Any]:
    return {"Metadata": {"checkov": {"skip": list(skips)}}}


def test_a_finding_is_told_with_its_resource() -> None:
    assert verdict([FINDING], {}) == ["Door.Front: Lock the door (CKV_1)"]


def test_a_finding_with_a_reason_may_stay() -> None:
    assert verdict([FINDING], template({"id": "CKV_1", "comment": "There is no door."})) == []


@pytest.mark.parametrize("skip", [{"id": "CKV_1"}, {"id": "CKV_1", "comment": " "}])
def test_a_justification_without_a_reason_is_none(skip: dict[str, Any]) -> None:
    assert verdict([FINDING], template(skip)) != []


def test_a_justification_that_nothing_needs_is_told() -> None:
    (told,) = verdict([], template({"id": "CKV_1", "comment": "There is no door."}))

    assert "CKV_1" in told
