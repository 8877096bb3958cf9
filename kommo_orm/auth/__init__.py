"""OAuth 2.0, long-lived tokens, the stores that keep tokens, and the login of older accounts."""

from kommo_orm.auth.file_token_store import FileTokenStore
from kommo_orm.auth.legacy_login import LegacyLogin
from kommo_orm.auth.oauth import OAuth
from kommo_orm.auth.token_store import MemoryTokenStore, TokenStore
from kommo_orm.auth.tokens import LongLivedToken, Tokens

__all__ = ["FileTokenStore", "LegacyLogin", "LongLivedToken", "MemoryTokenStore", "OAuth", "TokenStore", "Tokens"]
