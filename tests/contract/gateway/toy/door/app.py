"""``$connect``, by the name of the case in ``?door=``."""

import os

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def post(connection_id):
    """Return the status of a post to a connection that is not there yet."""
    client = boto3.client("apigatewaymanagementapi")
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=b"early")
    except client.exceptions.GoneException:
        return 410
    return 200


def handler(event, _context):
    case = (event.get("queryStringParameters") or {}).get("door", "open")
    match case:
        case "shut":
            return {"statusCode": 429}
        case "broken":
            raise RuntimeError("broken")
        case "early":
            status = post(event["requestContext"]["connectionId"])
            TABLE.put_item(Item={"pk": "early", "sk": "status", "status": status})
        case "protocol":
            return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "toy.v1"}}
    return {"statusCode": 200}
