"""OAuth 2.0, long-lived tokens, the stores that keep tokens, and the login of older accounts."""

import typing

from kommo_orm import lazy_exports

if typing.TYPE_CHECKING:  # checkers read the names of each module's own `__all__`
    from kommo_orm.auth.file_token_store import *
    from kommo_orm.auth.legacy_login import *
    from kommo_orm.auth.oauth import *
    from kommo_orm.auth.token_store import *
    from kommo_orm.auth.tokens import *

_EXPORTS = {
    "kommo_orm.auth.file_token_store": "FileTokenStore",
    "kommo_orm.auth.legacy_login": "LegacyLogin",
    "kommo_orm.auth.oauth": "OAuth",
    "kommo_orm.auth.token_store": "MemoryTokenStore TokenStore",
    "kommo_orm.auth.tokens": "LongLivedToken Tokens",
}

if not typing.TYPE_CHECKING:
    __getattr__, __dir__, __all__ = lazy_exports.make_lazy_exports(__name__, _EXPORTS)
