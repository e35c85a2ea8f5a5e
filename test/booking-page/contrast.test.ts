import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(
  new URL("../../examples/booking/page/src/styles/tokens.css", import.meta.url),
  "utf8",
);
const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");

function colours(...blocks: string[]): Map<string, string> {
  return new Map(
    blocks.flatMap((block) =>
      Array.from(
        block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g),
        ([, name = "", hex = ""]) => [name, hex] as const,
      ),
    ),
  );
}

/** Relative luminance, as WCAG 2 defines it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** What is written on what. */
const texts = [
  ["ink", "paper"],
  ["ink", "surface"],
  ["ink", "held"],
  ["muted", "paper"],
  ["muted", "surface"],
  ["muted", "sold"],
  ["muted", "accent-soft"],
  ["accent", "paper"],
  ["accent", "surface"],
  ["accent", "accent-soft"],
  ["on-accent", "accent"],
  ["alarm", "paper"],
  ["alarm", "surface"],
  ["alarm", "alarm-soft"],
  ["on-alarm", "alarm"],
  ["calm", "calm-soft"],
] as const;

/** What must be told apart from what is behind it. */
const shapes = [
  ["edge", "surface"],
  ["edge", "paper"],
  ["held-edge", "paper"],
  ["held-edge", "held"],
  ["accent", "surface"],
  ["alarm", "surface"],
  ["calm", "paper"],
] as const;

describe.each([
  { scheme: "light", palette: colours(light) },
  { scheme: "dark", palette: colours(light, dark) },
])("in $scheme colours", ({ palette }) => {
  const colour = (name: string): string => palette.get(name) ?? expect.fail(`There is no --${name}.`);

  test.each(texts)("%s can be read on %s", (ink, ground) => {
    expect(contrast(colour(ink), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(shapes)("%s can be seen on %s", (shape, ground) => {
    expect(contrast(colour(shape), colour(ground))).toBeGreaterThanOrEqual(3);
  });
});
