import type { ContestantKind } from "./contestant.js";
import { floor } from "./floor.js";
import { kit } from "./kit.js";
import { redisSemaphore } from "./redis-semaphore.js";
import { redlock4, redlock4Tuned } from "./redlock4.js";
import { redlock5, redlock5Tuned } from "./redlock5.js";
import { universal, universalLean, universalTuned } from "./redlock-universal.js";
import { sesame, sesameTuned } from "./sesame.js";

export const contestants = {
  kit,
  floor,
  redlock5,
  "redlock5-tuned": redlock5Tuned,
  redlock4,
  "redlock4-tuned": redlock4Tuned,
  sesame,
  "sesame-tuned": sesameTuned,
  semaphore: redisSemaphore,
  universal,
  "universal-tuned": universalTuned,
  "universal-lean": universalLean,
} as const satisfies Record<string, ContestantKind>;

export type ContestantId = keyof typeof contestants;

/** Libraries as they ship. */
export const SHIPPED = ["redlock5", "redlock4", "sesame", "semaphore", "universal"] as const;

/** Libraries that poll, told to poll every 10 ms, as often as any of them ships with. */
export const TUNED = [
  "redlock5-tuned",
  "redlock4-tuned",
  "sesame-tuned",
  "semaphore",
  "universal-tuned",
] as const;
