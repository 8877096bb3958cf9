"""Chooses the credentials of an account by the options that `Kommo` was given.

OAuth and logins are imported by the accounts that use them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kommo_orm.auth.credentials import Credentials, LongLivedCredentials
from kommo_orm.auth.tokens import LongLivedToken
from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.http_messages import BuildError

if TYPE_CHECKING:
    from kommo_orm.auth.legacy_login import LegacyLogin
    from kommo_orm.auth.oauth import OAuth
    from kommo_orm.auth.token_store import TokenStore


@dataclass(frozen=True, slots=True)
class AccessOptions:
    """The options of `Kommo` that give access to an account. They stand beside each other only in certain ways."""

    token: str | LongLivedToken | None
    oauth: OAuth | None
    tokens: TokenStore | None
    login: LegacyLogin | None


def build_credentials(
    options: AccessOptions,
    account: str,
    base_url: str,
    build_error: BuildError,
    change_host: Callable[[str], None] | None,
    refresh_margin: float,
) -> Credentials:
    """Build the one kind of credentials that the options name. Raises `ConfigurationError` for none or for several."""
    token, oauth, store = options.token, options.oauth, options.tokens
    if options.login is not None:
        from kommo_orm.auth.session_credentials import SessionCredentials

        _refuse_beside_login(token, oauth, store)
        return SessionCredentials(options.login, account, base_url, build_error)
    if token is not None and oauth is None:
        if store is not None:
            raise ConfigurationError("tokens= is where OAuth keeps its tokens. Leave it out: token= needs no store")
        return LongLivedCredentials(token if isinstance(token, LongLivedToken) else LongLivedToken(token), account)
    if oauth is None or token is not None:
        raise ConfigurationError(
            "Give Kommo either token= (a long-lived token) or oauth= (an integration), and not both"
        )
    from kommo_orm.auth.oauth_credentials import OAuthCredentials
    from kommo_orm.auth.token_store import validate_token_store
    from kommo_orm.auth.user_token_store import UserTokenStore

    store = validate_token_store(store) if store is not None else _make_file_store()
    return OAuthCredentials(oauth, UserTokenStore(store), account, build_error, change_host, refresh_margin)


def _make_file_store() -> TokenStore:
    from kommo_orm.auth.file_token_store import FileTokenStore

    return FileTokenStore()


def _refuse_beside_login(*others: object) -> None:
    if any(other is not None for other in others):
        raise ConfigurationError("login= stands by itself: give Kommo no token=, oauth= or tokens= with it")
