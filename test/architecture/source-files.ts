import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** A source file; `code` is its text without comments, line by line as before. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly Import[];
}

/** The TypeScript files below a folder of the repository, with paths relative to it: "quorum/majority.ts". */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, folder, path), "utf8");
      const code = withoutComments(text);
      return { path: path.split("\\").join("/"), text, code, imports: importsOf(code) };
    });
}

/** The path of the file that a relative import means; undefined for a package. */
export function target(from: SourceFile, { specifier }: Import): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(dirname(from.path), specifier).replace(/\.js$/, ".ts");
}

const STRING_OR_COMMENT =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

function withoutComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (match, string) => string ?? match.replace(/[^\n]/g, ""));
}

const FROM = /^(?:import|export)\s+([^"';]*?)\s+from\s+["']([^"']+)["']/gm;
const BARE_OR_DYNAMIC = /\bimport\s*\(?\s*["']([^"']+)["']/g;

function importsOf(code: string): Import[] {
  const named = [...code.matchAll(FROM)].map(([, clause = "", specifier = ""]) => ({
    specifier,
    typeOnly: isTypeOnly(clause),
  }));
  const bare = [...code.matchAll(BARE_OR_DYNAMIC)].map(([, specifier = ""]) => ({
    specifier,
    typeOnly: false,
  }));
  return [...named, ...bare];
}

function isTypeOnly(clause: string): boolean {
  if (clause.startsWith("type ")) return true;
  const names = /^\{(.*)\}$/s
    .exec(clause)?.[1]
    ?.split(",")
    .map((name) => name.trim());
  return names?.every((name) => name === "" || name.startsWith("type ")) ?? false;
}
