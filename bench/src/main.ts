import { type Measurement, measureUncontended } from "./uncontended.js";

const BARS = new Map([
  [1, 0.9],
  [3, 1],
]);

console.log(
  "Acquire and release of a free lock, against SET NX PX and compare-and-delete on the same clients",
);
console.log("nodes   floor µs   kit µs   ratio   quartiles     bar");
for (const nodes of [1, 3, 5]) console.log(row(await measureUncontended(nodes)));

function row({ nodes, floorUs, kitUs, ratio, quartiles: [low, high] }: Measurement): string {
  const bar = BARS.get(nodes);
  const verdict = bar === undefined ? "-" : `${bar.toFixed(2)} ${ratio >= bar ? "met" : "missed"}`;
  const cells = [
    String(nodes).padEnd(5),
    floorUs.toFixed(1).padStart(10),
    kitUs.toFixed(1).padStart(8),
    ratio.toFixed(2).padStart(7),
    `${low.toFixed(2)}-${high.toFixed(2)}`.padStart(11),
    `   ${verdict}`,
  ];
  return cells.join(" ");
}
