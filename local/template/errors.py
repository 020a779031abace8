"""What can be wrong with a template."""


class TemplateError(Exception):
    """The template says something that the local run does not understand; the message says where."""
