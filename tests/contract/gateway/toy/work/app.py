"""Works on messages: keeps when each began and ended; fails those that say so."""

import json
import os
import time

import boto3

QUEUES = boto3.client("sqs")
TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, _context):
    began, failed = time.time_ns(), []
    for record in event["Records"]:
        job = json.loads(record["body"])
        meet(job)
        if job.get("fails"):
            failed.append({"itemIdentifier": record["messageId"]})
            again_at_once(record)
        keep(record, job, began, len(event["Records"]))
    return {"batchItemFailures": failed}


def meet(job):
    """Wait for the job that this one says it meets: both must be worked on at a time."""
    case, other = f"met#{job['case']}", job.get("meets")
    TABLE.put_item(Item={"pk": case, "sk": job["id"]})
    while other and "Item" not in TABLE.get_item(Key={"pk": case, "sk": other}):
        time.sleep(0.05)


def again_at_once(record):
    """Give a message back to its queue now, not when its visibility ends."""
    queue = os.environ["JOBS" if record["eventSourceARN"].endswith(".fifo") else "PAIRS"]
    QUEUES.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
    )


def keep(record, job, began, size):
    number = f"{job['id']}#{record['attributes']['ApproximateReceiveCount']}"
    spent = {"began": str(began), "ended": str(time.time_ns()), "size": size}
    record = json.dumps(record)
    TABLE.put_item(Item={"pk": f"work#{job['case']}", "sk": number, **spent, "record": record})
