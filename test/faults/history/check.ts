import { allRecover, grantedThroughout, nothingGranted } from "./availability-rules.js";
import { callsSettle, errorsFit, workersAreQuiet } from "./call-rules.js";
import type { History } from "./history.js";
import { exclusion, holdersAreTold, tokensIncrease } from "./lease-rules.js";
import { keysExpire, locksAreGone } from "./leftover-rules.js";
import { storeAsTold, storeInOrder } from "./store-rules.js";

/** What docs/guarantees.md promises while a fault is in force; all other rules hold under every fault. */
export interface Promises {
  readonly exclusion: boolean;
  /** `throughout`: a quorum is well · `never`: there is none · `perhaps`: it depends on the moment. */
  readonly granting: "throughout" | "never" | "perhaps";
  /** For how much longer than its ttl a node may keep a lock that was not released. */
  readonly lingersMs?: number;
}

/** Every sentence is one violation of a rule that holds under these promises. */
export function violationsOf(history: History, promises: Promises): string[] {
  const { acquisitions, accepted, workers } = history;
  return [
    ...(promises.exclusion ? exclusion(acquisitions) : []),
    ...tokensIncrease(acquisitions),
    ...holdersAreTold(acquisitions),
    ...storeInOrder(accepted),
    ...storeAsTold(history),
    ...callsSettle(history),
    ...errorsFit(acquisitions),
    ...workersAreQuiet(workers),
    ...(promises.granting === "throughout" ? grantedThroughout(history) : []),
    ...(promises.granting === "never" ? nothingGranted(history) : []),
    ...allRecover(history, promises.lingersMs),
    ...keysExpire(history),
    ...locksAreGone(history, promises.lingersMs),
  ];
}
