/** No usable answer: the third answer beside yes and no. */
export class Unknown {
  constructor(readonly reason: string) {}

  /** What a rejection says to an operator. */
  static of(error: unknown): Unknown {
    return new Unknown(error instanceof Error ? error.message || error.name : String(error));
  }
}
