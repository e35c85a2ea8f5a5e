/** What each process of a contest is told. */
export interface Contest {
  readonly urls: readonly string[];
  /** How many contend in each process. */
  readonly contenders: number;
}

/** What a process of a contest tells at its end. */
export interface Account {
  /** When each lease was held: from and to, in nanoseconds of the clock that all processes of a machine share. */
  readonly leases: readonly (readonly [string, string])[];
  /** How many turns each contender had. */
  readonly turns: readonly number[];
  readonly errors: readonly string[];
}
