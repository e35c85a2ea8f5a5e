import { expect, test } from "vitest";
import { healthyRun } from "./healthy-run.js";
import { plotOf } from "./plot.js";

const count = (svg: string, element: string): number => svg.split(`<${element} `).length - 1;

test("a plot has a line for each worker and each node, and a shade for each fault in both panels", () => {
  const svg = plotOf(healthyRun());
  expect(count(svg, "polyline")).toBe(2 + 3);
  expect(count(svg, "rect")).toBe(2);
});

test("every line has a point for each sample, on the paper", () => {
  const svg = plotOf(healthyRun());
  const [, width = "0", height = "0"] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  for (const [, points = ""] of svg.matchAll(/points="([^"]*)"/g)) {
    const places = points.split(" ").map((point) => point.split(",").map(Number));
    expect(places).toHaveLength(60);
    expect(
      places.every(([x = -1, y = -1]) => x >= 0 && x <= Number(width) && y >= 0 && y <= Number(height)),
    ).toBe(true);
  }
});

test("faults that touch are one shade", () => {
  const faults = Array.from({ length: 100 }, (_, i) => ({ name: "cut", fromMs: i * 10, toMs: i * 10 + 20 }));
  expect(count(plotOf({ ...healthyRun(), faults }), "rect")).toBe(2);
});

test("before the first sample there is a plot, too", () => {
  const svg = plotOf({ samples: [], faults: [] });
  expect(svg).toMatch(/^<svg /);
  expect(svg).not.toContain("NaN");
});
