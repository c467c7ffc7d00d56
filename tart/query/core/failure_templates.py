"""Templates of failure reasons: the text with its variable parts replaced by placeholders.

Pure. The same failure of many nodes is one group, however its numbers, hashes and addresses
differ. The rules follow those of Sentry (``sentry.grouping.parameterization``), with the forms
that nodes of a JAM network print: peer ids, abbreviated hashes, durations and byte lists of Rust.
Clustering, such as Drain (He et al., 2017), finds more, but its templates depend on the order of
the texts, and so do the groups: a group that was resolved would come back under another name.

A fingerprint is the same in all releases: it is made of ``VERSION``, the number of the event type
and the template. A change of the rules that changes templates raises ``VERSION``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

VERSION = 1
# JIP-3 bounds a reason by 128 bytes; longer texts come from elsewhere.
MAX_CHARACTERS = 256
MAX_TEMPLATE = 512
CACHED = 16_384
_CUT = "…"
_PASSES = 4

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
# Loose on purpose: two colons without a space are in few other texts.
_IPV6 = r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:(?:\.\d{1,3}){3})?(?:%\w+)?"
_DOMAINS = "com|net|org|io|dev|app|xyz|info|network|cloud|local|localdomain|internal|lan|home|onion"
_UNITS = (
    r"ns|nsecs?|nanos(?:econds?)?|us|µs|μs|usecs?|micros(?:econds?)?|ms|msecs?|millis(?:econds?)?|"
    r"s|secs?|seconds?|min|mins|minutes?|hours?|days?"
)
_NUMBERED = (
    "node|peer|validator|core|shard|slot|epoch|service|block|worker|thread|conn|connection|"
    "stream|session|host|segment|index|tranche"
)
# In order: of several that match at one place, the first counts.
_RULES = (
    # What an earlier pass wrote.
    ("placeholder", r"<[a-z]+>"),
    ("url", r"\b[a-z][a-z0-9+.\-]{1,15}://[^\s,;)>\]\"'`]+"),
    ("address", r"/(?:ip4|ip6|dns[46]?)/[^\s,;)>\]\"'`]+"),
    ("peer", r"\b(?:12D3Koo[1-9A-HJ-NP-Za-km-z]{45}|Qm[1-9A-HJ-NP-Za-km-z]{44}|e[a-z2-7]{52})\b"),
    ("uuid", r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"),
    (
        "time",
        r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:\s?(?:Z|UTC|[+\-]\d\d:?\d\d))?)?"
        r"(?!\w)|\b\d\d:\d\d:\d\d(?:\.\d+)?(?![\w:])",
    ),
    ("address", rf"(?<![\w.:]){_IPV4}(?::\d{{1,5}})?(?![\w.])"),
    (
        "address",
        rf"\[{_IPV6}\](?::\d{{1,5}})?|(?<![\w:])(?=[A-Fa-f:]*\d){_IPV6}(?![\w:])",
    ),
    (
        "address",
        rf"(?<![\w.\-])(?:[A-Za-z0-9\-]{{1,63}}\.){{1,8}}(?:{_DOMAINS})(?::\d{{1,5}})?(?![\w.\-])"
        r"|\blocalhost:\d{1,5}\b",
    ),
    (
        "path",
        r"(?<![\w/<>])(?:~|\.{1,2})?(?:/[\w.@+\-]{1,255}){2,64}/?(?::\d+){0,2}"
        r"|\b[A-Za-z]:\\[^\s\"'`]+"
        r"|(?<![\w/.\-])[\w.\-]{1,255}(?:/[\w.\-]{1,255}){1,64}\.[a-z]{1,4}(?::\d+){0,2}(?![\w/])",
    ),
    ("version", r"(?<![\w.])(?:v\d+(?:\.\d+)+|\d+\.\d+\.\d+)(?:[\-+][0-9A-Za-z.\-]+)?(?![\w.])"),
    (
        "hex",
        r"\b0[xX][0-9A-Fa-f]+(?:(?:…|\.{2,3})(?:0x)?[0-9A-Fa-f]*)?(?!\w)"
        r"|\b[0-9A-Fa-f]{32,}\b|\b[0-9A-Fa-f]{4,}(?:…|\.{2,3})[0-9A-Fa-f]{0,64}(?!\w)",
    ),
    ("list", r"\[\s*[+\-]?\d+(?:\.\d+)?(?:\s*,\s*[+\-]?\d+(?:\.\d+)?)*\s*,?\s*\]"),
    (
        "duration",
        rf"(?<![\w.])(?:\d+(?:\.\d+)?\s?(?:{_UNITS})(?!\w)|(?:\d+(?:\.\d+)?[dhms])+(?!\w))",
    ),
    ("size", r"(?<![\w.])\d+(?:\.\d+)?\s?(?:[KMGTkmgt]i?)B(?!\w)"),
    ("bool", r"(?<==)(?:[Tt]rue|[Ff]alse)\b"),
    (
        "quoted",
        r"(?<!\w)'[^'\n]{0,256}'(?!\w)|\"[^\"\n]{0,256}\"|`[^`\n]{0,256}`|“[^”\n]{0,256}”",
    ),
    (
        "token",
        r"\b(?=[A-Za-z]*\d)(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])[A-Za-z0-9]{20,}\b",
    ),
    # Eight hex digits and more may happen to be decimal ones, so both are numbers.
    ("number", r"\b(?=[A-Fa-f]*\d)[0-9A-Fa-f]{8,31}\b"),
    ("numbered", rf"\b(?:{_NUMBERED})[_#]?\d+(?!\w)"),
    ("number", r"(?<!\w)(?:(?<![)\]>%])[+\-])?\d+(?:[_,]\d+)*(?:\.\d+)?(?:[eE][+\-]?\d+)?(?!\w)"),
)
# A variable part begins where a word does, or with one of a few characters: at other places, which
# are most, no rule is tried.
_START = r"(?:(?<!\w)(?=[\w\"'`“\[/<:~.+\-])|(?=[\"`“\[/<]))"
_ANY = "|".join(f"(?P<{name}_{index}>{rule})" for index, (name, rule) in enumerate(_RULES))
_PATTERN = re.compile(f"{_START}(?:{_ANY})")
# Without one of these a text has no variable part.
_VARIABLE = re.compile(r"[\d\"'`“/\\=:<\[…]|\.[.a-z]|\be[a-z2-7]{52}\b|[A-Fa-f]{32}")
_SPACE = re.compile(r"\s+")
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_DIGITS = re.compile(r"\d+")


@lru_cache(maxsize=CACHED)
def failure_template(reason: str) -> str:
    """Return the template of a reason: the same for each reason of one group.

    Runs of white space are one space; control characters and what changes the direction of text
    are replacement characters (U+FFFD). The template of a template is itself.

    Args:
        reason: As the node sent it; what is behind its first ``MAX_CHARACTERS`` does not count.
    """
    text = reason if len(reason) <= MAX_CHARACTERS else reason[: MAX_CHARACTERS - 1] + _CUT
    text = _UNPRINTABLE.sub("\ufffd", _SPACE.sub(" ", text)).strip()
    if not _VARIABLE.search(text):
        return text
    for _ in range(_PASSES):
        template = _cut(_PATTERN.sub(_replace, text))
        if template == text:
            break
        text = template
    return text


@lru_cache(maxsize=CACHED)
def failure_fingerprint(event_type: int, template: str) -> str:
    """Return the fingerprint of a group: 16 hex digits, stable across releases.

    Args:
        event_type: The number of the event type.
        template: See ``failure_template``.
    """
    text = f"{VERSION}:{event_type}:{template}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _replace(match: re.Match[str]) -> str:
    name = (match.lastgroup or "").partition("_")[0]
    if name == "placeholder":
        return match[0]
    if name == "numbered":
        return _DIGITS.sub("<number>", match[0])
    return f"<{name}>"


def _cut(template: str) -> str:
    if len(template) <= MAX_TEMPLATE:
        return template
    return template[: MAX_TEMPLATE - 1].rstrip() + _CUT
