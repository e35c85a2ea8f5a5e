import assert from "node:assert/strict";
import { granted } from "./expectations.js";
import { casesOf } from "./scenario.js";

/** Names that have meant something to some shell, glob, script, object or file system. */
const NAMES = [
  " leading and trailing ",
  "line\nbreak\r\n",
  "tab\tand \u0007bell",
  "quotes \" and ' and `",
  "back\\slash",
  "glob*?[a-z]",
  "../../etc/passwd",
  "%00%2e%zz",
  "${key} $(key) {{key}}",
  "KEYS[1]",
  "'); redis.call('FLUSHALL') --",
  "__proto__",
  "constructor",
  "null",
  "0",
  "-0",
  "1e3",
  "e\u0301",
  "\u00e9",
  "\ufeff",
  "\u202egnp.exe",
  "\u{1f512}\u{1f469}\u200d\u{1f4bb}",
  "\u{10ffff}",
  "{",
  "{tag}",
  "{tag}rest",
  "released:",
  "redlock-kit:nodes",
  ":",
  "::",
] as const;

export const keyCases = casesOf("keys", {
  async "of any characters are locks of their own"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    // A name in front of everything would be a hash tag's, so the names stand behind.
    const keys = NAMES.map((name) => scenario.key(name));
    const leases = await Promise.all(keys.map((key) => granted(ours.tryAcquire(key))));
    for (const [i, key] of keys.entries()) {
      assert.equal(leases[i]?.key, key);
      assert.equal(
        (await theirs.inspect(key))?.token,
        leases[i]?.token,
        `the lock of ${JSON.stringify(key)}`,
      );
      assert.equal(await theirs.tryAcquire(key), null);
    }
    for (const lease of leases) assert.equal(await lease.release(), true);
    for (const key of keys) await granted(theirs.tryAcquire(key));
  },

  async "that differ in case, white space or normal form are different"(scenario) {
    const locks = scenario.manager();
    const keys = ["seat", "SEAT", "seat ", " seat", "se\u0301at", "s\u00e9at"].map((name) =>
      scenario.key(name),
    );
    await Promise.all(keys.map((key) => granted(locks.tryAcquire(key))));
  },

  async "of a thousand bytes are locks like any other"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const long = scenario.key("x".repeat(950));
    await ours.acquire(`${long}1`);
    assert.equal(await theirs.tryAcquire(`${long}1`), null);
    await granted(theirs.tryAcquire(`${long}2`));
  },
});
