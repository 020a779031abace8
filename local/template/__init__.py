"""`template.yaml`, expanded and typed."""

from local.template.model import Stack
from local.template.stack import load_stack

__all__ = ["Stack", "load_stack"]
