import { LockError, type LockErrorCode } from "@redlock-kit/core";
import { httpAnswer } from "@redlock-kit/core/adapter";
import { describe, expect, test } from "vitest";
import { anchors, codeSpans, headings, page, section, tableRows } from "./pages.js";

/** All codes, held complete by the compiler. */
const codes = Object.keys({
  ERR_LOCK_HELD: 1,
  ERR_LOCK_UNAVAILABLE: 1,
  ERR_LOCK_LOST: 1,
  ERR_LOCK_NOT_HOLDER: 1,
  ERR_LOCK_ABORTED: 1,
  ERR_LOCK_NESTED: 1,
  ERR_LOCK_OVERLOADED: 1,
  ERR_LOCK_CLOSED: 1,
  ERR_LOCK_INVALID_ARGUMENT: 1,
} satisfies Record<LockErrorCode, 1>) as LockErrorCode[];

const errors = page("docs/errors.md");

test("docs/errors.md has a section for every code, and for nothing else", () => {
  const sections = headings(errors).filter(({ level }) => level === 2);
  expect(sections.map(({ text }) => text).sort()).toEqual([...codes].sort());
});

test("the core's README has a row for every code, and no other", () => {
  const rows = tableRows(section(page("packages/core/README.md"), "Errors"));
  expect(rows.flatMap(([code = ""]) => codeSpans(code)).sort()).toEqual([...codes].sort());
});

describe.each(codes)("%s", (code) => {
  const { status, body } = httpAnswer(new LockError(code, "message"), { url: "/" });
  const text = () => section(errors, code).join("\n");

  test("is where the type of its HTTP answer points to", () => {
    const [file, anchor] = body.type.split("#");
    expect(file).toMatch(/\/docs\/errors\.md$/);
    expect(anchors(errors)).toContain(anchor);
  });

  test("says when it comes, what it means and what to do", () => {
    expect([...text().matchAll(/^- \*\*(\w+)\*\*: \S/gm)].map(([, part]) => part)).toEqual([
      "When",
      "Means",
      "Do",
    ]);
  });

  test("tells its HTTP status", () => {
    expect(text()).toContain(`HTTP: ${status}`);
  });
});
