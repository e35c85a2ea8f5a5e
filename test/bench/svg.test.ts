import { describe, expect, test } from "vitest";
import { barChart } from "../../bench/src/report/svg.js";

type Chart = Parameters<typeof barChart>[0];

function chart(values: readonly (number | undefined)[], more: Partial<Chart> = {}): string {
  const bars = values.map((value, i) => ({ label: `library ${i}`, value, text: `${value}`, own: i === 0 }));
  return barChart({ title: "A title", scale: "linear", groups: [{ label: "1 node", bars }], ...more });
}

function widths(svg: string): number[] {
  return [...svg.matchAll(/<rect [^>]*width="([^"]+)"/g)].map(([, width]) => Number(width));
}

/** Every element that opens is closed in its turn, and nothing stands free that must be escaped. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  const rest = svg.replaceAll(
    /<(\/?)(\w+)((?: [\w-]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(\/?)>/g,
    (_, end, name, _attributes, empty) => {
      if (end === "/") return open.pop() === name ? "" : "<";
      if (empty === "") open.push(name);
      return "";
    },
  );
  return open.length === 0 && !/<|&(?!(?:amp|lt|gt|quot);)/.test(rest);
}

describe("a bar chart", () => {
  test("is well-formed, whatever its labels", () => {
    const svg = chart([1, 2], { title: `<a> & "b"`, target: { value: 1.5, label: "x < y" } });
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).toContain("&lt;a&gt; &amp; &quot;b&quot;");
  });

  test("has bars in the proportion of their values", () => {
    const [a, b] = widths(chart([1, 4]));
    expect((b ?? 0) / (a ?? 1)).toBeCloseTo(4, 1);
  });

  test("on a logarithmic scale gives the same step for the same factor", () => {
    const [a = 0, b = 0, c = 0] = widths(chart([1, 10, 100], { scale: "log" }));
    expect(c - b).toBeCloseTo(b - a, 0);
    expect(b - a).toBeGreaterThan(20);
  });

  test("shows nothing for zero on a logarithmic scale, and for what could not be measured", () => {
    expect(widths(chart([0, undefined, 5], { scale: "log" })).slice(0, 2)).toEqual([0, 0]);
  });

  test("has room for a target beyond all bars", () => {
    const x = /<line x1="([^"]+)"/.exec(chart([1], { target: { value: 10, label: "bar" } }))?.[1];
    expect(Number(x)).toBeLessThan(760);
  });

  test.each([[[]], [[0]], [[undefined]]])("of %j has no NaN in it", (values) => {
    for (const scale of ["linear", "log"] as const)
      expect(chart(values, { scale })).not.toMatch(/NaN|Infinity/);
  });
});
