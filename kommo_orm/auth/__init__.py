"""OAuth 2.0, long-lived tokens and the stores that keep tokens."""

from kommo_orm.auth.file_store import FileTokenStore
from kommo_orm.auth.oauth import OAuth
from kommo_orm.auth.store import MemoryTokenStore, TokenStore
from kommo_orm.auth.tokens import LongLivedToken, Tokens

__all__ = ["FileTokenStore", "LongLivedToken", "MemoryTokenStore", "OAuth", "TokenStore", "Tokens"]
