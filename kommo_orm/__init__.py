"""A typed, Django-like data-model library for Kommo (formerly amoCRM)."""

from kommo_orm.accounts import Accounts
from kommo_orm.auth import FileTokenStore, LongLivedToken, MemoryTokenStore, OAuth, Tokens, TokenStore
from kommo_orm.client import Kommo
from kommo_orm.entities.company import Company
from kommo_orm.entities.contact import Contact
from kommo_orm.entities.lead import Lead
from kommo_orm.entities.loss_reason import LossReason
from kommo_orm.entities.stages import LOST, WON
from kommo_orm.entities.tag import Tag
from kommo_orm.errors import (
    AccountBlocked,
    BadRequest,
    ConfigurationError,
    DeadlineExceeded,
    FilterIgnored,
    FlushError,
    Forbidden,
    GatewayTimeout,
    ItemError,
    KommoError,
    LockTimeout,
    NotConnected,
    NotFound,
    NotLoaded,
    PaymentRequired,
    QueryError,
    RateLimited,
    ResponseError,
    ServerError,
    StaleObject,
    TokenStoreError,
    TransportError,
    Unauthorized,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.fields import *  # noqa: F403
from kommo_orm.model.custom import custom
from kommo_orm.query.loading import aload, load
from kommo_orm.session import Session
from kommo_orm.unit.report import Failed, Report

__version__ = "0.1.0"
