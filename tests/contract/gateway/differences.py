"""What the local run is known to do otherwise than AWS."""

from dataclasses import dataclass

DOCS = "https://docs.aws.amazon.com"


@dataclass(frozen=True, slots=True)
class Difference:
    """One known difference. Both sides are Markdown, ``source`` tells of AWS's."""

    on_aws: str
    here: str
    source: str


DIFFERENCES = (
    Difference(
        "A binary frame closes the connection with 1003.",
        "It arrives in base64, and the service answers `malformed_frame`; `LOCAL_REFUSE_BINARY=1` "
        "closes with 1003.",
        f"{DOCS}/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html",
    ),
    Difference(
        "IAM evaluates the roles' permissions.",
        "Every function may do everything.",
        f"{DOCS}/lambda/latest/dg/lambda-intro-execution-role.html",
    ),
    Difference(
        "The gateway throttles: requests a second, new connections a second.",
        "It does not, except for clients that do not read.",
        f"{DOCS}/apigateway/latest/developerguide/websocket-api-protect.html",
    ),
    Difference(
        "A function has as much CPU as its memory size buys, and is ended when it uses more memory.",
        "Functions share the machine; the memory size is told, not enforced.",
        f"{DOCS}/lambda/latest/dg/configuration-memory.html",
    ),
    Difference(
        "Environments freeze between events and are recycled after hours; hundreds run at once.",
        "Processes go on running; at most `LOCAL_WORKERS` run at once, further events wait.",
        f"{DOCS}/lambda/latest/dg/lambda-runtime-environment.html",
    ),
    Difference(
        "An asynchronous call waits in a queue, up to six hours, and is made up to three times.",
        "It is made at once, and once; a template must say so (`MaximumRetryAttempts: 0`), or is "
        "refused.",
        f"{DOCS}/lambda/latest/dg/invocation-async-error-handling.html",
    ),
    Difference(
        "An authorizer's policy names what it allows.",
        "Its statements' effects decide alone, whatever they name: a Deny refuses.",
        f"{DOCS}/apigateway/latest/developerguide/apigateway-lambda-authorizer-output.html",
    ),
    Difference(
        "Schedules are also `cron(…)`; buckets notify functions; mappings have batching windows.",
        "A template that asks for one of these is refused at the start, in a line that names it.",
        f"{DOCS}/lambda/latest/dg/lambda-services.html",
    ),
)
