"""The frames that clients send, from the models that check them."""

from checks.tables.markdown import code, table
from wireside.protocol import MODELS, Frame


def client_frames() -> str:
    """Return action, fields and answer of every frame that is answered."""
    rows = [(code(action), _fields(model), model.answered_by) for action, model in MODELS.items()]
    return table(("action", "fields", "answered by"), rows)


def _fields(model: type[Frame]) -> str:
    """Name the fields that are the frame's own; ``?`` marks those that may be left out."""
    return ", ".join(
        code(name if field.is_required() else f"{name}?")
        for name, field in model.model_fields.items()
        if name not in {"action", *Frame.model_fields}
    )
