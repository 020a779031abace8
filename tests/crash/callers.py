"""Who calls functions, and what each of them does when no answer comes.

This is the other half of every guarantee, as ``docs/protocol.md`` and AWS's own documents have it:

=================== ==============================================================================
client, a frame     the same frame again, 5 s later, until it is answered; at once a new connection
                    where it was closed; never ``typing``
client, handshake   a new handshake, with a new ticket where it came with one
client, request     the same request with the same ``Idempotency-Key``
queue               the same job again when its visibility ends, until it is deleted
stream              the same records again
schedule            nothing again; the next minute comes
asynchronous call   nothing again
gateway, end        ``$disconnect`` once, however it ends, and perhaps never
=================== ==============================================================================
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bench.stage import ORIGIN
from local.harness import SECRET
from local.tokens import mint
from tests.crash.backend import ASSISTANT, Backend
from tests.crash.machine import Crashed, Failed
from tests.simulation.invariants import Acknowledgement

TRIES = 6
RETRY_SECONDS = 5
RECONNECT_SECONDS = 30
QUEUE_VISIBILITY_SECONDS = 300
ARN = "arn:aws:execute-api:us-east-1:000000000000:api/live/$connect"
REFUSED, UNAVAILABLE = 400, 500

type Json = dict[str, Any]

_numbers = count(1)


class Refused(Exception):
    """The service refused for good. ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unanswered(AssertionError):
    """The caller tried and tried: something waits for ever."""


def token(name: str, *roles: str, seconds: int = 10 * 365 * 24 * 3_600) -> str:
    """Return a JWT of somebody."""
    return mint(SECRET, name, name.title(), roles or ("user",), seconds=seconds)[0]


@dataclass(slots=True)
class Person:
    """A client by the protocol: one connection, one unanswered frame, one view."""

    backend: Backend
    name: str
    roles: Sequence[str] = ("user",)
    connection_id: str = ""
    view: dict[str, dict[int, Json]] = field(default_factory=dict)
    epochs: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, list[Acknowledgement]] = field(default_factory=dict)
    _identity: Mapping[str, str] = field(default_factory=dict)
    _read: int = 0

    def connect(self) -> None:
        """Get a connection and say hello."""
        self.arrive()
        self.say("hello")

    def arrive(self, *, by_ticket: bool = False) -> None:
        """Shake hands until there is a connection. Every handshake has a ticket of its own."""
        for _ in range(TRIES):
            if self._shake_hands(self.buy_ticket() if by_ticket else token(self.name, *self.roles)):
                return
            self.backend.wait(RECONNECT_SECONDS)
        raise Unanswered(self.name)

    def _shake_hands(self, offered: str) -> bool:
        protocols = f"wireside.v1, wireside.auth.{offered}"
        headers = {"Sec-WebSocket-Protocol": protocols, "Origin": ORIGIN}
        asked = {"headers": headers, "methodArn": ARN, "requestContext": {}}
        self.connection_id, self._read = f"{self.name}-{next(_numbers)}=", 0
        try:
            self._identity = self.backend.invoke("AuthorizeFunction", asked)["context"]
            event = {**self.event("$connect"), "headers": headers}
            answer = self.backend.invoke("ConnectFunction", event)
        except (Crashed, Failed):
            self.vanish()
            return False
        if answer["statusCode"] != 200:
            self.vanish()
        return bool(answer["statusCode"] == 200)

    def event(self, route: str, body: str | None = None) -> Json:
        """Return what Lambda gets for a frame."""
        context = {
            "routeKey": route,
            "connectionId": self.connection_id,
            "authorizer": self._identity,
            "connectedAt": 0,
            "requestTimeEpoch": 0,
            "identity": {"sourceIp": "127.0.0.1"},
        }
        return {"requestContext": context, "body": body, "isBase64Encoded": False}

    def vanish(self) -> None:
        """Lose the connection; the gateway knows, the functions do not yet."""
        self.backend.cloud.gone.add(self.connection_id)

    def disconnect(self) -> None:
        """Go. ``$disconnect`` is told once, and nobody repeats it."""
        self.vanish()
        try:
            self.backend.invoke("DisconnectFunction", self.event("$disconnect"))
        except (Crashed, Failed):
            return

    def tell(self, action: str, **fields: Any) -> None:
        """Send a frame that nothing answers, once."""
        try:
            self._send({"action": action, **fields})
        except Crashed:
            return

    def say(self, action: str, **fields: Any) -> Json:
        """Send the same frame until it is answered; return the answer.

        Raises: Refused, Unanswered.
        """
        ref = f"r{next(_numbers)}"
        frame = {"action": action, "ref": ref, **fields}
        for _ in range(TRIES):
            try:
                self._send(frame)
            except Crashed:
                self.backend.wait(RETRY_SECONDS)
            answer = next((each for each in self.hear() if each.get("ref") == ref), None)
            if answer is not None and answer["type"] != "error":
                return answer
            if answer is not None and not answer["retryable"]:
                raise Refused(answer["code"])
            self.backend.wait(RETRY_SECONDS)
        raise Unanswered(f"{self.name}: {action}")

    def _send(self, frame: Json) -> None:
        self.backend.invoke("MessageFunction", self.event(frame["action"], json.dumps(frame)))

    def hear(self) -> list[Json]:
        """Return the frames that came since, folded into the view."""
        frames = self.backend.cloud.frames[self.connection_id]
        new, self._read = frames[self._read :], len(frames)
        for frame in new:
            if frame["type"] == "opened":
                self.epochs[frame["conversation"]["id"]] = frame["epoch"]
            events = frame.get("events", []) + ([frame["event"]] if "event" in frame else [])
            for each in events:
                # Events arrive at least once: each seq is shown once.
                self.view.setdefault(frame["conversation_id"], {}).setdefault(each["seq"], each)
        return new

    def held(self, conversation_id: str) -> int:
        """Return the last seq that is held without a gap."""
        self.hear()
        seqs = self.view.get(conversation_id, {})
        return next(seq for seq in count() if seq + 1 not in seqs)

    def open(self, conversation_id: str) -> Json:
        """Open a conversation where the view of it ends; what does not follow is asked for."""
        after_seq = self.held(conversation_id)
        opened = self.say("open", conversation_id=conversation_id, after_seq=after_seq)
        self.sync(conversation_id, opened["head"])
        return opened

    def sync(self, conversation_id: str, head: int) -> None:
        """Ask for what is missing up to the head, if anything is."""
        while (after_seq := self.held(conversation_id)) < head:
            place = {"conversation_id": conversation_id, "epoch": self.epochs[conversation_id]}
            self.say("sync", **place, after_seq=after_seq)

    def write(self, conversation_id: str, action: str = "send", **fields: Any) -> int:
        """Write until it is acknowledged; return its seq. A retry repeats the frame."""
        client_id = fields.pop("client_id", None) or f"c{next(_numbers)}"
        begun = next(_numbers)
        answer = self.say(
            action,
            conversation_id=conversation_id,
            client_id=client_id,
            **{"after_seq": self.held(conversation_id), **fields},
        )
        assert answer["event"]["client_id"] == client_id, answer
        told = Acknowledgement(self.name, client_id, begun, next(_numbers))
        self.acknowledged.setdefault(conversation_id, []).append(told)
        return int(answer["event"]["seq"])

    def acknowledged_in(self, conversation_id: str) -> list[Acknowledgement]:
        """Return what was acknowledged in one conversation, in order."""
        return self.acknowledged.get(conversation_id, [])

    def come_back(self, conversation_id: str) -> None:
        """Connect anew where the connection is closed, and open what was open."""
        if self.connection_id in self.backend.cloud.gone:
            self.connect()
            self.open(conversation_id)

    def catch_up(self, conversation_id: str, head: int) -> None:
        """Ask for heads, as clients do every 30 s, and for what is missing.

        ``head`` is the log's: who has all of it is spared the asking.
        """
        if self.held(conversation_id) < head:
            self.sync(conversation_id, self.say("ping")["heads"].get(conversation_id, 0))

    def buy_ticket(self) -> str:
        """Return a ticket."""
        _, bought = self.request("POST", "/v1/tickets")
        return str(bought["ticket"])

    def request(self, method: str, path: str, body: object = None) -> tuple[int, Json]:
        """Send a request, the same under the same key until the service answers it.

        Raises: Refused, Unanswered.
        """
        event = self.asking(method, path, body, key=f"k{next(_numbers)}")
        for _ in range(TRIES):
            try:
                answer = self.backend.invoke("ApiFunction", event)
            except Crashed:
                answer = {"statusCode": UNAVAILABLE}
            told = json.loads(answer.get("body") or "{}")
            if answer["statusCode"] < REFUSED:
                return answer["statusCode"], told
            if answer["statusCode"] < UNAVAILABLE and not told["error"]["retryable"]:
                raise Refused(told["error"]["code"])
            self.backend.wait(RECONNECT_SECONDS)
        raise Unanswered(f"{self.name}: {method} {path}")

    def asking(self, method: str, path: str, body: object = None, *, key: str) -> Json:
        """Return what Lambda gets for a request."""
        path, _, query = path.partition("?")
        about = {"method": method, "path": path, "sourceIp": "127.0.0.1", "userAgent": ""}
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {
                "authorization": f"Bearer {token(self.name, *self.roles)}",
                "content-type": "application/json",
                "idempotency-key": key,
            },
            "requestContext": {"http": {**about, "protocol": "HTTP/1.1"}},
            "body": json.dumps(body) if body is not None else None,
            "isBase64Encoded": False,
        }


@dataclass(slots=True)
class Queue:
    """Lambda's poller of a queue of jobs, for one function."""

    backend: Backend
    function: str
    setting: str

    def drain(self) -> None:
        """Hand over jobs until the queue is empty.

        Raises: Unanswered when a job comes back for ever.
        """
        for _ in range(10 * TRIES):
            if not self.deliver():
                return
        raise Unanswered(self.function)

    def deliver(self) -> bool:
        """Hand over one job, if there is one."""
        job = self._receive()
        if job is not None:
            self._hand_over(job)
        return job is not None

    def _receive(self) -> Json | None:
        received = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=1)
        return next(iter(received.get("Messages", [])), None)

    def _hand_over(self, job: Json) -> None:
        receipt = job["ReceiptHandle"]
        record = {
            "messageId": job["MessageId"],
            "receiptHandle": receipt,
            "body": job["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs",
        }
        try:
            answer = self.backend.invoke(self.function, {"Records": [record]})
        except (Crashed, Failed):
            answer = None
        if answer == {"batchItemFailures": []}:
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)
            return
        # It is hidden for as long as the worker last asked for, or as the queue says.
        hidden = self.backend.cloud.visibility_seconds.get(receipt, QUEUE_VISIBILITY_SECONDS)
        self.backend.wait(hidden)
        self._sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=0
        )

    def forget(self) -> None:
        """Lose all jobs."""
        self._sqs.purge_queue(QueueUrl=self.url)

    def send(self, conversation_id: str, seq: int) -> None:
        """Send a job that nobody else would send any more."""
        about = {"conversation_id": conversation_id, "assistant_id": ASSISTANT}
        self._send(json.dumps({**about, "seq": seq, "attempt": 0}))

    def give_up(self, dead_letters: "Queue") -> None:
        """Move a job on: it was received too often. Until then every lease is over."""
        job = self._receive()
        assert job is not None
        dead_letters._send(job["Body"])
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=job["ReceiptHandle"])
        self.backend.wait(QUEUE_VISIBILITY_SECONDS)

    def _send(self, body: str) -> None:
        job = json.loads(body)
        self._sqs.send_message(
            QueueUrl=self.url,
            MessageBody=body,
            MessageGroupId=f"{job['conversation_id']}:{job['assistant_id']}",
            MessageDeduplicationId=f"again-{next(_numbers)}",
        )

    @property
    def url(self) -> str:
        """Return the queue's address."""
        return self.backend.stage.environment(self.function)[self.setting]

    @property
    def _sqs(self) -> Any:
        return self.backend.client("sqs")


def every_minute(backend: Backend) -> None:
    """Call the sweep until a minute went by without a failure.

    Raises: Unanswered.
    """
    for _ in range(TRIES):
        try:
            backend.invoke("SweepFunction", {"id": "minute"})
        except (Crashed, Failed):
            backend.wait(60)
            continue
        return
    raise Unanswered("the sweep")


@dataclass(slots=True)
class Stream:
    """Lambda's poller of the table's stream, for the log of one conversation."""

    backend: Backend
    position: int = 0

    def follow(self, items: Sequence[Json], changed: Collection[int] = ()) -> None:
        """Hand over the events above the position, all of them until they are taken.

        ``changed`` are seqs below it, of events that are not what they were.
        Raises: Unanswered.
        """
        new = [each for each in items if int(each["seq"]["N"]) > self.position]
        old = [each for each in items if int(each["seq"]["N"]) in changed]
        if not new:
            return
        records = [_record(each, "MODIFY") for each in old]
        event = {"Records": [*records, *(_record(each, "INSERT") for each in new)]}
        for _ in range(TRIES):
            try:
                answer = self.backend.invoke("OutboxFunction", event)
            except (Crashed, Failed):
                continue
            if answer == {"batchItemFailures": []}:
                self.position = int(new[-1]["seq"]["N"])
                return
        raise Unanswered("the stream")


def _record(item: Json, name: str) -> Json:
    keys = {name: item[name] for name in ("pk", "sk")}
    about = {"Keys": keys, "NewImage": item}
    return {"eventID": item["seq"]["N"], "eventName": name, "dynamodb": about}
