const QUIET_MS = 1_500;

/** Tells what is waited for, once that takes long enough to wonder. */
export async function telling<T>(what: string, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => console.log(`  ${what} …`), QUIET_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
