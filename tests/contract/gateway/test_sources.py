"""Queues and streams that call functions."""

import json
from itertools import pairwise

from tests.contract.gateway.parity import parity
from tests.contract.gateway.toys import Event, Toy, until

DEAD = "DeadJobs"
JOBS = "Jobs"
PAIRS = "Pairs"
GIVEN_UP = "Given"


def worked(toy: Toy, case: str, number: int) -> list[Event]:
    return until(lambda: toy.items(f"work#{case}"), lambda found: len(found) >= number)


def overlap(one: Event, other: Event) -> bool:
    return bool(int(one["began"]) < int(other["ended"]) and int(other["began"]) < int(one["ended"]))


@parity(
    "A group of a FIFO queue is worked on in order, one batch at a time.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
)
def test_a_message_group_is_worked_on_in_order_and_one_batch_at_a_time(toy: Toy) -> None:
    jobs = [{"id": str(number)} for number in range(6)]
    toy.send(JOBS, "order", *jobs, group="order")

    done = sorted(worked(toy, "order", 6), key=lambda each: each["sk"])

    assert all(int(each["size"]) <= 2 for each in done)
    for earlier, later in pairwise(done):
        same_batch = earlier["began"] == later["began"]
        assert same_batch or not overlap(earlier, later)
        assert int(earlier["began"]) <= int(later["began"])


@parity(
    "Groups are worked on beside each other.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
)
def test_groups_are_worked_on_beside_each_other(toy: Toy) -> None:
    toy.send(JOBS, "beside", {"id": "left", "meets": "right"}, group="left")
    toy.send(JOBS, "beside", {"id": "right", "meets": "left"}, group="right")

    one, other = worked(toy, "beside", 2)

    assert overlap(one, other)


@parity(
    "A message that was received `maxReceiveCount` times goes to the dead-letter queue; a changed visibility is honoured.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
)
def test_a_failed_message_comes_again_and_ends_in_the_dead_letter_queue(toy: Toy) -> None:
    toy.send(JOBS, "dead", {"id": "1", "fails": True}, group="dead")

    def dead() -> list[Event]:
        url = toy.queue_url(DEAD)
        found: list[Event] = toy.queues.receive_message(QueueUrl=url).get("Messages", [])
        return found

    message = until(dead)[0]
    assert json.loads(message["Body"])["id"] == "1"
    assert [each["sk"] for each in toy.items("work#dead")] == ["1#1", "1#2"]


@parity(
    "With `ReportBatchItemFailures` the failed messages alone come again.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
)
def test_only_the_failed_part_of_a_batch_comes_again(toy: Toy) -> None:
    toy.send(PAIRS, "part", {"id": "good"}, {"id": "bad", "fails": True})

    again = worked(toy, "part", 3)

    assert {each["sk"] for each in again} == {"bad#1", "bad#2", "good#1"}
    toy.queues.purge_queue(QueueUrl=toy.queue_url(PAIRS))


@parity(
    "A message has Lambda's shape.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html",
)
def test_a_message_arrives_as_lambda_hands_it_over(toy: Toy) -> None:
    toy.send(JOBS, "shape", {"id": "1"}, group="shape")

    record = json.loads(worked(toy, "shape", 1)[0]["record"])

    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].startswith("arn:aws:sqs:")
    assert record["eventSourceARN"].endswith(f":{toy.names(JOBS)}")
    assert record["attributes"]["MessageGroupId"] == "shape"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"messageId", "receiptHandle", "body", "md5OfBody", "awsRegion"} <= set(record)


@parity(
    "A stream's records are filtered, in order, and have Lambda's shape.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html",
)
def test_a_stream_calls_for_new_events_of_the_log_and_nothing_else(toy: Toy) -> None:
    toy.put("log", "M#1")
    toy.put("log", "E#1", text="one")
    toy.put("log", "E#1", text="changed")
    toy.put("log", "E#2")

    followed = until(lambda: toy.items("followed#log"), lambda found: len(found) >= 2)

    assert [each["sk"] for each in followed] == ["E#1", "E#2"]
    record = json.loads(followed[0]["record"])
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "log"}, "sk": {"S": "E#1"}}
    assert record["dynamodb"]["NewImage"]["text"] == {"S": "one"}
    assert f":table/{toy.names('Table')}/stream/" in record["eventSourceARN"]


@parity(
    "A failing batch is tried again, bisected, and what still fails goes to the on-failure destination: its place in the stream, not its content.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html",
)
def test_a_bad_record_is_parted_from_the_good_ones_and_given_up(toy: Toy) -> None:
    toy.table.batch_write_item(
        RequestItems={
            toy.names("Table"): [
                {"PutRequest": {"Item": {"pk": {"S": "mixed"}, "sk": {"S": f"E#{number}"}, **more}}}
                for number in range(5)
                for more in ([{"bad": {"BOOL": True}}] if number == 2 else [{}])
            ]
        }
    )

    followed = until(lambda: toy.items("followed#mixed"), lambda found: len(found) >= 4)
    assert [each["sk"] for each in followed] == ["E#0", "E#1", "E#3", "E#4"]

    def given_up() -> list[Event]:
        url = toy.queue_url(GIVEN_UP)
        found: list[Event] = toy.queues.receive_message(QueueUrl=url).get("Messages", [])
        return found

    told = json.loads(until(given_up)[0]["Body"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1
    assert "mixed" not in json.dumps(told)
