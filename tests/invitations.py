"""An invitation, and packed answers to it, good and odd."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from grader.takehome.invitation import Asked, Invitation, handed_out, identify

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = b"k" * 32


def invitation(key: bytes = KEY, candidate: str = "C-0017", attempt: int = 1) -> Invitation:
    """Two questions: one of a variant, one answered in words."""
    opens = datetime(2026, 12, 1, 8, tzinfo=UTC)
    return Invitation(
        id=identify(key, candidate, attempt),
        assessment="engineer",
        candidate=candidate,
        attempt=attempt,
        language="en",
        form="A",
        asked=(
            Asked(position=1, question="nlp/pooling", variant="nlp/pooling-3fa2b1", folder="1-pooling", points=20,
                  minutes=20, files=("solution.py",)),
            Asked(position=2, question="concepts/f1", folder="2-f1", points=3, minutes=5, files=("answer.yaml",)),
        ),
        issued=opens - timedelta(days=1),
        opens=opens,
        closes=opens + timedelta(days=14),
        duration=timedelta(hours=3),
        grace=timedelta(minutes=10),
    )  # fmt: skip


def manifest_of(files: Mapping[str, bytes], key: bytes = KEY) -> dict[str, object]:
    """What `check.pyz pack` writes for these files, by their paths."""
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    own = handed_out(invitation(key), key, {"README.md": "0" * 64})
    return {"format": 1, "invitation": own, "files": digests, "begun": None, "disclosure": {"minutes": 90}}


def zipped(files: Mapping[str, bytes], manifest: Mapping[str, object] | None = None) -> bytes:
    """A packed answer; with the manifest of its files unless another is given."""
    content = {"manifest.json": json.dumps(manifest or manifest_of(files)).encode(), **files}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    return buffer.getvalue()
