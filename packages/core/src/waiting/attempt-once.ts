import type { Clock } from "../clock.js";
import type { VotePlace } from "../quorum/attempt.js";
import { publish } from "../telemetry.js";
import type { Refusal } from "./refusal.js";
import { attemptOf, type Waiter, type Wanted } from "./waiter.js";

/** One attempt for somebody who does not wait. `waiter`: what sends them away while it is under way, if anything can. */
export function attemptOnce<Won extends { readonly kind: "won" }>(
  wanted: Wanted<Won>,
  waiter: Waiter<Won> | undefined,
): Promise<Won | Refusal> {
  const attempt = attemptOf(wanted, undefined).then((result) => {
    if (result.kind !== "won") tellContended(wanted, result, 1);
    return result;
  });
  if (waiter === undefined) return attempt;
  const unlessLeft = attempt.then(
    (result) => {
      if (waiter.left && result.kind === "won") wanted.discard(result);
      waiter.dismiss();
      return result;
    },
    (error: unknown) => {
      waiter.dismiss();
      throw error;
    },
  );
  return Promise.race([unlessLeft, waiter.promise]);
}

/**
 * An attempt at once for a waiter who need not be the first, since their token may hold the lock already. At the place of
 * their lane, so that it takes nothing that is kept for another process.
 */
export function attemptBeside<Won extends { readonly kind: "won" }>(
  waiter: Waiter<Won>,
  place: VotePlace,
  clock: Clock,
  onRefused?: (refusal: Refusal) => void,
): void {
  waiter.attempting(clock.monotonic());
  attemptOf(waiter.wanted, place).then(
    (result) => {
      if (result.kind !== "won") {
        if (!waiter.left) onRefused?.(result);
      } else if (waiter.left) waiter.wanted.discard(result);
      else waiter.win(result);
    },
    (error: unknown) => waiter.leave(error),
  );
}

/** Says that a lock was found to be held. */
export function tellContended(
  { keys, options }: Pick<Wanted<unknown>, "keys" | "options">,
  known: Refusal | undefined,
  attempt: number,
): void {
  if (known?.kind !== "held") return;
  const { freeInMs } = known;
  publish.contended(() => ({ keys, owner: options.owner, attempt, freeInMs }));
}
