import { readFileSync } from "node:fs";

export interface DocBlock {
  /** What the comment above the block says: the file that the code is from, or what it is. */
  readonly label: string | undefined;
  readonly language: string;
  readonly code: string;
}

/** The code blocks of docs/fencing.md. */
export function docBlocks(): DocBlock[] {
  const page = readFileSync(new URL("../../docs/fencing.md", import.meta.url), "utf8");
  const blocks = page.matchAll(/(?:<!-- (.+) -->\n)?```(\w+)\n([^]*?)```/g);
  return [...blocks].map(([, label, language = "", code = ""]) => ({ label, language, code }));
}

/** The code of the block with this label. */
export function codeOf(label: string): string {
  const block = docBlocks().find((one) => one.label === label);
  if (block === undefined) throw new Error(`docs/fencing.md has no block below <!-- ${label} -->`);
  return block.code;
}
