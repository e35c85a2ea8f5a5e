import type { Aim, Expectation } from "./fault.js";

const RESPECTED = "hold";

/** A quorum is well, so that everything goes on. */
export const goesOn: Expectation = { exclusion: true, granting: "throughout", assumption: RESPECTED };

/** There is no quorum: nothing is granted. */
export const stops: Expectation = { exclusion: true, granting: "never", assumption: RESPECTED };

/** Now there is a quorum and now there is none. */
export const stutters: Expectation = { exclusion: true, granting: "perhaps", assumption: RESPECTED };

/** Memory is lost that leases stood on. */
export const forgets: Expectation = { exclusion: false, granting: "perhaps", assumption: "breaks 1" };

/** What strikes nodes, or the network in front of them, and keeps them from answering as long as it lasts. */
export const silences: Partial<Record<Aim, Expectation>> = { "a minority": goesOn, "a quorum": stops };

/** The same for what strikes the network, which can be the network of one worker. */
export const cutsOff: Partial<Record<Aim, Expectation>> = { ...silences, "one worker's network": goesOn };
