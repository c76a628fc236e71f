"""JavaScript by quickjs-ng, in the child: every script gets a fresh world that holds `$` and the language, no more.

The completion value becomes JSON by the rules of the reference (§7.2, asked of 3.32.1), not by those of JSON.stringify:
undefined is null also as a member, NaN and the infinities are texts, a Map is its entries, a typed array is a list, and
a function, symbol, date or set shows its own members, mostly none. Where both rules agree `_RUN` is enough, which takes
what it needs before the script can lay hands on it; parsing `_SHOW` costs as much as making a world.
"""

from __future__ import annotations

import json
import re

import _quickjs

from engine.evaluators import java_methods
from engine.evaluators.faults import Fault, require_shallow

STACK_BYTES = 2 * 1024 * 1024
EXACT = 2**53
"""From here on a JavaScript number is not exact."""

_RUN = r"""
(function () {
  const evaluate = eval, quote = JSON.stringify, {is, getPrototypeOf} = Object;
  const whole = Function.prototype.call.bind(String.prototype.isWellFormed);
  const map = Object.prototype, list = Array.prototype;
  let strange = false;
  delete globalThis.performance;

  function look(key, item) {
    if (this[key] !== item) strange = true;  // NaN, or a toJSON has had its say
    if (typeof item === 'number') {
      if (is(item, -0) || item >= 9007199254740992 || item <= -9007199254740992) strange = true;
    } else if (typeof item === 'string') {
      if (!whole(item)) strange = true;
    } else if (typeof item === 'object') {
      if (item !== null) {
        const kind = getPrototypeOf(item);
        if (kind !== map && kind !== list) strange = true;
      }
    } else if (typeof item !== 'boolean') {
      strange = true;
    }
    return strange ? undefined : item;
  }

  return function (source) {
    let value;
    try {
      value = evaluate(source);
    } catch (thrown) {
      return [true, thrown];
    }
    if (value === undefined) return 'null';
    try {
      const text = quote(value, look);
      if (!strange) return text;
    } catch (odd) {
    }
    return [false, value];
  };
})()
"""

_SHOW = r"""
(function () {
  const show = String, quote = JSON.stringify, {isArray} = Array, {isView} = ArrayBuffer;
  const {keys, is, hasOwn, getPrototypeOf} = Object, plain = Object.prototype, lone = /\p{Surrogate}/gu;

  function text(value, exact, depth) {
    switch (typeof value) {
      case 'string': return quote(value.isWellFormed() ? value : value.replaceAll(lone, '?'));
      case 'number': return number(value, exact);
      case 'boolean': return show(value);
      case 'undefined': return 'null';
      case 'bigint': return -(2n ** 63n) <= value && value < 2n ** 63n ? show(value) : '{}';
      case 'object': return value === null ? 'null' : object(value, exact, depth + 1);
      default: return '{}';
    }
  }

  function number(value, exact) {
    if (!Number.isFinite(value)) return quote(show(value));
    if (is(value, -0)) return '-0.0';
    if (-9007199254740992 < value && value < 9007199254740992) return show(value);
    if (hasOwn(exact, value)) return exact[value];
    return -(2 ** 63) <= value && value < 2 ** 63 ? show(BigInt(value)) : value.toExponential();
  }

  function object(value, exact, depth) {
    if (depth > 200) throw 'The result is nested too deeply, or contains itself';
    if (isArray(value)) return list(value, exact, depth);
    if (getPrototypeOf(value) !== plain) {
      if (value instanceof Map) return members([...value], exact, depth);
      if (isView(value) && 'length' in value) return list(value, exact, depth);
      if (value instanceof String || value instanceof Number || value instanceof Boolean)
        return text(value.valueOf(), exact, depth);
    }
    return members(keys(value).map(key => [key, value[key]]), exact, depth);
  }

  function list(value, exact, depth) {
    let inside = '';
    for (let i = 0; i < value.length; i++) inside += (i ? ',' : '') + text(value[i], exact, depth);
    return '[' + inside + ']';
  }

  function members(pairs, exact, depth) {
    let inside = '';
    for (const [key, item] of pairs) inside += (inside && ',') + quote(show(key)) + ':' + text(item, exact, depth);
    return '{' + inside + '}';
  }

  function story(thrown) {
    if (!(thrown instanceof Error))
      return quote([typeof thrown === 'object' && thrown !== null ? 'Error' : show(thrown), '']);
    const name = hasOwn(thrown, 'name') ? thrown.name : thrown.constructor.name;
    return quote([show(name) + (thrown.message === '' ? '' : ': ' + thrown.message), show(thrown.stack)]);
  }

  return function ([failed, value], exact) {
    try {
      if (failed) return '!' + story(value);
      return ['=', text(value, exact, 0)].join('');  // joined: quickjs hands out no strings that it holds in pieces
    } catch (thrown) {
      return '!' + story(thrown);
    }
  };
})()
"""
_PLACE = re.compile(r"\s*at (?:([^(]+) \()?<input>:(\d+):(\d+)\)?$")
_MAKES_AN_ERROR = re.compile(r"\bnew\s+$")
_LONG_NUMBER = re.compile(r"(?<![\w.+-])-?\d{16,19}(?![\w.])")
_ONLY_PARSE = "throw 0;"


class ScriptFault(Fault):
    """The script does not parse or has thrown something."""


class Overdue(Exception):
    """The script has used up its time."""


def evaluate(source: str, data: str, seconds: float, memory: int) -> str:
    """The completion value of a script as JSON. Raises `ScriptFault`, `Overdue` or `MemoryError`."""
    told = _run(source, data, seconds, memory)
    if told[0] != "!":
        text = told[1:] if told[0] == "=" else told
        require_shallow(text)
        return text
    raise ScriptFault("Error evaluating the script `{}`{}".format(*_message_and_line(told, source)))


def syntax(source: str, seconds: float, memory: int) -> str:
    """The JSON null. Raises `ScriptFault` when the text is no script; it is read, and not run."""
    # on the script's own first line, so that lines count as its author counts them
    told = _run(_ONLY_PARSE + source, "null", seconds, memory)
    message, line = _message_and_line(told, source)
    if not message.startswith("SyntaxError"):
        return "null"
    raise ScriptFault(message + line)


def _run(source: str, data: str, seconds: float, memory: int) -> str:
    context = _quickjs.Context()
    context.set_max_stack_size(STACK_BYTES)
    context.set_memory_limit(memory)
    context.set_time_limit(seconds)
    try:
        run = context.eval(_RUN)
        context.set("$", context.parse_json(data))
        if java_methods.NAMED.search(source):
            context.eval(java_methods.SOURCE)
        told = run(source)
        if not isinstance(told, str):
            told = context.eval(_SHOW)(told, context.parse_json(_exact_numbers(data)))
    except _quickjs.JSException as error:
        raise _reason(str(error)) from error
    return str(told)


def _reason(text: str) -> Exception:
    """What no script can catch: the engine's own limits."""
    if text.startswith("InternalError: interrupted"):
        return Overdue()
    if "out of memory" in text:
        return MemoryError()
    return ScriptFault(f"Error evaluating the script `{text.splitlines()[0]}`")


def _exact_numbers(data: str) -> str:
    """JavaScript's view of the long whole numbers of the data -> themselves: an id that a script only passes on must
    not change, and does not in the reference, whose `$` holds 64-bit numbers.
    """
    long = (int(digits) for digits in set(_LONG_NUMBER.findall(data)))
    return json.dumps({str(int(float(number))): str(number) for number in long if abs(number) >= EXACT})


def _message_and_line(told: str, source: str) -> tuple[str, str]:
    message, stack = json.loads(told[1:])
    line = _line(message, stack, source)
    return message, f" at line {line}" if line else ""


def _line(message: str, stack: str, source: str) -> int | None:
    """Where it happened, if the reference would say so: not for errors that the script makes itself, and not for those
    of the language's own functions.
    """
    lines = source.split("\n")
    if not stack:
        throws = [number for number, text in enumerate(lines, 1) if "throw" in text]
        return throws[0] if len(throws) == 1 else None
    place = _PLACE.match(stack.split("\n", 1)[0])
    if place is None or message.startswith(f"{place[1]}:"):
        return None
    line, column = int(place[2]), int(place[3])
    if message.startswith("SyntaxError"):
        return line
    before = lines[line - 1][: column - 1] if line <= len(lines) else ""
    return None if _MAKES_AN_ERROR.search(before) else line
