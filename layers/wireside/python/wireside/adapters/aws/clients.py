"""Clients of AWS services as boto3 makes them, at less cost.

They come from botocore, on which boto3 stands: boto3's own import adds its resources and S3
transfers, a third more of every cold start. A user agent of our own spares the composition of one
for every call, a sixth of the call's time; parameters are checked by the service alone, as our
adapters make them. ``make bench`` prints both sides.
"""

from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.session import Session

USER_AGENT = "wireside"
CONNECT_SECONDS = 1
MAX_POOL_CONNECTIONS = 20
_MAKING = Lock()
"""A session makes one client at a time: it is not safe for several threads."""


@cache
def session() -> Session:
    """Return the one session of this process: it keeps what it has read of the services."""
    return Session()


def client(
    service: str,
    region: str | None,
    *,
    read_timeout_seconds: float,
    attempts: int = 3,
    endpoint_url: str | None = None,
    special: Config | None = None,
) -> Any:
    """Return a client with short time-outs and few, jittered retries.

    Without a region it is the environment's, without an address the region's. What is ``special``
    comes on top.
    """
    config = Config(
        region_name=region,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=MAX_POOL_CONNECTIONS,
        parameter_validation=False,
        user_agent=USER_AGENT,
    )
    if special is not None:
        config = config.merge(special)
    with _MAKING:
        return session().create_client(service, config=config, endpoint_url=endpoint_url)
