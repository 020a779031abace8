"""Counts the AWS calls that a piece of code makes, and what DynamoDB asks for them."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.units import Item, item_bytes, read_units, write_units


@dataclass(slots=True)
class Meter:
    """Calls by name, and units.

    ``look`` reads an item as it is now, uncounted: the size of an updated one is in no answer.
    """

    look: Callable[[Mapping[str, Any]], Item]
    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    write_units: float = 0.0
    on: bool = False
    _asked: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, events: Any) -> None:
        """Count the calls that these events of botocore tell of: a client's, or a session's.

        A session's are those of every client that it makes from now on.
        """
        events.register("provide-client-params.*.*", self._keep)
        events.register("after-call.*.*", self._count)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count inside this block."""
        self.on = True
        try:
            yield
        finally:
            self.on = False

    @property
    def dynamodb_calls(self) -> int:
        """Return how many calls went to the table."""
        return sum(count for name, count in self.calls.items() if name.startswith("dynamodb"))

    def _keep(self, params: Mapping[str, Any], **_more: Any) -> None:
        if self.on:
            self._asked[threading.get_ident()] = params

    def _count(self, model: Any, parsed: Mapping[str, Any], **_more: Any) -> None:
        if not self.on:
            return
        service = model.service_model.service_name
        asked = self._asked.pop(threading.get_ident())
        with self._lock:
            self.calls[f"{service}.{model.name}"] += 1
            if service == "dynamodb":
                self._bill(model.name, asked, parsed)

    def _bill(self, operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        match operation:
            case "GetItem":
                strongly = asked.get("ConsistentRead", False)
                self.read_units += read_units(
                    [item_bytes(answer.get("Item", {}))], strongly=strongly
                )
            case "BatchGetItem":
                self._bill_batch(asked, answer)
            case "Query":
                sizes = [item_bytes(each) for each in answer.get("Items", [])]
                strongly = asked.get("ConsistentRead", False)
                self.read_units += read_units(sizes, strongly=strongly, together=True)
            case "PutItem":
                self.write_units += write_units(item_bytes(asked["Item"]))
            case "UpdateItem" | "DeleteItem":
                self.write_units += write_units(item_bytes(self.look(asked)))
            case "BatchWriteItem":
                for requests in asked["RequestItems"].values():
                    self.write_units += sum(write_units(_written(each)) for each in requests)
            case "TransactWriteItems":
                self._bill_transaction(asked)
            case _:
                message = f"no rule for {operation}"
                raise ValueError(message)

    def _bill_batch(self, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        for table, request in asked["RequestItems"].items():
            sizes = [item_bytes(each) for each in answer["Responses"].get(table, [])]
            sizes += [0] * (len(request["Keys"]) - len(sizes))
            strongly = request.get("ConsistentRead", False)
            self.read_units += read_units(sizes, strongly=strongly)

    def _bill_transaction(self, asked: Mapping[str, Any]) -> None:
        for write in asked["TransactItems"]:
            arguments = next(iter(write.values()))
            item = arguments.get("Item") or self.look(arguments)
            self.write_units += write_units(item_bytes(item), in_transaction=True)


def _written(request: Mapping[str, Any]) -> int:
    """Return the size of a put; a deletion is billed by the item's size, of which it knows none."""
    put = request.get("PutRequest")
    return item_bytes(put["Item"]) if put else 0
