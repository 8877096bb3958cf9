"""OAuth 2.0, long-lived tokens, the stores that keep tokens, and the old login."""

from kommo_orm.auth.file_store import FileTokenStore
from kommo_orm.auth.login import LegacyLogin
from kommo_orm.auth.oauth import OAuth
from kommo_orm.auth.store import MemoryTokenStore, TokenStore
from kommo_orm.auth.tokens import LongLivedToken, Tokens

__all__ = ["FileTokenStore", "LegacyLogin", "LongLivedToken", "MemoryTokenStore", "OAuth", "TokenStore", "Tokens"]
