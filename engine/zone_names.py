"""The zone names that `until` of a WAIT understands, with their fixed offsets (§2.13).

Taken from the answers of the reference, whose runtime reads a name as one offset all year round: `PT` is standard time,
`PDT` is daylight time. Where a name has several meanings this is the one it takes (`IST` is Israel's). Names of the
form `Europe/Berlin` are not among them; write an offset (`+0100`, `GMT+01:00`) instead.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_HOUR = 60

ZONE_MINUTES: Final = MappingProxyType(
    {
        **dict.fromkeys(("GMT", "UTC", "WET", "GREENWICH MEAN TIME", "COORDINATED UNIVERSAL TIME"), 0),
        **dict.fromkeys(("CET", "WEST", "BST", "WAT", "CENTRAL EUROPEAN TIME"), 1 * _HOUR),
        **dict.fromkeys(("CEST", "EET", "SAST", "CAT", "IST", "CENTRAL EUROPEAN SUMMER TIME"), 2 * _HOUR),
        **dict.fromkeys(("EEST", "MSK", "EAT", "IDT"), 3 * _HOUR),
        **dict.fromkeys(("PKT",), 5 * _HOUR),
        **dict.fromkeys(("INDIA STANDARD TIME",), 5 * _HOUR + 30),
        **dict.fromkeys(("WIB",), 7 * _HOUR),
        **dict.fromkeys(("HKT", "AWST", "WITA", "CHINA STANDARD TIME"), 8 * _HOUR),
        **dict.fromkeys(("JST", "KST", "JAPAN STANDARD TIME"), 9 * _HOUR),
        **dict.fromkeys(("ACST",), 9 * _HOUR + 30),
        **dict.fromkeys(("AEST",), 10 * _HOUR),
        **dict.fromkeys(("ACDT",), 10 * _HOUR + 30),
        **dict.fromkeys(("AEDT",), 11 * _HOUR),
        **dict.fromkeys(("NZST",), 12 * _HOUR),
        **dict.fromkeys(("NZDT",), 13 * _HOUR),
        **dict.fromkeys(("NDT",), -2 * _HOUR - 30),
        **dict.fromkeys(("ADT",), -3 * _HOUR),
        **dict.fromkeys(("NST",), -3 * _HOUR - 30),
        **dict.fromkeys(("AST", "EDT", "EASTERN DAYLIGHT TIME"), -4 * _HOUR),
        **dict.fromkeys(("ET", "EST", "CDT", "EASTERN STANDARD TIME"), -5 * _HOUR),
        **dict.fromkeys(("CT", "CST", "MDT"), -6 * _HOUR),
        **dict.fromkeys(("MT", "MST", "PDT"), -7 * _HOUR),
        **dict.fromkeys(("PT", "PST", "AKDT", "PACIFIC STANDARD TIME"), -8 * _HOUR),
        **dict.fromkeys(("AKST",), -9 * _HOUR),
        **dict.fromkeys(("HST",), -10 * _HOUR),
    }
)
