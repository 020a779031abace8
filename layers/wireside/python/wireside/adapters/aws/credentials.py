"""The credentials of a function."""

import os

from wireside.adapters.aws.sigv4 import Credentials


def lambda_credentials() -> Credentials:
    """Return the credentials that Lambda gives a function in its environment.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return Credentials(
        access_key=os.environ["AWS_ACCESS_KEY_ID"],
        secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        token=os.environ.get("AWS_SESSION_TOKEN"),
    )
