"""Who gets which release while an experiment runs: sticky, by a salted hash; pure.

The unit is the principal, else the session, else the question by itself. The same unit stays with
its variant while the share stands, moves at most from champion to challenger when the share grows,
and is dealt anew by the salt of the next experiment. Records hold the hash, never the unit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Variant = Literal["champion", "challenger"]

_DIGITS = 16  # hexadecimal, so 64 bits


@dataclass(frozen=True, slots=True)
class Asker:
    """Whom a question comes from. `variant` is what a test asks for; it is no part of analysis."""

    principal: str = ""
    session: str = ""
    variant: Variant | None = None

    def unit(self, query_id: str) -> str:
        """What is assigned. Kinds don't mix: a session may be spelt like a principal."""
        if self.principal:
            return f"principal:{self.principal}"
        return f"session:{self.session}" if self.session else f"query:{query_id}"


NOBODY = Asker()


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one question saw of an experiment, as its record keeps it.

    `unit` is the salted hash of the unit; `share` is the challenger's at that moment.
    """

    experiment: str
    variant: Variant
    unit: str
    share: float
    overridden: bool = False

    def document(self) -> dict[str, object]:
        return {
            "experiment": self.experiment,
            "variant": self.variant,
            "unit": self.unit,
            "share": self.share,
            "overridden": self.overridden,
        }


def hash_of(salt: str, unit: str) -> str:
    """Uniform over 64 bits, in hexadecimal; tells nothing of the unit without the salt."""
    return hashlib.sha256(f"{salt}\0{unit}".encode()).hexdigest()[:_DIGITS]


def variant_of(unit_hash: str, share: float) -> Variant:
    """`challenger` for the lowest `share` of all hashes, so that a growing share only adds."""
    return "challenger" if int(unit_hash, 16) < share * 16**_DIGITS else "champion"


def expose(experiment: str, salt: str, share: float, asker: Asker, query_id: str) -> Exposure:
    unit = hash_of(salt, asker.unit(query_id))
    variant = asker.variant or variant_of(unit, share)
    return Exposure(experiment, variant, unit, share, asker.variant is not None)
