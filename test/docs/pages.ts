import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A Markdown page; `path` is relative to the repository. */
export interface Page {
  readonly path: string;
  readonly lines: readonly string[];
}

export function page(path: string): Page {
  return { path, lines: readFileSync(join(root, path), "utf8").split("\n") };
}

/** All pages that are written for people: those of the root, of the packages, of the sample and of docs. */
export function pages(): Page[] {
  const readmes = ["packages", "examples"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  );
  return ["", "docs", "docs/decisions", ...readmes].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => page(folder === "" ? name : `${folder}/${name}`)),
  );
}

/** A fenced block; `line` counts from 1 and is that of the opening fence. */
export interface CodeBlock {
  readonly info: string;
  readonly line: number;
  readonly code: readonly string[];
}

export function codeBlocks({ lines }: Page): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const info = /^```(.*)$/.exec(lines[i] ?? "")?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf("```", i + 1);
    if (end === -1) throw new Error(`A block that begins at line ${i + 1} has no end`);
    blocks.push({ info, line: i + 1, code: lines.slice(i + 1, end) });
    i = end;
  }
  return blocks;
}

/** The lines outside of fenced blocks. */
export function prose(from: Page): string[] {
  const lines = [...from.lines];
  for (const { line, code } of codeBlocks(from)) lines.fill("", line - 1, line + code.length + 1);
  return lines;
}

/** The anchors that GitHub gives the headings. */
export function anchors(of: Page): string[] {
  const seen = new Map<string, number>();
  return headings(of).map(({ text }) => {
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** The headings with the lines up to the next one of the same or a higher level. */
export function headings(of: Page): { level: number; text: string; body: string[] }[] {
  const lines = prose(of);
  const found = lines.flatMap((line, index) => {
    const [, marks, text] = /^(#+) (.*)$/.exec(line) ?? [];
    return marks !== undefined && text !== undefined ? [{ level: marks.length, text, index }] : [];
  });
  return found.map(({ level, text, index }, i) => {
    const next = found.slice(i + 1).find((other) => other.level <= level);
    return { level, text, body: lines.slice(index + 1, next?.index) };
  });
}

/** What stands under the heading `text`. */
export function section(of: Page, text: string): string[] {
  const found = headings(of).find((heading) => heading.text === text);
  if (found === undefined) throw new Error(`${of.path} has no heading "${text}"`);
  return found.body;
}

/** The cells of all rows of all tables, without the headings of columns. */
export function tableRows(lines: readonly string[]): string[][] {
  return lines.flatMap((line, i) => {
    const isRow = line.startsWith("|") && !isRule(line) && !isRule(lines[i + 1] ?? "");
    if (!isRow) return [];
    const cells = line.slice(1, line.lastIndexOf("|")).split(/(?<!\\)\|/);
    return [cells.map((cell) => cell.trim())];
  });
}

function isRule(line: string): boolean {
  return /^\|[\s|:-]+\|$/.test(line) && line.includes("---");
}

/** The names in backticks. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
