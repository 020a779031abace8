"""The headers that the page is served with, as CloudFront's response headers policy has them."""

from collections.abc import Mapping
from typing import Any


def security_headers(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of one policy."""
    security = config.get("SecurityHeadersConfig", {})
    headers = {
        each["Header"]: each["Value"]
        for each in config.get("CustomHeadersConfig", {}).get("Items", [])
    }
    if policy := security.get("ContentSecurityPolicy"):
        headers["Content-Security-Policy"] = " ".join(policy["ContentSecurityPolicy"].split())
    if security.get("ContentTypeOptions"):
        headers["X-Content-Type-Options"] = "nosniff"
    if frame := security.get("FrameOptions"):
        headers["X-Frame-Options"] = frame["FrameOption"]
    if referrer := security.get("ReferrerPolicy"):
        headers["Referrer-Policy"] = referrer["ReferrerPolicy"]
    return headers
