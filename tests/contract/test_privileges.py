"""What the functions ask of AWS is what their roles allow."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from local import template
from local.stack import Stack

ROOT = Path(__file__).resolve().parent.parent.parent
RECORD = """
import json, sys
from contextlib import contextmanager
from bench.room import Room
from bench.stage import in_process, stage

asked, function = [], ""

def note(params, model, **_):
    kinds = [next(iter(each)) for each in params.get("TransactItems", [])]
    for name in [f"{kind}Item" if kind != "ConditionCheck" else "ConditionCheckItem"
                 for kind in kinds] or [model.name]:
        asked.append((function, f"{model.service_model.service_name}:{name}"))

with stage() as set_up, in_process(set_up, "ReplyFunction"):
    from tests.ageing import Ageing
    from wireside.adapters.aws.clients import session
    from wireside.bootstrap import store
    from wireside.entrypoints import crowd, http, lifecycle, queue, schedule, stream, websocket

    def called(name, handler):
        def handle(event, context):
            global function
            function = name
            return handler(event, context)
        return handle

    lifecycle.connect = called("ConnectFunction", lifecycle.connect)
    lifecycle.disconnect = called("DisconnectFunction", lifecycle.disconnect)
    websocket.message = called("MessageFunction", websocket.message)
    http.api = called("ApiFunction", http.api)
    queue.reply = called("ReplyFunction", queue.reply)
    crowd.fanout = called("FanoutFunction", crowd.fanout)
    queue.dead_letter = called("DeadLetterFunction", queue.dead_letter)
    stream.outbox = called("OutboxFunction", stream.outbox)
    schedule.sweep = called("SweepFunction", schedule.sweep)
    session().register("provide-client-params.*.*", note)

    room = Room(set_up)
    room.enter("ana", "ben", policy="always")
    def http_call(method, path, body=None, name="ana", query=""):
        asked = room.request(method, path, name, body)
        return http.api(asked | {"rawQueryString": query}, None)
    for name in ("ana", "ben"):
        room.say(name, action="typing", conversation_id=room.id, on=True)
        room.say(name, action="ping")
        room.say(name, action="read", conversation_id=room.id, seq=1)
    seq = room.head() + 1
    room.send("ana", seq)
    stream.outbox(room.records(seq), None)
    room.answer("assistant:demo", seq)
    def write(action, **fields):
        about = {"conversation_id": room.id, "client_id": f"w{room.head()}"}
        room.say("ana", action=action, after_seq=room.head(), **about, **fields)
        return room.head()
    write("edit", target_seq=seq, text="better")
    write("react", target_seq=seq, emoji="+1", on=True)
    write("regenerate", target_seq=seq + 1)
    write("model", model="demo")
    room.say("ana", action="stop", conversation_id=room.id, after_seq=room.head())
    queue.dead_letter({"Records": [room.job(room.head(), dead=True)]}, None)
    write("delete", target_seq=seq)
    write("delete", target_seq=seq + 1)
    room.say("ana", action="sync", conversation_id=room.id, epoch="x", after_seq=0)
    for method, path, body in (
        ("GET", "/v1/conversations", None),
        ("GET", f"/v1/conversations/{room.id}", None),
        ("GET", f"/v1/conversations/{room.id}/events", None),
        ("PATCH", f"/v1/conversations/{room.id}", {"title": "t", "reply_policy": "off"}),
        ("POST", f"/v1/conversations/{room.id}/members", {"user_id": "cleo"}),
        ("DELETE", f"/v1/conversations/{room.id}/members/cleo", None),
        ("DELETE", f"/v1/conversations/{room.id}/members/ben", None),
        ("GET", f"/v1/conversations/{room.id}/export", None),
        ("GET", "/readyz", None),
    ):
        answer = http_call(method, path, body)
        assert answer["statusCode"] < 300, (method, path, answer)
    found = http_call("GET", "/v1/search", query="q=better")
    assert found["statusCode"] == 200, found
    room.send("ana", room.head() + 1, text="zebra")
    stream.outbox(room.records(room.head()), None)
    found = json.loads(http_call("GET", "/v1/search", query="q=zebra")["body"])
    assert [each["snippet"] for each in found["items"]] == ["zebra"], found
    made = http_call("POST", f"/v1/conversations/{room.id}/invites")
    http_call("POST", "/v1/conversations/join", {"token": json.loads(made["body"])["token"]}, "eve")
    for name in ("POST", "DELETE"):
        assert http_call(name, f"/v1/conversations/{room.id}/share")["statusCode"] < 300
    made = json.loads(http_call("POST", f"/v1/conversations/{room.id}/share")["body"])
    assert http_call("GET", f"/v1/shared/{made['token']}", name="eve")["statusCode"] == 200
    ticket = json.loads(http_call("POST", "/v1/tickets")["body"])["ticket"]
    room.say("ana", action="refresh", token=ticket)
    room.say("ana", action="refresh", token=set_up.token("ana"))
    share = {"conversation_id": room.id, "frame": "{}", "until_ms": 2**52}
    crowd.fanout({**share, "listeners": [["ben", "gone", 2**40, 0]]}, None)
    room.say("ana", action="close", conversation_id=room.id)
    ageing = Ageing(set_up.client("dynamodb"), store().table.name)
    idle = json.loads(http_call("POST", "/v1/conversations", {})["body"])["id"]
    ageing.activity(idle, seconds=100 * 86_400)
    lost = Room(set_up)
    lost.enter("ana", policy="always")
    lost.send("ana", 1)
    ageing.event(lost.id, 1, seconds=360)
    http_call("DELETE", f"/v1/conversations/{room.id}")
    ageing.mark(room.id, seconds=61)
    silent = Room(set_up)
    silent.enter("max", "mia")
    ageing.connection("max", "max-connection=", seconds=91)
    known = Room(set_up)
    known.enter("uma", "vic")
    known.send("uma", 1)
    shared = http_call("POST", f"/v1/conversations/{known.id}/share", name="uma")
    assert shared["statusCode"] == 201, shared
    http_call("POST", "/v1/conversations", {}, "uma")
    for asked_as in ("uma", "val"):
        assert http_call("DELETE", "/v1/me", name=asked_as)["statusCode"] == 202
    first = schedule.sweep({}, None)
    ageing.trace(known.id, "uma", seconds=61)
    ageing.order("val", seconds=61)
    counted = schedule.sweep({}, None)
    counted = {name: first[name] + count for name, count in counted.items()}
    assert min(counted.values()) > 0, counted
    lifecycle.disconnect(room.event("ana", "$disconnect"), None)
print(json.dumps(sorted(set(asked))))
"""


def allowed(stack: Stack) -> dict[str, set[str]]:
    """Return the actions of each function's role."""
    roles = stack.of_type("AWS::IAM::Role")
    found: dict[str, set[str]] = defaultdict(set)
    for name in stack.functions:
        for policy in roles[name.replace("Function", "Role")]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions: Any = statement["Action"]
                found[name] |= {actions} if isinstance(actions, str) else set(actions)
    return found


def test_every_function_may_do_what_it_does() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/wireside/python'}"}
    recorded = subprocess.run(
        [sys.executable, "-c", RECORD], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert recorded.returncode == 0, recorded.stderr.decode()
    may = allowed(template.load(ROOT, {}))
    asked = [tuple(each) for each in json.loads(recorded.stdout.decode().splitlines()[-1])]

    refused = [(name, action) for name, action in asked if action not in may[name]]

    assert refused == []
    assert {name for name, _ in asked} == set(may) - {"AuthorizeFunction"}
    assert {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem"} <= {action for _, action in asked}
