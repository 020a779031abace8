"""The headers that the page's distribution adds to every file.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-responseheaderspolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.template.resources import Resources


def read_page_headers(resources: Resources) -> dict[str, str]:
    """Header name to value, without Strict-Transport-Security, which means nothing without TLS."""
    headers: dict[str, str] = {}
    for policy in resources.of("AWS::CloudFront::ResponseHeadersPolicy"):
        config = policy.required("ResponseHeadersPolicyConfig")
        headers |= _security_headers(config.get("SecurityHeadersConfig", {}))
        items = config.get("CustomHeadersConfig", {}).get("Items", ())
        headers |= {item["Header"]: item["Value"] for item in items}
    return headers


def _security_headers(config: Mapping[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    if policy := config.get("ContentSecurityPolicy"):
        headers["Content-Security-Policy"] = " ".join(policy["ContentSecurityPolicy"].split())
    if "ContentTypeOptions" in config:
        headers["X-Content-Type-Options"] = "nosniff"
    if options := config.get("FrameOptions"):
        headers["X-Frame-Options"] = options["FrameOption"]
    if referrer := config.get("ReferrerPolicy"):
        headers["Referrer-Policy"] = referrer["ReferrerPolicy"]
    return headers
