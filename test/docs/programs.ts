import { type CodeBlock, codeBlocks, type Page } from "./pages.js";

/** TypeScript of a page as one module; its lines have the numbers that they have on the page. */
export interface Program {
  /** A file name that tells the page. */
  readonly name: string;
  readonly source: string;
}

/**
 * The programs of a page. A block with imports or exports is one of its own; another one goes on from the last
 * program above it, in a scope of its own, as people read it.
 */
export function programs(page: Page): Program[] {
  const all: string[][] = [];
  for (const block of typeScriptBlocks(page)) {
    if (reasonToSkip(block) !== undefined) continue;
    const isModule = block.code.some((line) => /^(import|export)\b/.test(line));
    const last = isModule ? undefined : all.at(-1);
    const lines = last ?? Array.from({ length: page.lines.length }, () => "");
    if (last === undefined) all.push(lines);
    else [lines[block.line - 1], lines[block.line + block.code.length]] = ["{", "}"];
    for (const [i, line] of block.code.entries()) lines[block.line + i] = line;
  }
  const name = page.path.replace(/\.md$/, "").replaceAll("/", "-");
  return all.map((lines, i) => ({
    name: `${name}.${i + 1}.ts`,
    source: `${lines.join("\n")}\nexport {};\n`,
  }));
}

export function typeScriptBlocks(page: Page): CodeBlock[] {
  return codeBlocks(page).filter(({ info }) => /^(ts|tsx|typescript)\b/.test(info));
}

/** From ```` ```ts skip="its reason" ````. */
export function reasonToSkip({ info }: CodeBlock): string | undefined {
  return /^ts skip="(.+)"$/.exec(info)?.[1];
}
