import { fixedDelay } from "@redlock-kit/core";

/** A wait in which no look helps: what ends it soon is a notice, or nothing. */
export const ONLY_NOTICES = { retry: fixedDelay(60_000, 0), ttlMs: 90_000, waitMs: 90_000 };
