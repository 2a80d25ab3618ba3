"""Tables as downloads: one address for every format, told apart by its ending."""

from django.http import HttpResponse
from django.urls import register_converter
from django.urls.converters import StringConverter
from django.utils.cache import add_never_cache_headers

from .tables import FORMATS, Table


class EndingConverter(StringConverter):
    """The ending of a table's address."""

    regex = "|".join(FORMATS)


register_converter(EndingConverter, "ending")


def table_response(table: Table, name: str, ending: str) -> HttpResponse:
    """The table as a file, called by a ``name`` that is safe in any file system."""
    kind, write = FORMATS[ending]
    return file_response(write(table), kind, f"{name}.{ending}")


def file_response(content: str | bytes, kind: str, name: str) -> HttpResponse:
    """Something for its reader to keep, and for nobody on the way."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    response = HttpResponse(content, content_type=kind, headers=headers)
    add_never_cache_headers(response)
    return response
