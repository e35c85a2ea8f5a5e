/** `npm test` plays the seeds from 1 to this. */
export const SEEDS = 2_000;
