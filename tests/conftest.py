"""Shared fixtures. Everything a test needs is made here or lies in tests/data: no network, no ../shared."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TFDESK_NO_KEYRING", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
