"""Clients of AWS services as boto3 makes them, at less cost.

They come from botocore, on which boto3 stands: boto3's own import adds its resources and S3
transfers, a third more of every cold start. A user agent of our own spares the composition of one
for every call, a sixth of the call's time; parameters are checked by the service alone, as our
adapters make them. ``make bench`` prints both sides.
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session

USER_AGENT = "wireside"
CONNECT_SECONDS = 1
MAX_POOL_CONNECTIONS = 20


@cache
def session() -> Session:
    """Return the one session of this process: it keeps what it has read of the services."""
    return Session()


def client(service: str, region: str, *, read_timeout_seconds: float) -> Any:
    """Return a client with short time-outs and few, jittered retries."""
    config = Config(
        region_name=region,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=MAX_POOL_CONNECTIONS,
        parameter_validation=False,
        user_agent=USER_AGENT,
    )
    return session().create_client(service, config=config)
