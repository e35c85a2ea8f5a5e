import type { Health } from "../api/health.js";
import { useHealth } from "../state/use-health.js";

const DOORS: Readonly<Record<string, string>> = { nest: "NestJS", express: "Express" };

const WORDS: Record<Health["locks"], string> = {
  up: "Every lock node votes.",
  degraded: "A majority of the lock nodes votes: locks are granted.",
  down: "No lock is granted: nothing can be sold under one.",
};

/** What stands behind the page: the nodes that grant the locks, and the server that has answered. */
export function Backstage() {
  const health = useHealth();
  return (
    <section class="backstage" aria-labelledby="backstage-title">
      <h2 id="backstage-title">Backstage</h2>
      {health === null && <p class="backstage-state">The server does not answer.</p>}
      {health && (
        <>
          <p class="backstage-state" data-locks={health.locks}>
            {WORDS[health.locks]}
          </p>
          <ul class="nodes">
            {health.nodes.map(({ node, voting, reason }) => (
              <li key={node} data-voting={voting}>
                <span class="node-name">{node}</span>
                <span class="node-state">{voting ? "votes" : (reason ?? "does not vote")}</span>
              </li>
            ))}
          </ul>
          {health.database === "down" && (
            <p class="backstage-state" data-locks="down">
              The database does not answer.
            </p>
          )}
          {health.server && (
            <p class="door">
              Door: {DOORS[health.server.door] ?? health.server.door}, process {health.server.pid}
            </p>
          )}
        </>
      )}
    </section>
  );
}
