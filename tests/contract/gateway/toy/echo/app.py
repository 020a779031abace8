"""Answers by post with the event it got, or does what the message asks for."""

import json
import os
import time

import boto3

POSTS = boto3.client("apigatewaymanagementapi")


def say(event, what):
    connection_id = event["requestContext"]["connectionId"]
    POSTS.post_to_connection(ConnectionId=connection_id, Data=json.dumps(what).encode())


def asked(event):
    try:
        message = json.loads(event["body"])
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def handler(event, context):
    if "rawPath" in event:
        return http(event)
    message = asked(event)
    match message.get("do"):
        case "fail":
            raise RuntimeError("failed")
        case "exit":
            os._exit(3)
        case "sleep":
            time.sleep(message["seconds"])
            say(event, {"slept": message["seconds"]})
        case "environment":
            say(event, {**os.environ, "memory": context.memory_limit_in_mb})
        case _:
            say(event, event)
    return {"statusCode": 200, "body": "nobody hears this"}


def http(event):
    if event["rawPath"] == "/v1/broken":
        raise RuntimeError("broken")
    if event["rawPath"] == "/v1/plain":
        return {"just": "this"}
    return {
        "statusCode": 201,
        "headers": {"Content-Type": "application/json", "X-Toy": "yes"},
        "cookies": ["a=1", "b=2"],
        "body": json.dumps(event),
    }
