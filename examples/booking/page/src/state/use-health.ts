import { useEffect, useState } from "preact/hooks";
import { type Health, readHealth } from "../api/health.js";

const POLL_MS = 2000;

/** How the locks fare, asked for while somebody looks. `undefined`: not known yet; `null`: no answer. */
export function useHealth(): Health | null | undefined {
  const [health, setHealth] = useState<Health | null>();
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const poll = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.visibilityState === "hidden") return;
      const found = await readHealth(over.signal);
      if (over.signal.aborted) return;
      setHealth(found ?? null);
      clearTimeout(timer);
      timer = setTimeout(() => void poll(), POLL_MS);
    };
    const onVisibility = (): void => void poll();
    document.addEventListener("visibilitychange", onVisibility);
    void poll();
    return () => {
      over.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, []);
  return health;
}
