import { readFileSync } from "node:fs";

/** Ends the process with a plain sentence when this Node is older than "engines" in package.json allows. */
export function requireSupportedNode() {
  const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  if (engines.node.split("||").some((range) => includes(range.trim(), process.versions.node))) return;
  console.error(`redlock-kit needs Node ${engines.node}; this is Node ${process.versions.node}.`);
  process.exit(1);
}

/** The two forms of range that "engines" uses: ^a.b.c and >=a.b.c. */
function includes(range, version) {
  const [major, minor, patch] = version.split(".").map(Number);
  const [lowMajor, lowMinor, lowPatch] = range.replace(/^\D+/, "").split(".").map(Number);
  if (major !== lowMajor) return range.startsWith(">=") && major > lowMajor;
  return minor > lowMinor || (minor === lowMinor && patch >= lowPatch);
}
