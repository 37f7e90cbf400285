"""JSON for programs that read what bptui prints."""

import json
import math
import sys
from typing import Any

from bptui.tui.terminal import encoding_is_utf8


def to_json(value: Any) -> str:
    """Return `value` as JSON on one line; JSON has no NaN or infinity, they become null."""
    plain = sys.stdout is not None and not encoding_is_utf8(sys.stdout)
    return json.dumps(_finite(value), ensure_ascii=plain, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    return value
