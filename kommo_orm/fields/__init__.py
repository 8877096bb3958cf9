"""Types of custom fields: the annotations of `custom()`, one for each type of Kommo, and the values they read as.

A type is imported when a model declares it, or when a row with such a field is read.
"""

import typing

from kommo_orm import lazy_exports
from kommo_orm.model import kind

if typing.TYPE_CHECKING:  # checkers read the names of each module's own `__all__`
    from kommo_orm.fields.chained_list import *
    from kommo_orm.fields.checkbox import *
    from kommo_orm.fields.compound_value import *
    from kommo_orm.fields.date import *
    from kommo_orm.fields.date_time import *
    from kommo_orm.fields.file import *
    from kommo_orm.fields.invoice_items import *
    from kommo_orm.fields.legal_entity import *
    from kommo_orm.fields.linked_entity import *
    from kommo_orm.fields.multiselect import *
    from kommo_orm.fields.multitext import *
    from kommo_orm.fields.number import *
    from kommo_orm.fields.option import *
    from kommo_orm.fields.option_list import *
    from kommo_orm.fields.payer import *
    from kommo_orm.fields.select import *
    from kommo_orm.fields.smart_address import *
    from kommo_orm.fields.text import *

_EXPORTS = {
    "kommo_orm.fields.chained_list": "ChainedList ChainedValue",
    "kommo_orm.fields.checkbox": "Checkbox",
    "kommo_orm.fields.compound_value": "Value",
    "kommo_orm.fields.date": "Birthday Date",
    "kommo_orm.fields.date_time": "DateTime",
    "kommo_orm.fields.file": "File FileValue Files",
    "kommo_orm.fields.invoice_items": "Discount Item Items",
    "kommo_orm.fields.legal_entity": "LegalEntities LegalEntity LegalEntityValue",
    "kommo_orm.fields.linked_entity": "LinkedEntity LinkedValue",
    "kommo_orm.fields.multiselect": "MultiSelect",
    "kommo_orm.fields.multitext": "Email EmailValue Emails MessengerValue Messengers MultitextValue Phone PhoneValue Phones",
    "kommo_orm.fields.number": "Monetary Number Price",
    "kommo_orm.fields.option": "Option",
    "kommo_orm.fields.option_list": "Options",
    "kommo_orm.fields.payer": "Payer PayerValue Supplier SupplierValue",
    "kommo_orm.fields.select": "Category Radio Select",
    "kommo_orm.fields.smart_address": "SmartAddress SmartAddressValue",
    "kommo_orm.fields.text": "Address OrgLegalName Text TextArea TrackingData Url",
}

# The module of the kind of each type.
kind.register_kind_modules(
    __name__,
    {
        "birthday": "date",
        "category": "select",
        "chained_list": "chained_list",
        "checkbox": "checkbox",
        "date": "date",
        "date_time": "date_time",
        "file": "file",
        "items": "invoice_items",
        "legal_entity": "legal_entity",
        "linked_entity": "linked_entity",
        "monetary": "number",
        "multiselect": "multiselect",
        "multitext": "multitext",
        "numeric": "number",
        "org_legal_name": "text",
        "payer": "payer",
        "price": "number",
        "radiobutton": "select",
        "select": "select",
        "smart_address": "smart_address",
        "streetaddress": "text",
        "supplier": "payer",
        "text": "text",
        "textarea": "text",
        "tracking_data": "text",
        "url": "text",
    },
)

if not typing.TYPE_CHECKING:
    __getattr__, __dir__, __all__ = lazy_exports.make_lazy_exports(__name__, _EXPORTS)
