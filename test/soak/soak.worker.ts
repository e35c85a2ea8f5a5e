import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { createLockManager, type Lease } from "@redlock-kit/core";
import { Redis } from "ioredis";
import type { Answers, Stand, Troubles, WorkerSample, WorkerSetting } from "./answers.js";
import { Load } from "./load.js";
import { countObjects, memoryInUse, kindsOfObjects, resourcesByKind } from "./measure.js";
import { MANAGER } from "./newcomer.js";
import { Witness } from "./witness.js";

const MOST_TOLD = 20;

const setting = JSON.parse(process.argv[2] ?? "") as WorkerSetting;
const strays: string[] = [];
let left = false;
const stray = (error: unknown): void => {
  if (strays.length < MOST_TOLD) strays.push(inspect(error, { depth: 4 }));
};
process.on("warning", stray);
process.on("unhandledRejection", stray);
process.on("uncaughtException", stray);
// ioredis prints errors that nobody listens to, by name; Node prints what was heard as a warning above.
console.error = (...words: unknown[]) => {
  if (!String(words[0]).startsWith("(node:")) stray(words);
};
process.once("disconnect", () => {
  if (!left) process.exit(1); // whoever started it has gone
});

const mailbox = new Redis(setting.witness);
const witness = new Witness(mailbox);
const locks = createLockManager({ ...MANAGER, nodes: setting.nodes });
const load = new Load({ locks, witness, mailbox }, setting, stray);
const kinds = kindsOfObjects(locks, await warmUp());

/** Does what is done once: every node is known, and tells of releases. */
async function warmUp(): Promise<Lease> {
  const lease = await locks.acquire("warm up", { waitMs: 30_000 });
  const waiting = locks.acquire("warm up", { waitMs: 30_000 });
  while (!locks.stats().nodes.every(({ voting, notices }) => voting && notices === "active")) await sleep(20);
  await lease.release();
  const next = await waiting;
  await next.release();
  return next;
}

function troubles(): Troubles {
  return { violations: witness.violations.slice(0, MOST_TOLD), strays };
}

async function sample(): Promise<WorkerSample> {
  const { heapUsed, external, rss } = await memoryInUse();
  const { held, waiting, acquired } = locks.stats();
  const { names, refusals } = load;
  return {
    heapUsed,
    buffers: external,
    rss,
    resources: resourcesByKind(),
    held,
    waiting,
    locks: acquired,
    names,
    refusals,
    troubles: troubles(),
  };
}

async function stand(): Promise<Stand> {
  // Nodes are only known by what they are asked.
  await locks.inspect("warm up").catch(() => {});
  const { held, waiting, overrun, nodes } = locks.stats();
  const silent = nodes.filter(({ voting }) => !voting).map(({ node, reason }) => `${node}: ${reason}`);
  const resources = resourcesByKind();
  return {
    resources,
    objects: countObjects(kinds),
    held,
    waiting,
    overrun,
    silent,
    names: load.names,
    troubles: troubles(),
  };
}

const answers: { [Question in keyof Answers]: () => Promise<Answers[Question]> } = {
  async begin() {
    load.begin();
    return null;
  },
  sample,
  async rest() {
    await load.end();
    return witness.counts;
  },
  stand,
  async leave() {
    left = true;
    await locks.close();
    mailbox.disconnect();
    return null;
  },
};

process.on("message", ({ question }: { question: keyof Answers }) => {
  answers[question]()
    .then(
      (answer) => process.send?.({ answer }),
      (error: unknown) => process.send?.({ error: inspect(error) }),
    )
    .finally(() => {
      if (left) process.disconnect();
    });
});
process.send?.({ answer: "ready" });
