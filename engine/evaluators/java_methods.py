"""Methods of Java's maps and lists, for scripts that call them.

In the reference `$` holds maps and lists of Java, and published definitions say `$.list.get(0)` or `$.map.size()`. Ours
are plain JavaScript (D21); a script that names such a method finds it on all maps of `$` and on every list, unseen by
loops and keys. Sets and collections of Java are arrays here.
"""

from __future__ import annotations

import re

NAMED = re.compile(
    r"\.\s*(?:add|addAll|contains|containsKey|containsValue|entrySet|get|getKey|getOrDefault|getValue|isEmpty|keySet|put|putAll"
    r"|remove|set|size|toArray|values)\s*\("
)
"""A script in which this is found may mean one of these methods; only then are they made."""

SOURCE = r"""
(function () {
  const own = Object.prototype.hasOwnProperty, nothing = value => value === undefined ? null : value;
  const owns = (map, key) => own.call(map, key);
  const ofMaps = {
    get(key) { return owns(this, key) ? this[key] : null; },
    getOrDefault(key, other) { return owns(this, key) ? this[key] : other; },
    containsKey(key) { return owns(this, key); },
    containsValue(value) { return Object.values(this).includes(value); },
    size() { return Object.keys(this).length; },
    isEmpty() { return Object.keys(this).length === 0; },
    keySet() { return Object.keys(this); },
    values() { return Object.values(this); },
    entrySet() {
      return Object.entries(this).map(([key, value]) => ({getKey: () => key, getValue: () => value, key, value}));
    },
    put(key, value) { const before = this.get(key); this[key] = value; return before; },
    putAll(other) { Object.assign(this, other); },
    remove(key) { const before = this.get(key); delete this[key]; return before; },
  };
  const ofLists = {
    get(index) {
      if (index < 0 || index >= this.length) throw `Index ${index} out of bounds for length ${this.length}`;
      return nothing(this[index]);
    },
    set(index, value) { const before = nothing(this[index]); this[index] = value; return before; },
    add(value) { this.push(value); return true; },
    addAll(others) { this.push(...others); return others.length > 0; },
    remove(index) { return nothing(this.splice(index, 1)[0]); },
    contains(value) { return this.includes(value); },
    size() { return this.length; },
    isEmpty() { return this.length === 0; },
    toArray() { return [...this]; },
  };
  function give(kind, methods) {
    for (const [name, value] of Object.entries(methods))
      Object.defineProperty(kind, name, {value, writable: true, configurable: true, enumerable: false});
    return kind;
  }

  // not to Object.prototype: a `get` there would turn every property descriptor into an accessor
  const maps = give({}, ofMaps);
  give(Array.prototype, ofLists);
  (function adopt(value) {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) Object.setPrototypeOf(value, maps);
    for (const item of Object.values(value)) adopt(item);
  })($);
})()
"""
