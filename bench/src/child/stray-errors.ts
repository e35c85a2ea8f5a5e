/** Errors that nobody awaits must be counted; by themselves they would end the process. */
let count = 0;

export function countStrayErrors(): void {
  for (const event of ["unhandledRejection", "uncaughtException"] as const) process.on(event, () => count++);
}

export function strayErrors(): number {
  return count;
}
