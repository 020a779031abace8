"""Which tables there are. A new one is a function that returns Markdown, and a line here."""

from collections.abc import Mapping

from checks.tables import (
    assistants,
    errors,
    faults,
    frames,
    limitations,
    limits,
    parity,
    routes,
    settings,
    shapes,
    switches,
)
from checks.tables.regions import Table

TABLES: Mapping[str, Table] = {
    "client_frames": frames.client_frames,
    "server_frames": shapes.server_frames,
    "views": shapes.views,
    "event_bodies": shapes.event_bodies,
    "error_codes": errors.error_codes,
    "run_error_codes": errors.run_error_codes,
    "routes": routes.routes,
    "limits": limits.limits,
    "limitations": limitations.limitations,
    "parameters": settings.parameters,
    "assistants": assistants.assistants,
    "local_settings": switches.everyday,
    "local_switches": switches.gateway,
    "parity": parity.parity_table,
    "differences": parity.differences,
    "faults_of_delivery": faults.part("delivery"),
    "faults_of_assistants": faults.part("assistants"),
    "faults_of_access": faults.part("access"),
    "faults_not_built": faults.not_built,
}
