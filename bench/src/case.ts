import type { ContestantId } from "./contestants/all.js";

/** What sets one measurement of a case apart from the others: nodes, waiters, a fault. */
export type Scenario = Readonly<Record<string, string | number>>;

/** What was measured; undefined: there was nothing to measure. */
export type Figures = Readonly<Record<string, number | undefined>>;

/** One line of the results. */
export interface Measurement {
  readonly case: string;
  readonly contestant: ContestantId;
  readonly scenario: Scenario;
  readonly figures: Figures;
  /** What went wrong, if anything did. */
  readonly remark?: string;
}

/** One measurement to be made, with processes and servers of its own. */
export interface Job {
  readonly contestant: ContestantId;
  readonly scenario: Scenario;
  run(): Promise<{ readonly figures: Figures; readonly remark?: string }>;
}

/** How a figure is shown. */
interface Column {
  readonly figure: string;
  readonly title: string;
  readonly digits: number;
}

/** A picture of one figure: a group of bars for each circumstance, a bar for each library. */
interface Plot {
  readonly title: string;
  readonly figure: string;
  readonly digits: number;
  readonly scale: "linear" | "log";
  readonly target?: { readonly value: number; readonly label: string };
  shows(scenario: Scenario): boolean;
  group(scenario: Scenario): string;
}

/** A question that the benchmark asks. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /** How it is measured and what the figures mean: a paragraph of the report. */
  readonly method: string;
  readonly columns: readonly Column[];
  readonly plot?: Plot;
  /** `quick`: just enough to see that everything works; its figures are worth little. */
  jobs(quick: boolean): readonly Job[];
}
