"""Keeps the stream's records it was given; fails the batches that hold a bad one."""

import json
import os

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, _context):
    images = [record["dynamodb"]["NewImage"] for record in event["Records"]]
    if any("bad" in image for image in images):
        raise RuntimeError("a bad record")
    for record in event["Records"]:
        keys = record["dynamodb"]["Keys"]
        item = {"pk": f"followed#{keys['pk']['S']}", "sk": keys["sk"]["S"]}
        TABLE.put_item(Item={**item, "record": json.dumps(record)})
