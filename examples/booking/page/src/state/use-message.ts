import { useCallback, useState } from "preact/hooks";

/** What was said last to the visitor. */
export interface Message {
  readonly text: string;
  readonly isAlarming: boolean;
}

export type Say = (text: string, isAlarming?: boolean) => void;

export function useMessage(): readonly [Message | undefined, Say] {
  const [message, setMessage] = useState<Message>();
  const say = useCallback<Say>((text, isAlarming = false) => setMessage({ text, isAlarming }), []);
  return [message, say];
}
