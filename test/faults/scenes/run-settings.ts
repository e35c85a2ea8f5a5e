/** What a run plays: by default a part that takes a minute; `scripts/test-faults.mjs` sets the rest. */
export interface RunSettings {
  /** Everything, on one, three and five nodes, each for longer. */
  readonly all: boolean;
  readonly rounds: number;
  /** What everything random follows from. */
  readonly seed: number;
}

const { FAULTS, FAULTS_ROUNDS, FAULTS_SEED } = process.env;

export const settings: RunSettings = {
  all: FAULTS === "all",
  rounds: Number(FAULTS_ROUNDS ?? 1),
  seed: Number(FAULTS_SEED ?? Date.now() % 1_000_000),
};
