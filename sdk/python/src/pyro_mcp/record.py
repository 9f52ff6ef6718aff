"""What the dataclasses of results have in common."""

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Dict, Mapping, Type, TypeVar

R = TypeVar("R", bound="Record")


@dataclass(frozen=True)
class Record:
    _nested: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def from_dict(cls: Type[R], values: Mapping[str, Any]) -> R:
        """From the object of `--json`. Members that this version does not know are left out."""
        made = {}
        for field in fields(cls):
            value = values.get(field.name)
            nested = cls._nested.get(field.name)
            if nested and isinstance(value, list):
                value = [nested.from_dict(v) for v in value]
            elif nested and value is not None:
                value = nested.from_dict(value)
            made[field.name] = value
        return cls(**made)

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)
