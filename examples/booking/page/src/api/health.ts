interface NodeReport {
  readonly node: string;
  readonly state: string;
  readonly voting: boolean;
  readonly reason?: string;
}

export interface Health {
  readonly locks: "up" | "degraded" | "down";
  readonly nodes: readonly NodeReport[];
  readonly database?: "up" | "down";
  readonly server?: { readonly pid: number; readonly door: string };
}

/** How the locks fare; `undefined`: the server can't be reached. Bad health is an answer too, with the status 503. */
export async function readHealth(signal: AbortSignal): Promise<Health | undefined> {
  try {
    const response = await fetch("/api/health", { signal });
    const health = (await response.json()) as Partial<Health>;
    return health.locks && health.nodes ? (health as Health) : undefined;
  } catch {
    return undefined;
  }
}
