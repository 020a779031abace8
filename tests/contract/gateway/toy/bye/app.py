"""``$disconnect``: keeps how the connection ended."""

import os

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, _context):
    context = event["requestContext"]
    item = {"pk": "bye", "sk": context["connectionId"], "code": context["disconnectStatusCode"]}
    TABLE.put_item(Item={**item, "who": context["authorizer"]["principalId"]})
    return {"statusCode": 200}
