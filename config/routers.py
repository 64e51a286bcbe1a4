"""Sends the caller keys to the keystore database and everything else to the application's; knows no other rule."""

from typing import Any

KEYSTORE_MODELS = frozenset({("calls", "callerkey")})
KEYSTORE_ALIASES = frozenset({"keystore", "keystore_owner"})


class KeystoreRouter:
    """Keeps the two databases apart, for queries and for migrations."""

    def _alias(self, model: Any) -> str | None:
        return "keystore" if (model._meta.app_label, model._meta.model_name) in KEYSTORE_MODELS else None

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model)

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        """A migration step without a model says by `hints["keystore"]` that it belongs there."""
        belongs = (app_label, model_name) in KEYSTORE_MODELS or bool(hints.get("keystore"))
        return belongs == (db in KEYSTORE_ALIASES)
