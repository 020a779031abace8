"""Lambda's Invoke, asked by AWS's own client."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.gateway.parity import parity
from tests.contract.gateway.toys import Event, Toy, until

LARGEST_BYTES = 1024 * 1024
LARGEST_ANSWER_BYTES = 6_291_556


def call(toy: Toy, kind: str, **event: Any) -> Any:
    payload = json.dumps(event).encode()
    return toy.calls.invoke(FunctionName=toy.names("Call"), InvocationType=kind, Payload=payload)


def called(toy: Toy, case: str) -> list[Event]:
    """Return the events with which the function was called."""
    return [json.loads(each["event"]) for each in toy.items(f"call#{case}")]


@parity(
    "A call that is waited for gets the function's answer.",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html",
)
def test_a_call_that_is_waited_for_gets_the_answer(toy: Toy) -> None:
    case = uuid.uuid4().hex

    answer = call(toy, "RequestResponse", case=case, text="é😀")

    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read()) == {"case": case, "text": "é😀"}


@parity(
    "A function that fails is told as such, with its error.",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html",
)
def test_a_failure_is_told_with_its_error(toy: Toy) -> None:
    answer = call(toy, "RequestResponse", case=uuid.uuid4().hex, fails=True)

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    said = json.loads(answer["Payload"].read())
    assert (said["errorType"], said["errorMessage"]) == ("RuntimeError", "failed")


@parity(
    "An asynchronous call is accepted with 202 and made later.",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html",
)
def test_an_asynchronous_call_is_accepted_and_made(toy: Toy) -> None:
    case = uuid.uuid4().hex

    answer = call(toy, "Event", case=case)

    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    assert until(lambda: called(toy, case)) == [{"case": case}]


@parity(
    "An asynchronous call that fails is made once, where `MaximumRetryAttempts` is 0.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
)
def test_an_asynchronous_call_that_fails_is_not_made_again(toy: Toy) -> None:
    case, later = uuid.uuid4().hex, uuid.uuid4().hex

    call(toy, "Event", case=case, fails=True)
    until(lambda: called(toy, case))
    call(toy, "Event", case=later)
    until(lambda: called(toy, later))

    assert len(called(toy, case)) == 1


@parity(
    "An asynchronous call may bring 1 MB.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
)
def test_an_asynchronous_call_above_1_mb_is_refused(toy: Toy) -> None:
    with pytest.raises(ClientError) as refused:
        call(toy, "Event", case="large", text="x" * LARGEST_BYTES)

    assert refused.value.response["Error"]["Code"] == "RequestTooLargeException"


@parity(
    "A function that is not there is not found; an event that is not JSON is refused.",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html",
)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"FunctionName": "nobody"}, "ResourceNotFoundException"),
        ({"Payload": b"{"}, "InvalidRequestContentException"),
    ],
)
def test_what_cannot_be_called_is_refused(toy: Toy, arguments: Any, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        toy.calls.invoke(**{"FunctionName": toy.names("Call"), **arguments})

    assert refused.value.response["Error"]["Code"] == code


@parity(
    "A call that is signed by a wrong key is refused with 403.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",
)
def test_a_wrong_key_calls_nobody(toy: Toy) -> None:
    stranger = toy.clients("lambda", endpoint=toy.lambda_url, key="another")

    with pytest.raises(ClientError) as refused:
        stranger.invoke(FunctionName=toy.names("Call"), Payload=b"{}")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@parity(
    "A function's answer has at most 6 MB; a larger one is its failure.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
)
def test_an_answer_above_6_mb_is_a_failure(toy: Toy) -> None:
    fits = call(toy, "RequestResponse", case=uuid.uuid4().hex, large=LARGEST_ANSWER_BYTES - 2)
    exceeds = call(toy, "RequestResponse", case=uuid.uuid4().hex, large=LARGEST_ANSWER_BYTES - 1)

    assert len(fits["Payload"].read()) == LARGEST_ANSWER_BYTES
    assert exceeds["FunctionError"] == "Unhandled"
    assert json.loads(exceeds["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"
