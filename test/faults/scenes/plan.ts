import { chance } from "../../waiting/chance.js";
import { faults } from "./all-faults.js";
import type { Aim, Expectation, Fault } from "./fault.js";
import type { RunSettings } from "./run-settings.js";
import { struckNodes } from "./scene.js";
import { WORKERS } from "./stage.js";

/** A scene that is to be played. */
export interface Plan {
  readonly title: string;
  readonly faults: readonly (readonly [Fault, Aim])[];
  readonly expected: Expectation;
  readonly nodes: number;
  readonly seed: number;
}

const NODES = [1, 3, 5];
const EVEN_TOO = [1, 2, 3, 5];
const AIMS: readonly Aim[] = ["a minority", "a quorum", "one worker's network", "one worker", "all workers"];
const PAIRS = { all: 12, short: 3 };

/** What is struck, in words. */
function struckIn(aim: Aim, nodes: number): string {
  const all = nodes === 1 ? "the only node" : `${nodes} nodes`;
  if (aim === "one worker") return `one of ${WORKERS} processes, ${all}`;
  if (aim === "all workers") return `all ${WORKERS} processes, ${all}`;
  if (aim === "one worker's network") return `${all}, for one of ${WORKERS} processes`;
  return nodes === 1 ? all : `${struckNodes(aim, nodes)} of ${all}`;
}

/** A fault as a whole sentence. */
export function sentenceOf({ name }: Fault, aim: Aim): string {
  return `${aim === "one worker" || aim === "all workers" ? "a process" : "a node"} ${name}`;
}

/** The scenes with one fault each. */
export function plansFor(group: keyof typeof faults, { all, rounds, seed }: RunSettings): Plan[] {
  const plans: Plan[] = [];
  const random = chance(seed);
  for (let round = 1; round <= rounds; round++) {
    for (const nodes of group === "sound" && all ? EVEN_TOO : NODES) {
      for (const fault of byNeeds(faults[group])) {
        for (const aim of aimsOf(fault, nodes, all)) {
          const expected = fault.aims[aim];
          if (expected === undefined) continue;
          const again = rounds === 1 ? "" : `, round ${round}`;
          const title = `${sentenceOf(fault, aim)} (${struckIn(aim, nodes)}${again})`;
          plans.push({ title, faults: [[fault, aim]], expected, nodes, seed: seedOf(random) });
        }
      }
    }
  }
  return plans;
}

/** Those together that can be played on the same stage. */
function byNeeds(of: readonly Fault[]): Fault[] {
  return [...of].sort(({ needs: a = "" }, { needs: b = "" }) => (a < b ? -1 : a > b ? 1 : 0));
}

function aimsOf(fault: Fault, nodes: number, all: boolean): Aim[] {
  const aims = AIMS.filter((aim) => fault.aims[aim] !== undefined && struckNodes(aim, nodes) > 0);
  if (all || fault.always) return aims;
  return nodes === 3 ? aims.slice(0, 1) : [];
}

/** Scenes with two faults at once, by chance. */
export function pairs({ all, rounds, seed }: RunSettings): Plan[] {
  const random = chance(seed);
  const nodesOf = all ? [3, 5] : [3];
  return nodesOf.flatMap((nodes) =>
    Array.from({ length: all ? PAIRS.all * rounds : PAIRS.short }, () => pair(nodes, random)),
  );
}

/** Two that can go on side by side: whoever must hold a lock begins, and no more forget than may. */
function pair(nodes: number, random: () => number): Plan {
  for (;;) {
    const [first, second] = [drawn(["nodes", "processes"], random), drawn(["network", "nodes"], random)];
    if (!canGoTogether(first, second)) continue;
    const both = [first, second];
    const expected = {
      exclusion: both.every(({ expected: { exclusion } }) => exclusion),
      granting: "perhaps" as const,
      lingersMs: Math.max(...both.map(({ expected: { lingersMs = 0 } }) => lingersMs)),
      assumption: "as for each",
    };
    const sentences = both.map(({ fault, aim }) => `${sentenceOf(fault, aim)} (${struckIn(aim, nodes)})`);
    return {
      title: sentences.join(" AND "),
      faults: both.map(({ fault, aim }) => [fault, aim]),
      expected,
      nodes,
      seed: seedOf(random),
    };
  }
}

interface Drawn {
  readonly group: keyof typeof faults;
  readonly fault: Fault;
  readonly aim: Aim;
  readonly expected: Expectation;
}

function drawn(groups: readonly (keyof typeof faults)[], random: () => number): Drawn {
  const group = one(groups, random);
  const fault = one(faults[group] as readonly Fault[], random);
  const aim = one(
    AIMS.filter((possible) => fault.aims[possible] !== undefined),
    random,
  );
  return { group, fault, aim, expected: fault.aims[aim] as Expectation };
}

function canGoTogether(first: Drawn, second: Drawn): boolean {
  // Servers that are killed take no commands, and what both promise together is another question if both break it.
  if (first.group === second.group) return false;
  if (!first.expected.exclusion || !second.expected.exclusion) return false;
  const clocks = [first, second].some(({ fault }) => fault.needs === "workers' clocks");
  if (clocks && (first.fault.forgets || second.fault.forgets)) return false;
  if (first.fault.forgets && second.fault.forgets) return false;
  if (second.aim === "one worker's network" && first.expected.granting !== "throughout") return false;
  if (!first.fault.needsHolder) return true;
  return (
    !second.fault.needsHolder && second.aim === "a minority" && second.expected.granting === "throughout"
  );
}

function one<T>(of: readonly T[], random: () => number): T {
  return of[Math.floor(random() * of.length)] as T;
}

function seedOf(random: () => number): number {
  return Math.floor(random() * 1_000_000);
}
