import { createHash } from "node:crypto";
import { invalidArgument, type LockError, quoteKeys } from "../errors.js";
import { unusableValue } from "./unusable-value.js";

/** What the placeholders of a template may begin with. */
export interface TemplateRoots {
  /** Names such as `params`. Below a root named `headers` the next name is case-insensitive. */
  readonly roots: readonly string[];
  /** Whether non-negative integers are roots, too: `{0}`, `{1.id}`. Default: no. */
  readonly positions?: boolean | undefined;
}

/** A template that was found well-formed. */
export interface KeyTemplate {
  /** The template as it was written. */
  readonly text: string;
  /** The roots that its placeholders begin with, each once, in order of appearance: `["params", "0"]`. */
  readonly roots: readonly string[];
  /**
   * The key for one source. Different values never give one key; 1, 1n and "1" are the same value.
   *
   * @param source has the roots as own properties, positions as `"0"`, `"1"`, … (an array does)
   * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`, naming the placeholder, if a value is missing or is none
   */
  build(source: Readonly<Record<string, unknown>>): string;
}

/**
 * Compiles `show:{params.showId}:seat:{params.seatId}`. A placeholder is a dotted path of own properties to a
 * string, finite number, bigint or boolean; `{{` and `}}` are braces of the key itself (Cluster hash tags).
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`, naming the place, if it is malformed or names an unknown root
 */
export function compileTemplate(template: string, allowed: TemplateRoots): KeyTemplate {
  const { literals, paths } = parse(template, allowed);
  const placeholders = paths.map((path, index) => ({
    name: `{${path.join(".")}}`,
    path: path[0] === "headers" ? path.map((name, depth) => (depth === 1 ? name.toLowerCase() : name)) : path,
    encode: encoderBefore(literals[index + 1] as string, index === paths.length - 1),
    literal: literals[index + 1] as string,
  }));
  const hashMark = hashMarkFor(literals);
  return {
    text: template,
    roots: [...new Set(paths.map(([root]) => root as string))],
    build(source) {
      let key = literals[0] as string;
      for (const { name, path, encode, literal } of placeholders) {
        key += encode(textOf(name, valueAt(source, path))) + literal;
      }
      return shorten(key, hashMark);
    },
  };
}

/** n paths between n + 1 literals, some of which are empty. */
interface ParsedTemplate {
  readonly literals: readonly string[];
  readonly paths: readonly (readonly string[])[];
}

const LONE_SURROGATE_OR_NUL = /[\p{Surrogate}\0]/u;
const SEGMENT = /^[\w$-]+$/;
const POSITION = /^(?:0|[1-9]\d*)$/;

function parse(template: string, allowed: TemplateRoots): ParsedTemplate {
  if (typeof template !== "string")
    throw invalidArgument("key template", `must be a string, not ${kindOf(template)}`);
  const malformed = (position: number, problem: string): LockError => {
    const roots = `${allowed.roots.join(", ")}${allowed.positions === true ? " and positions such as {0}" : ""}`;
    return invalidArgument(
      `key template ${quoteKeys([template])}`,
      `${problem} at position ${position}; roots: ${roots}`,
    );
  };
  if (template === "") throw malformed(0, "is empty");
  const unusable = LONE_SURROGATE_OR_NUL.exec(template);
  if (unusable !== null) throw malformed(unusable.index, "has a NUL or half of a surrogate pair");

  const literals = [""];
  const paths: string[][] = [];
  for (let at = 0; at < template.length; ) {
    const char = template.charAt(at);
    const isBrace = char === "{" || char === "}";
    if (!isBrace || template.charAt(at + 1) === char) {
      literals.push((literals.pop() as string) + char);
      at += isBrace ? 2 : 1;
      continue;
    }
    if (char === "}") throw malformed(at, "has a } without its { (write }} for a brace of the key)");
    const close = template.indexOf("}", at);
    if (close === -1) throw malformed(at, "has a { without its } (write {{ for a brace of the key)");
    const path = template.slice(at + 1, close).split(".");
    if (!path.every((segment) => SEGMENT.test(segment))) {
      throw malformed(at, "has a placeholder that is no dotted path of letters, digits, _, - and $");
    }
    const root = path[0] as string;
    if (!allowed.roots.includes(root) && !(allowed.positions === true && POSITION.test(root))) {
      throw malformed(at, `has a placeholder with the unknown root ${quoteKeys([root])}`);
    }
    paths.push(path);
    literals.push("");
    at = close + 1;
  }
  return { literals, paths };
}

/** `undefined` where the path leaves own properties of objects: what is inherited was not sent by anybody. */
function valueAt(source: unknown, path: readonly string[]): unknown {
  let value = source;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function textOf(placeholder: string, value: unknown): string {
  if (typeof value === "string" && value !== "") {
    if (/\p{Surrogate}/u.test(value)) throw unusableValue(placeholder, "has half of a surrogate pair");
    return value;
  }
  const isText =
    (typeof value === "number" && Number.isFinite(value)) ||
    typeof value === "bigint" ||
    typeof value === "boolean";
  if (isText) return String(value);
  if (value === undefined) throw unusableValue(placeholder, "is missing");
  throw unusableValue(
    placeholder,
    `must be a string, a finite number, a bigint or a boolean, not ${kindOf(value)}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return "a number that is not finite";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Matches a literal in which every character could also come from an encoded value. */
const VALUE_ALPHABET_ONLY = /^[\w%-]*$/;
const NEVER_IN_ESCAPES = /^[G-Zg-z_-]/;

/**
 * How a value is written in front of a literal. An encoded value consists of `[A-Za-z0-9_-]` and `%XX`.
 *
 * Different values never give one key, since a key can be read back from left to right. After a known literal comes
 * an encoded value, and the literal behind it says where it ends:
 * - the last value ends where the rest is just as long as the last literal;
 * - a literal with a character outside of the value alphabet: the first such character in the rest of the key is
 *   that one, at a known offset in the literal;
 * - else, if its first character can't be part of an escape, that character is escaped in the value: its first
 *   occurrence in the rest begins the literal;
 * - else (also if it is empty) a "." is put behind the value, which no value contains.
 * Then percent-decoding gives the value itself.
 */
function encoderBefore(literal: string, isLast: boolean): (value: string) => string {
  if (isLast || !VALUE_ALPHABET_ONLY.test(literal)) return percentEncode;
  if (!NEVER_IN_ESCAPES.test(literal)) return (value) => `${percentEncode(value)}.`;
  const delimiter = literal.charAt(0);
  return (value) => percentEncode(value).replaceAll(delimiter, escapeAscii);
}

function percentEncode(value: string): string {
  return encodeURIComponent(value).replace(/[.!~*'()]/g, escapeAscii);
}

function escapeAscii(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

const LONGEST_KEY_BYTES = 512;
const HEAD_LENGTH = 128;

/**
 * Keys that are too long become a readable head, the mark and their SHA-256. No other key of the template has the
 * mark in it: it is a longer run of `#` than any literal has, values have no `#`, and between two literals there is
 * always a value. Two such keys are equal only if their hashes are.
 */
function shorten(key: string, hashMark: string): string {
  if (Buffer.byteLength(key) <= LONGEST_KEY_BYTES) return key;
  const head = key.slice(0, HEAD_LENGTH).replace(/\p{Surrogate}/u, "");
  return `${head}${hashMark}${createHash("sha256").update(key).digest("base64url")}`;
}

function hashMarkFor(literals: readonly string[]): string {
  const runs = literals.flatMap((literal) => literal.match(/#+/g) ?? []).map((run) => run.length);
  return "#".repeat(Math.max(0, ...runs) + 1);
}
