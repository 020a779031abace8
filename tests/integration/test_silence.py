"""Answers that are stopped, taken over, ended or buried, through the whole local run."""

import asyncio
import json
from typing import Any

from local.harness import Running
from tests.faults import fault
from tests.integration.client import Client, Frame, connected, create, request

WORDS_A_SECOND = 25
"""What the demo assistant says."""


def is_event(kind: str) -> Any:
    return lambda frame: frame["type"] == "event" and frame["event"]["kind"] == kind


def is_answer(frame: Frame) -> bool:
    """Whether this is an assistant's message."""
    return bool(frame["type"] == "event" and "finish_reason" in frame["event"]["body"])


def is_delta(frame: Frame) -> bool:
    return bool(frame["type"] == "delta")


async def say(client: Client, room: str, text: str, after_seq: int, **fields: Any) -> Frame:
    """Send a message; return its acknowledgement."""
    about = {"conversation_id": room, "client_id": f"c{after_seq}", "after_seq": after_seq}
    return await client.ask("send", text=text, **about, **fields)


def operator(running: Running, sub: str = "olga") -> str:
    return running.token(sub, roles=("user", "operator"))


async def admin(running: Running, room: str, deed: str, sub: str = "olga") -> tuple[int, Any]:
    token = operator(running, sub)
    path = f"/v1/admin/conversations/{room}/{deed}"
    return await request(running, "POST", path, sub, token=token)


@fault(31)
def test_an_answer_is_stopped_from_another_device_and_kept(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana", "ben")
        async with connected(running, "ana") as ana, connected(running, "ben") as ben:
            for each in (ana, ben):
                await each.enter(room)
            await say(ana, room, "tell me a long story", 0)
            seen = await ben.until(is_delta)
            said = len((seen["text"]).split())

            stopped = await ben.ask("stop", conversation_id=room, after_seq=1)
            answer = (await ana.until(is_answer))["event"]

            assert (stopped["type"], stopped["runs"]) == ("stopped", [answer["body"]["run_id"]])
            assert answer["body"]["finish_reason"] == "stopped"
            assert answer["body"]["trigger_seq"] == 1
            assert len(answer["body"]["text"].split()) <= said + 2 * WORDS_A_SECOND

            again = await ben.ask("stop", conversation_id=room, after_seq=1)
            await say(ana, room, "and now?", 2)
            whole = (await ana.until(is_answer))["event"]
            assert again["runs"] == []
            assert whole["body"]["finish_reason"] == "stop"

    asyncio.run(story())


@fault(34)
def test_a_takeover_in_mid_stream_is_a_guarantee(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana")
        async with (
            connected(running, "ana") as ana,
            connected(running, "olga", token=operator(running)) as olga,
        ):
            await ana.enter(room)
            await say(ana, room, "hello?", 0)
            await ana.until(is_delta)

            status, seen = await admin(running, room, "takeover")
            taken = (await ana.until(is_event("taken_over")))["event"]

            assert (status, seen["operator"]["id"]) == (200, "olga")
            (run,) = taken["body"]["stopped_runs"]
            assert (run["participant"], run["trigger_seq"]) == ("assistant:demo", 1)
            # What was kept by then: at most a second behind what was seen.
            assert run["text"].startswith("I")

            opened = await olga.enter(room)
            assert [each["kind"] for each in opened["events"]] == ["message", "taken_over"]
            own = await say(ana, room, "is anybody there?", 2)
            await say(olga, room, "I am.", 3)
            told = await ana.until(is_event("message"))
            assert own["event"]["body"]["addressed"] == []
            assert told["event"]["sender"]["type"] == "operator"

            assert (await admin(running, room, "release"))[0] == 200
            await ana.until(is_event("released"))
            await say(ana, room, "and the assistant?", 5)
            answer = (await ana.until(is_answer))["event"]
            assert answer["body"]["trigger_seq"] == 6
            _, page = await request(running, "GET", f"/v1/conversations/{room}/events", "ana")
            assert [each["sender"]["type"] for each in page["events"]] == [
                *("human", "operator", "human", "operator", "operator", "human", "assistant"),
            ]

    asyncio.run(story())


@fault(42)
def test_of_two_operators_the_second_learns_who_was_first(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana")

        answers = await asyncio.gather(
            *(admin(running, room, "takeover", sub) for sub in ("olga", "pat"))
        )

        refused = [body["error"] for status, body in answers if status == 409]
        taken = [body["operator"] for status, body in answers if status == 200]
        assert len(refused) == len(taken) == 1
        assert refused[0]["code"] == "already_taken_over"
        assert refused[0]["details"]["operator"] == taken[0]["id"]
        status, _ = await request(
            running, "POST", f"/v1/admin/conversations/{room}/takeover", "ana"
        )
        assert status == 403

    asyncio.run(story())


def test_words_that_are_taken_back_are_nowhere_any_more(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana", policy="off")
        async with connected(running, "ana") as ana:
            await ana.enter(room)
            await say(ana, room, "a slip of the tongue", 0)
            about = {"conversation_id": room, "target_seq": 1}
            await ana.ask("edit", client_id="e", after_seq=1, text="a slip of the pen", **about)
            await ana.ask("delete", client_id="d", after_seq=2, **about)

            _, page = await request(running, "GET", f"/v1/conversations/{room}/events", "ana")

        assert [each["kind"] for each in page["events"]] == ["message", "edited", "deleted"]
        items = running.client("dynamodb").scan(TableName="wireside-Table")["Items"]
        assert "slip of the" not in str(items)

    asyncio.run(story())


@fault(25)
def test_a_dead_letter_of_a_living_run_waits_for_its_answer(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana")
        queues = running.client("sqs")
        url = queues.get_queue_url(QueueName="wireside-ReplyDeadLetterQueue.fifo")["QueueUrl"]
        async with connected(running, "ana") as ana:
            await ana.enter(room)
            await say(ana, room, "hello?", 0)
            await ana.until(is_delta)
            job = {"conversation_id": room, "assistant_id": "assistant:demo", "seq": 1}
            queues.send_message(
                QueueUrl=url,
                MessageBody=json.dumps({**job, "attempt": 0}),
                MessageGroupId=room,
                MessageDeduplicationId=room,
            )

            answer = (await ana.until(is_answer))["event"]

        assert answer["body"]["finish_reason"] == "stop"
        _, page = await request(running, "GET", f"/v1/conversations/{room}/events", "ana")
        assert [each["kind"] for each in page["events"]] == ["message", "message"]

    asyncio.run(story())


@fault(25)
def test_a_job_that_no_worker_could_settle_ends_in_one_failure(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana", policy="mention")
        table = running.client("dynamodb")
        queues = running.client("sqs")
        url = queues.get_queue_url(QueueName="wireside-ReplyDeadLetterQueue.fifo")["QueueUrl"]
        async with connected(running, "ana") as ana:
            await ana.enter(room)
            await say(ana, room, "hello?", 0)
            # Its jobs were lost five times: only the dead letter is left of them.
            body = json.dumps({"text": "hello?", "addressed": ["assistant:demo"]})
            table.update_item(
                TableName="wireside-Table",
                Key={"pk": {"S": f"C#{room}"}, "sk": {"S": f"E#{1:012d}"}},
                UpdateExpression="SET body = :b",
                ExpressionAttributeValues={":b": {"S": body}},
            )
            job = {"conversation_id": room, "assistant_id": "assistant:demo", "seq": 1}
            queues.send_message(
                QueueUrl=url,
                MessageBody=json.dumps({**job, "attempt": 0}),
                MessageGroupId=room,
                MessageDeduplicationId=room,
            )

            failed = (await ana.until(is_event("run_failed")))["event"]

            assert failed["body"]["code"] == "internal"
            assert failed["body"]["trigger_seq"] == 1

    asyncio.run(story())


def test_a_conversation_ends_for_everybody(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana", "ben", policy="off")
        async with connected(running, "ben") as ben:
            await ben.enter(room)
            refused, _ = await request(running, "POST", f"/v1/conversations/{room}/end", "ben")
            status, seen = await request(
                running, "POST", f"/v1/conversations/{room}/end", "ana", key="end"
            )
            ended = (await ben.until(is_event("ended")))["event"]
            late = await say(ben, room, "wait!", 1)

        assert (refused, status) == (403, 200)
        assert seen["ended_at"] == ended["at"]
        assert (ended["client_id"], ended["body"]["stopped_runs"]) == ("end", [])
        assert late["code"] == "conversation_ended"

    asyncio.run(story())
