"""What a table's client was asked for."""

from dataclasses import dataclass, field
from typing import Any

from lineament.storage.provision import Tables


@dataclass
class Units:
    """The items that a client was asked to read by key, and to write."""

    read: int = 0
    written: int = 0
    calls: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, tables: Tables) -> "Units":
        """Count from now on."""
        made = cls()
        tables.faces.client.meta.events.register("provide-client-params.dynamodb.*", made.count)
        return made

    def count(self, params: dict[str, Any], model: Any, **_event: object) -> None:
        self.calls.append(model.name)
        batches = params.get("RequestItems", {}).values()
        if model.name == "GetItem":
            self.read += 1
        elif model.name == "BatchGetItem":
            self.read += sum(len(each["Keys"]) for each in batches)
        elif model.name == "BatchWriteItem":
            self.written += sum(len(each) for each in batches)
        elif model.name in {"PutItem", "UpdateItem", "DeleteItem"}:
            self.written += 1
