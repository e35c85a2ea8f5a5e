import autocannon from "autocannon";
import type { Case } from "../case.js";
import { type Child, startChild } from "../children.js";
import { Server } from "../servers.js";
import { percentile } from "../statistics/numbers.js";

const CONNECTIONS = 32;
const ROUND_SECONDS = 1;
const ROUTES = ["bare", "by-hand", "locked"] as const;

interface Round {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly p99Ms: number;
}

export const lockedRoute: Case = {
  name: "locked-route",
  title: "A locked route of Express",
  method:
    `One route three times in one Express application: without a lock, with acquire and release by hand, and behind \`locked()\`; ` +
    `autocannon with ${CONNECTIONS} connections asks each in turn, for ${ROUND_SECONDS} s a round, always for a key that nobody ` +
    "else wants, on one Redis server. CPU is that of the application's process. All figures are those of the median round. " +
    "What `locked()` does beyond acquire and release, and what the difference is spent on: it hears of the end of the response " +
    "and of the connection, keeps the lock until then, runs the handler in the async context of the lease, and can tell it that " +
    "the lease is lost or the client gone.",
  columns: [
    { figure: "ratio", title: "throughput / by hand", digits: 2 },
    { figure: "cpuRatio", title: "CPU / by hand", digits: 2 },
    { figure: "perSecond", title: "requests a second", digits: 0 },
    { figure: "byHandPerSecond", title: "by hand", digits: 0 },
    { figure: "barePerSecond", title: "without a lock", digits: 0 },
    { figure: "p99Ms", title: "p99, ms", digits: 1 },
  ],
  jobs: (quick) => [
    {
      contestant: "kit",
      scenario: { framework: "Express 5", nodes: 1 },
      async run() {
        await using server = await Server.start();
        await using child = await startChild("lockedRoute", `redis://127.0.0.1:${server.port}`);
        const url = await child.call("url");
        const rounds = Object.fromEntries(ROUTES.map((route) => [route, [] as Round[]]));
        for (let i = 0; i < (quick ? 3 : 13); i++) {
          // They take turns at coming first, and the first round warms up.
          for (const route of i % 2 === 0 ? ROUTES : ROUTES.toReversed()) {
            const round = await play(child, url, route);
            if (i > 0) rounds[route]?.push(round);
          }
        }
        const median = (route: (typeof ROUTES)[number], figure: keyof Round): number | undefined =>
          percentile(
            (rounds[route] ?? []).map((round) => round[figure]),
            0.5,
          );
        const ratios = (figure: keyof Round): number | undefined =>
          percentile(
            (rounds.locked ?? []).map((round, i) => round[figure] / (rounds["by-hand"]?.[i]?.[figure] ?? 0)),
            0.5,
          );
        return {
          figures: {
            ratio: ratios("perSecond"),
            cpuRatio: ratios("cpuUs"),
            perSecond: median("locked", "perSecond"),
            byHandPerSecond: median("by-hand", "perSecond"),
            barePerSecond: median("bare", "perSecond"),
            p99Ms: median("locked", "p99Ms"),
          },
        };
      },
    },
  ],
};

let seats = 0;

async function play(child: Child<"lockedRoute">, url: string, route: string): Promise<Round> {
  const cpuBefore = await child.call("cpuUs");
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: ROUND_SECONDS,
    requests: [
      { method: "POST", setupRequest: (request) => ({ ...request, path: `/${route}/${++seats % 100_000}` }) },
    ],
  });
  const cpuUs = (await child.call("cpuUs")) - cpuBefore;
  const answers = result["2xx"];
  if (answers !== result.requests.total || result.errors > 0)
    throw new Error(`${result.non2xx} of ${result.requests.total} answers of ${route} were no success`);
  return { perSecond: answers / result.duration, cpuUs: cpuUs / answers, p99Ms: result.latency.p99 };
}
