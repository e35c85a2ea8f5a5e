import { setTimeout as sleep } from "node:timers/promises";
import type { Mend } from "./fault.js";

/** Does something again and again, about every so many milliseconds, until it is mended. Settles after the first time. */
export async function repeatedly(
  random: () => number,
  everyMs: number,
  act: () => Promise<unknown>,
): Promise<Mend> {
  let going = true;
  await act();
  const acting = (async () => {
    while (going) {
      await sleep(everyMs * (0.5 + random()));
      if (going) await act();
    }
  })();
  acting.catch(() => {}); // whoever mends it hears of it
  return async () => {
    going = false;
    await acting;
  };
}
