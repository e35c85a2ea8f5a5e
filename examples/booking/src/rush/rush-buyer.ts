import type { BuyerAnswer } from "./rush-tally.js";

export interface Purchase {
  readonly origin: string;
  readonly buyer: number;
  readonly showId: string;
  readonly seatId: string;
  readonly lock: boolean;
}

const outcomes: Partial<Record<number, BuyerAnswer["outcome"]>> = {
  201: "sold",
  409: "taken",
  423: "busy",
  402: "failed",
};

/** A server that is frozen answers when it goes on; whoever waits longer is told so. */
const LONGEST_WAIT_MS = 30_000;

/** One buyer: asks for the seat, and takes whatever answer comes. */
export async function buy({ origin, buyer, showId, seatId, lock }: Purchase): Promise<BuyerAnswer> {
  const path = [showId, "seats", seatId, lock ? "booking" : "naive-booking"]
    .map(encodeURIComponent)
    .join("/");
  const since = performance.now();
  const response = await fetch(`${origin}/api/shows/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ customer: `Buyer ${buyer}`, rush: true }),
    signal: AbortSignal.timeout(LONGEST_WAIT_MS),
  }).catch(() => undefined);
  await response?.arrayBuffer().catch(() => undefined);
  return {
    buyer,
    seatId,
    outcome: outcomes[response?.status ?? 0] ?? "unavailable",
    status: response?.status ?? 0,
    waitMs: Math.round((performance.now() - since) * 10) / 10,
    lockWaitMs: numberIn(/^lock;dur=(.+)$/.exec(response?.headers.get("server-timing") ?? "")?.[1]),
    retryAfterS: numberIn(response?.headers.get("retry-after")),
    servedBy: response?.headers.get("x-served-by") ?? null,
  };
}

function numberIn(text: string | null | undefined): number | null {
  return text ? Number(text) : null;
}
