/** A promise that a test settles when the time has come. */
export class Gate<T = void> {
  open!: (value: T) => void;
  readonly opened = new Promise<T>((resolve) => {
    this.open = resolve;
  });
}
