"""Types of custom fields: the annotations of `custom()`, one for each type of Kommo, and the values they read as."""

from kommo_orm.fields.chained_list import ChainedList, ChainedValue
from kommo_orm.fields.checkbox import Checkbox
from kommo_orm.fields.compound_value import Value
from kommo_orm.fields.date import Birthday, Date
from kommo_orm.fields.date_time import DateTime
from kommo_orm.fields.file import File, Files, FileValue
from kommo_orm.fields.invoice_items import Discount, Item, Items
from kommo_orm.fields.legal_entity import LegalEntities, LegalEntity, LegalEntityValue
from kommo_orm.fields.linked_entity import LinkedEntity, LinkedValue
from kommo_orm.fields.multiselect import MultiSelect
from kommo_orm.fields.multitext import (
    Email,
    Emails,
    EmailValue,
    Messengers,
    MessengerValue,
    MultitextValue,
    Phone,
    Phones,
    PhoneValue,
)
from kommo_orm.fields.number import Monetary, Number, Price
from kommo_orm.fields.option import Option
from kommo_orm.fields.option_list import Options
from kommo_orm.fields.payer import Payer, PayerValue, Supplier, SupplierValue
from kommo_orm.fields.select import Category, Radio, Select
from kommo_orm.fields.smart_address import SmartAddress, SmartAddressValue
from kommo_orm.fields.text import Address, OrgLegalName, Text, TextArea, TrackingData, Url

__all__ = [
    "Address",
    "Birthday",
    "Category",
    "ChainedList",
    "ChainedValue",
    "Checkbox",
    "Date",
    "DateTime",
    "Discount",
    "Email",
    "EmailValue",
    "Emails",
    "File",
    "FileValue",
    "Files",
    "Item",
    "Items",
    "LegalEntities",
    "LegalEntity",
    "LegalEntityValue",
    "LinkedEntity",
    "LinkedValue",
    "MessengerValue",
    "Messengers",
    "Monetary",
    "MultiSelect",
    "MultitextValue",
    "Number",
    "Option",
    "Options",
    "OrgLegalName",
    "Payer",
    "PayerValue",
    "Phone",
    "PhoneValue",
    "Phones",
    "Price",
    "Radio",
    "Select",
    "SmartAddress",
    "SmartAddressValue",
    "Supplier",
    "SupplierValue",
    "Text",
    "TextArea",
    "TrackingData",
    "Url",
    "Value",
]
