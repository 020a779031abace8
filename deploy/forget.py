"""Forgets somebody in a deployed stack, and waits until it is done.

Usage: ``python -m deploy.forget <stack name> <sub>``, with AWS credentials in the environment. Who
they belong to is kept with the order, and in the log once it is carried out.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Mapping

import boto3

from local.forget import follow
from wireside import views
from wireside.adapters.dynamodb.forgetting import DynamoOrders
from wireside.adapters.dynamodb.table import Table
from wireside.adapters.system import SystemClock
from wireside.domain.events import UserId, is_user_id
from wireside.domain.forgetting import Order


def orders_of(stack: str) -> DynamoOrders:
    """Return where a stack keeps who is to be forgotten."""
    found = boto3.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId="Table"
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    return DynamoOrders(Table(boto3.client("dynamodb"), name))


def ordering(orders: DynamoOrders, sub: str) -> Order:
    """Return an order in the name of whoever has the credentials."""
    if not is_user_id(sub):
        message = "not a user id"
        raise SystemExit(message)
    by = boto3.client("sts").get_caller_identity()["Arn"]
    now_ms = SystemClock().now_ms()
    order = Order(UserId(sub), now_ms, by=by, key=secrets.token_hex(16))
    return asyncio.run(orders.give(order))


def main(stack: str, sub: str) -> None:
    """Have somebody forgotten; wait until it is done."""
    orders = orders_of(stack)
    given = ordering(orders, sub)

    def ask() -> Mapping[str, str]:
        return views.forgotten_json(asyncio.run(orders.give(given)))  # type: ignore[return-value]

    follow(ask, time.sleep)


if __name__ == "__main__":
    main(*sys.argv[1:])
