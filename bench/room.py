"""A conversation with people in it, made by the real handlers from Lambda's own events."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from bench.stage import ORIGIN, Stage

ARN = "arn:aws:execute-api:us-east-1:000000000000:api/live/$connect"


@dataclass(slots=True)
class Room:
    """People on the line, each with one connection, in one conversation."""

    set_up: Stage
    id: str = ""
    _identities: dict[str, Any] = field(default_factory=dict)

    def enter(self, *names: str, policy: str = "off") -> None:
        """Create the conversation for the first of them; everybody opens it."""
        for name in names:
            self._connect(name)
        self.id = self._create(names[0], names[1:], policy)
        for name in names:
            self.say(name, action="open", conversation_id=self.id)

    def _connect(self, name: str) -> None:
        from wireside.entrypoints.handshake import authorize
        from wireside.entrypoints.lifecycle import connect

        protocols = f"wireside.v1, wireside.auth.{self.set_up.token(name)}"
        headers = {"Sec-WebSocket-Protocol": protocols, "Origin": ORIGIN}
        asked = {"headers": headers, "methodArn": ARN, "requestContext": {}}
        self._identities[name] = authorize(asked, None)["context"]
        connect({**self.event(name, "$connect"), "headers": headers}, None)
        self.say(name, action="hello")

    def event(self, name: str, route: str, body: str | None = None) -> dict[str, Any]:
        """Return what Lambda gets for a frame of somebody."""
        context = {
            "routeKey": route,
            "connectionId": f"{name}-connection=",
            "authorizer": self._identities[name],
            "connectedAt": 0,
            "requestTimeEpoch": 0,
            "identity": {"sourceIp": "127.0.0.1"},
        }
        return {"requestContext": context, "body": body, "isBase64Encoded": False}

    def say(self, name: str, **frame: Any) -> None:
        """Let somebody send a frame."""
        from wireside.entrypoints.websocket import message

        message(self.event(name, frame["action"], json.dumps(frame)), None)

    def message(self, name: str, number: int, **more: Any) -> dict[str, Any]:
        """Return the event of a ``send`` that follows message ``number - 1``."""
        frame = {
            "action": "send",
            "conversation_id": self.id,
            "client_id": f"m{number}",
            "after_seq": number - 1,
            "text": "Good evening, everybody: is there still some of that soup?",
            **more,
        }
        return self.event(name, "send", json.dumps(frame))

    def head(self) -> int:
        """Return the conversation's last seq."""
        from wireside.bootstrap import event_loop, store
        from wireside.domain.events import ConversationId

        log = store().log
        reading = log.before(ConversationId(self.id), None, limit=1)
        newest = event_loop().run_until_complete(reading)
        return newest[-1].seq if newest else 0

    def send(self, name: str, number: int, **more: Any) -> None:
        """Let somebody write message ``number``."""
        from wireside.entrypoints.websocket import message

        message(self.message(name, number, **more), None)

    def answer(self, assistant_id: str, seq: int) -> None:
        """Let an assistant answer what it owes up to ``seq``."""
        self.work(self.job(seq, assistant_id))

    def work(self, record: dict[str, Any]) -> None:
        """Let the worker have a job."""
        from wireside.entrypoints.queue import reply

        told = reply({"Records": [record]}, None)
        assert told == {"batchItemFailures": []}, told

    def job(
        self, seq: int, assistant_id: str = "assistant:demo", *, dead: bool = False
    ) -> dict[str, Any]:
        """Send a job, or a dead letter; return it as Lambda gets it from the queue."""
        queues = self.set_up.client("sqs")
        name = "WIRESIDE_DEAD_LETTER_QUEUE_URL" if dead else "WIRESIDE_REPLY_QUEUE_URL"
        url = self.set_up.environment("ReplyFunction")[name]
        about = {"conversation_id": self.id, "assistant_id": assistant_id}
        name = secrets.token_hex(8)
        queues.purge_queue(QueueUrl=url)  # the message's own job, and those of former turns
        queues.send_message(
            QueueUrl=url,
            MessageBody=json.dumps({**about, "seq": seq, "attempt": 0}),
            MessageGroupId=name,
            MessageDeduplicationId=name,
        )
        (message,) = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs",
        }

    def records(self, seq: int) -> dict[str, Any]:
        """Return the stream's record of an event of the log, as Lambda gets it."""
        from wireside.adapters.dynamodb import keys
        from wireside.bootstrap import store
        from wireside.domain.events import ConversationId

        key = keys.event(ConversationId(self.id), seq)
        found = self.set_up.client("dynamodb").get_item(TableName=store().table.name, Key=key)
        about = {"Keys": key, "NewImage": found["Item"]}
        return {"Records": [{"eventID": str(seq), "eventName": "INSERT", "dynamodb": about}]}

    def request(self, method: str, path: str, name: str, body: object = None) -> dict[str, Any]:
        """Return what Lambda gets for an HTTP request of somebody."""
        about = {"method": method, "path": path, "sourceIp": "127.0.0.1", "userAgent": ""}
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {
                "authorization": f"Bearer {self.set_up.token(name)}",
                "content-type": "application/json",
            },
            "requestContext": {"http": {**about, "protocol": "HTTP/1.1"}},
            "body": json.dumps(body) if body is not None else None,
            "isBase64Encoded": False,
        }

    def _create(self, owner: str, others: tuple[str, ...], policy: str) -> str:
        from wireside.entrypoints.http import api

        body = {"members": list(others), "reply_policy": policy}
        answer = api(self.request("POST", "/v1/conversations", owner, body), None)
        return str(json.loads(answer["body"])["id"])
