"""Works on messages: keeps when each began and ended; fails those that say so."""

import json
import os
import time

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, _context):
    began, failed = time.time_ns(), []
    for record in event["Records"]:
        job = json.loads(record["body"])
        time.sleep(job.get("seconds", 0))
        if job.get("fails"):
            failed.append({"itemIdentifier": record["messageId"]})
        keep(record, job, began, len(event["Records"]))
    return {"batchItemFailures": failed}


def keep(record, job, began, size):
    number = f"{job['id']}#{record['attributes']['ApproximateReceiveCount']}"
    spent = {"began": str(began), "ended": str(time.time_ns()), "size": size}
    record = json.dumps(record)
    TABLE.put_item(Item={"pk": f"work#{job['case']}", "sk": number, **spent, "record": record})
