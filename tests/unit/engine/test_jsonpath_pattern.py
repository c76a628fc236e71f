"""The patterns of `=~`: what they match, and that none of them can hold the server up."""

from __future__ import annotations

import re
import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jsonpath import compile_path
from engine.jsonpath_pattern import ALLOWANCE, BadPattern, Pattern

MATCHES = [
    ("", "", True), ("", "a", False), ("abc", "abc", True), ("abc", "abcd", False), ("abc", "xabc", False),
    ("a*", "aaaa", True), ("a*", "", True), ("a+", "", False), ("a?b", "b", True), ("a??b", "ab", True),
    ("a{2}", "aa", True), ("a{2}", "aaa", False), ("a{2,}", "aaaa", True), ("a{1,3}", "aaaa", False),
    ("(ab|cd)+", "abcdab", True), ("(?:ab|cd)+", "abc", False), ("(?<name>a)b", "ab", True), ("a|", "", True),
    (".*", "anything", True), (".*", "two\nlines", False), ("a.c", "a\u2028c", False),
    ("[a-c]+", "abcabc", True), ("[^a-c]+", "xyz", True), ("[^a-c]+", "xaz", False), ("[]a]+", "]a", True),
    ("[a\\-z]+", "a-z", True), ("[a-]+", "a-", True), ("[\\d.]+", "1.5", True), ("[^\\w]+", "!?", True),
    ("\\d+", "0123", True), ("\\d+", "٣", False), ("\\D+", "abc", True), ("\\w+", "a_1", True), ("\\w", "é", False),
    ("\\s+", " \t\n", True), ("\\S+", "abc", True), ("\\.\\*\\/", ".*/", True), ("\\x41\\u0042", "AB", True),
    ("\\Qa.b*\\E+", "a.b***", False), ("\\Qa.b\\E", "a.b", True), ("\\t\\n", "\t\n", True),
    ("^abc$", "abc", True), ("a^b", "ab", False), ("\\bfoo\\b.*", "foo bar", True), ("foo\\b.*", "foobar", False),
    ("foo\\B.*", "foobar", True), ("(^|x)a", "a", True), ("\\Aa\\z", "a", True),
    ("😀+", "😀😀", True), ("[à-ü]+", "éöü", True), ("[à-ü]+", "É", False), (".", "😀", True),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "matches"), MATCHES)
def test_the_whole_text_must_match(pattern: str, text: str, matches: bool) -> None:
    assert Pattern(pattern).matches(text) is matches


FLAGS = [
    ("abc", "i", "aBC", True), ("[a-c]+", "i", "ABC", True), ("[^a-c]+", "i", "ABC", False), ("é", "i", "É", False),
    (".*", "s", "two\nlines", True), ("a$\n^b", "m", "a\nb", True), ("a$\n^b", "", "a\nb", False),
    ("a b # comment", "x", "ab", True), ("(?i)abc", "", "ABC", True), ("(?is)a.", "", "A\n", True),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "flags", "text", "matches"), FLAGS)
def test_flags(pattern: str, flags: str, text: str, matches: bool) -> None:
    assert Pattern(pattern, flags).matches(text) is matches


REFUSED = [
    "(", ")", "a)", "[", "[a", "*", "a**b(", "a{", "a{x}", "a{2,1}", "a{1,99999}", "a++", "a*+", "(?=a)", "(?!a)",
    "(?<=a)", "(?<!a)", "(?>a)", "\\1", "(a)\\k<a>", "\\p{L}", "\\", "\\x4", "\\u00g0", "[a-\\d]", "[z-a]", "[a[b]]",
    "[a&&b]", "(?i", "(" * 100 + ")" * 100, "a{1000}{1000}", "(((a{50}){50}){50})",
    "(" * 30 + ")" + "{1000})" * 29 + "{1000}",
]  # fmt: skip


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_is_not_regular_not_well_formed_or_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        Pattern(pattern)


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(BadPattern):
        Pattern("a", "q")


LETTERS = st.sampled_from("ab")
PATTERNS = st.recursive(
    st.sampled_from(("a", "b", ".", "[ab]", "[^a]", "")),
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda both: f"(?:{both[0]}|{both[1]})")
        | st.tuples(inner, st.sampled_from(("*", "+", "?", "{2}", "{0,2}", "*?"))).map(lambda it: f"(?:{it[0]}){it[1]}")
    ),
    max_leaves=6,
)


@given(pattern=PATTERNS)
def test_they_match_what_backtracking_would(pattern: str) -> None:
    compiled = Pattern(pattern)
    for length in range(5):
        for letters in product("ab", repeat=length):
            text = "".join(letters)
            assert compiled.matches(text) == (re.fullmatch(pattern, text) is not None), text


HOSTILE = [
    ("^(a+)+$", "a" * 5000 + "b"),
    ("(x+x+)+y", "x" * 5000),
    ("(a|aa)+", "a" * 5000 + "b"),
    ("(.*)*", "a" * 5000 + "\n"),
    ("a*" * 50 + "b", "a" * 5000),
    ("(a?){200}a{200}", "a" * 5000),
    ("(a|b)*a(a|b){15}", "ab" * 20000 + "b" * 16),
    ("(.*a){30}", "ba" * 20000),
    ("[^" + "".join(chr(code) for code in range(0x3400, 0x3700, 2)) + "]*", "".join(map(chr, range(0x3400, 0x9000)))),
]


@pytest.mark.parametrize(("pattern", "text"), HOSTILE, ids=[pattern[:20] for pattern, _ in HOSTILE])
def test_no_pattern_takes_long(pattern: str, text: str) -> None:
    began = time.process_time()
    compiled = Pattern(pattern)
    for _ in range(3):
        compiled.matches(text)
    assert time.process_time() - began < 2  # a tenth of it on a quiet machine; backtracking needs years


def test_a_pattern_that_has_used_up_its_allowance_matches_nothing_new() -> None:
    source = "(a|b)*a(a|b){20}"
    compiled = Pattern(source)
    known, new = "a" * 21, "ab" * 20 + "a" + "b" * 20
    assert compiled.matches(known)
    for number in range(ALLOWANCE // 40):
        compiled.matches("".join("ab"[int(digit)] for digit in f"{number:040b}"))
    assert compiled.matches(known)
    assert not compiled.matches(new)
    assert Pattern(source).matches(new)


def test_a_path_with_a_hostile_pattern_is_read_in_no_time() -> None:
    path = compile_path("workflow.input.items[?(@.s =~ /(a+)+b/)].n")
    assert path is not None
    data = {"input": {"items": [{"s": "a" * 10_000, "n": 1}, {"s": "aab", "n": 2}]}}
    began = time.process_time()
    assert path.read(lambda _: data) == [2]
    assert time.process_time() - began < 2


@pytest.mark.parametrize("pattern", ["(a)\\1", "(?=a)b", "a++", "a{999}{999}"])
def test_a_path_with_a_pattern_that_is_refused_is_no_path(pattern: str) -> None:
    assert compile_path(f"workflow.input.items[?(@.s =~ /{pattern}/)].n") is None
