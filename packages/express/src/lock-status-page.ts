import type { HeldLock, LockStatus } from "./lock-status.js";

const REFRESH_SECONDS = 2;

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); vertical-align: top; }
th { font-weight: 600; }
td { overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.state { padding: .1rem .6rem; border-radius: 1rem; font-weight: 600; color: #fff; }
.up { background: #18794e; } .degraded { background: #8d5a00; } .down { background: #b3261e; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .5rem; margin: 0; }
dt { opacity: .7; } dd { margin: 0; font-variant-numeric: tabular-nums; }
`;

/** A page without scripts that shows how locks stand, and asks again by itself. */
export function lockStatusPage(status: LockStatus): string {
  const { state, voting, quorum, nodes, locks, problem, process, at } = status;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<title>Locks: ${state}</title>
<style>${STYLE}</style>
<h1>Locks <span class="state ${state}">${state}</span></h1>
<p>${voting} of ${nodes.length} nodes vote, ${quorum} must. <time datetime="${at}">${at}</time></p>
<h2>Held</h2>
${locks === null ? `<p>${escaped(problem ?? "")}</p>` : heldTable(locks)}
<h2>Nodes</h2>
${table(
  ["node", "votes", "why not", "notices"],
  nodes.map(({ node, voting: votes, reason, warnings, notices }) => [
    escaped(node),
    votes ? "yes" : "no",
    escaped([reason ?? "", ...warnings].filter(Boolean).join("; ")),
    notices,
  ]),
)}
<h2>This process</h2>
<dl>${Object.entries(process)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${value.toLocaleString("en")}</dd></div>`)
    .join("")}</dl>
</html>
`;
}

function heldTable(locks: readonly HeldLock[]): string {
  if (locks.length === 0) return "<p>None.</p>";
  return table(
    ["key", "ends in", "waiters here", "fencing token", "nodes"],
    locks.map(({ key, remainingMs, waiters, fencingToken, nodes }) => [
      escaped(key),
      number(remainingMs === null ? "never" : `${remainingMs.toLocaleString("en")} ms`),
      number(waiters),
      number(fencingToken),
      escaped(nodes.join(", ")),
    ]),
  );
}

/** A cell that is set like a number. */
function number(value: string | number): string {
  return `<span class="number">${value}</span>`;
}

/** @param rows of cells in HTML */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => `<th>${column}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n");
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
