/** Nanoseconds by the system's monotonic clock, which all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint());
}
