"""Keeps what it is called with, returns it, or fails."""

import json
import os

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    case = {"pk": f"call#{event['case']}", "sk": context.aws_request_id}
    TABLE.put_item(Item={**case, "event": json.dumps(event)})
    if event.get("fails"):
        raise RuntimeError("failed")
    return "x" * event["large"] if "large" in event else event
