"""The variables that ``make run`` reads, as its documents show them. A test holds them together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """One variable. ``otherwise`` is what holds where it is not set."""

    name: str
    otherwise: str
    means: str


EVERYDAY = (
    Switch("PORT", "8000", "Where page (`/`), HTTP API (`/v1`) and WebSocket (`/ws`) are."),
    Switch("DATA_DIR", ".data", "Where state is kept. It survives a stop and a start."),
    Switch(
        "WIRESIDE_JWT_SECRET",
        "made once and kept in `DATA_DIR`",
        "The HS256 secret, at least 32 bytes.",
    ),
    Switch(
        "WIRESIDE_JWKS_URL",
        "the secret signs tokens",
        "JWKS of an identity provider: its tokens alone are accepted, and the page asks for one.",
    ),
    Switch("WIRESIDE_JWT_ISSUER", "wireside-local", "The `iss` of that provider's tokens."),
    Switch("WIRESIDE_JWT_AUDIENCE", "wireside", "The `aud` of that provider's tokens."),
    Switch(
        "WIRESIDE_PARENT_ORIGINS",
        "none",
        "Origins, parted by spaces, of applications that may embed the page: see "
        "[docs/embedding.md](docs/embedding.md).",
    ),
    Switch(
        "WIRESIDE_CONNECTIONS_PER_USER",
        "10",
        "Connections that one person may have at once; 0 for any number.",
    ),
    Switch(
        "WIRESIDE_CONNECTS_PER_MINUTE",
        "0",
        "New connections from one address in a minute; 0 for any number.",
    ),
    Switch(
        "WIRESIDE_TRUSTED_PROXIES",
        "none",
        "Networks, parted by commas, of proxies that say where connections come from.",
    ),
    Switch(
        "OPENAI_API_KEY",
        "the demo answers",
        "Key of an OpenAI-compatible server; it stays in memory.",
    ),
    Switch("OPENAI_BASE_URL", "https://api.openai.com/v1", "Where that server is."),
    Switch("OPENAI_MODEL", "gpt-5.4-mini", "Which of its models answers."),
    Switch(
        "ANTHROPIC_API_KEY",
        "none",
        "Key that assistants of `WIRESIDE_ASSISTANTS` name as `/wireside/model-keys/anthropic`.",
    ),
    Switch("DIFY_API_KEY", "none", "Key that they name as `/wireside/model-keys/dify`."),
    Switch(
        "AWS_BEARER_TOKEN_BEDROCK", "none", "Key that they name as `/wireside/model-keys/bedrock`."
    ),
    Switch(
        "WIRESIDE_ASSISTANTS",
        "the model named above, or the demo",
        "Several assistants, their prompts, budgets and time-outs: see "
        "[docs/assistants.md](docs/assistants.md).",
    ),
)
"""What people set who use the local run."""

GATEWAY = (
    Switch(
        "LOCAL_LOG_LEVEL", "the template's", "Least severe line that functions log: DEBUG to ERROR."
    ),
    Switch("LOCAL_ROOT", "this tree", "Where `template.yaml`, `web/` and `.build/` are."),
    Switch(
        "LOCAL_PARAMETERS",
        "the template's",
        "Values of the template's parameters: `Name=value`, parted by spaces.",
    ),
    Switch(
        "LOCAL_TIMES",
        "0",
        "1 keeps under `DATA_DIR/times` how long functions take, and their calls of ministack.",
    ),
    Switch("LOCAL_WORKERS", "8", "How many processes a function may have at once."),
    Switch("LOCAL_IDLE_SECONDS", "600", "Silence after which a connection is closed."),
    Switch(
        "LOCAL_LIFETIME_SECONDS",
        "7200",
        "Age at which a connection is closed; `rotate_at` of `welcome` follows it.",
    ),
    Switch("LOCAL_INTEGRATION_SECONDS", "29", "How long a function may take for one frame."),
    Switch(
        "LOCAL_SEND_BUFFER_BYTES",
        "262144",
        "What may wait for a slow client before its posts get 429.",
    ),
    Switch("LOCAL_SCHEDULE_SECONDS", "each schedule's own", "Period of every schedule."),
    Switch("LOCAL_LOSE_DISCONNECTS", "0", "1 loses every `$disconnect`, as AWS loses some."),
    Switch("LOCAL_REFUSE_BINARY", "0", "1 closes with 1003 on a binary frame."),
)
"""What people set who test against the gateway; AWS's own limits hold unless set."""
