"""What the resources are called here: the answers to ``Ref`` and ``Fn::GetAtt``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.intrinsics import TemplateError
from local.model import ACCOUNT, REGION, STACK

PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/local",
}


@dataclass(frozen=True, slots=True)
class Names:
    """Names of resources, by logical id. A queue's address begins with ``{ministack}``."""

    resources: Mapping[str, Mapping[str, Any]]
    parameters: Mapping[str, Any]

    def reference(self, name: str) -> Any:  # noqa: PLR0911 - a table
        """Return what ``Ref`` says: a pseudo parameter, a parameter, or a resource's own name.

        Raises: TemplateError when there is nothing of that name.
        """
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        match self._type(name):
            case "AWS::SQS::Queue":
                return f"{{ministack}}/{ACCOUNT}/{self.queue(name)}"
            case "AWS::DynamoDB::Table":
                return self.table(name)
            case "AWS::S3::Bucket":
                return self.bucket(name)
            case "AWS::Logs::LogGroup":
                return self.log_group(name)
        return name

    def attribute(self, name: str, attribute: str) -> str:
        """Return what ``Fn::GetAtt`` says.

        Raises: TemplateError when it is not known here.
        """
        kind = self._type(name)
        known = self._attributes(name, kind)
        if attribute not in known:
            message = f"the local run does not know {attribute} of {name}, a {kind}"
            raise TemplateError(message)
        return known[attribute]

    def _attributes(self, name: str, kind: str) -> dict[str, str]:  # noqa: PLR0911 - a table
        match kind:
            case "AWS::Lambda::Function":
                return {"Arn": _arn("lambda", f"function:{name}")}
            case "AWS::SQS::Queue":
                queue = self.queue(name)
                return {
                    "Arn": _arn("sqs", queue),
                    "QueueName": queue,
                    "QueueUrl": self.reference(name),
                }
            case "AWS::DynamoDB::Table":
                arn = _arn("dynamodb", f"table/{self.table(name)}")
                return {"Arn": arn, "StreamArn": f"{arn}/stream/local"}
            case "AWS::S3::Bucket":
                return {"Arn": f"arn:aws:s3:::{self.bucket(name)}"}
            case "AWS::IAM::Role":
                return {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
            case "AWS::Logs::LogGroup":
                return {"Arn": _arn("logs", f"log-group:{self.log_group(name)}:*")}
            case "AWS::CloudFront::Distribution":
                # No browser is ever there: https://www.rfc-editor.org/rfc/rfc2606#section-2
                return {"DomainName": f"{name.lower()}.invalid"}
        return {}

    def _type(self, name: str) -> str:
        if name not in self.resources:
            message = f"the template refers to {name}, which does not exist"
            raise TemplateError(message)
        return str(self.resources[name]["Type"])

    def table(self, name: str) -> str:
        """Return what the table is called here."""
        return f"{STACK}-{name}"

    def bucket(self, name: str) -> str:
        """Return what the bucket is called here."""
        return f"{STACK}-{name}".lower()

    def queue(self, name: str) -> str:
        """Return what the queue is called here."""
        fifo = self.resources[name].get("Properties", {}).get("FifoQueue")
        return f"{STACK}-{name}" + (".fifo" if fifo else "")

    def log_group(self, name: str) -> str:
        """Return what the log group is called here."""
        return f"/{STACK}/{name}"


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
