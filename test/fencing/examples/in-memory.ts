import { memoryFence } from "@redlock-kit/core/fencing";

const guard = memoryFence();
const documents = new Map<string, string>();

export async function save(id: string, text: string, fencingToken: number): Promise<boolean> {
  if (!(await guard.admit(`document:${id}`, fencingToken))) return false;
  documents.set(id, text); // at once: another await would give a newer holder time to come between
  return true;
}

export async function read(id: string): Promise<string | undefined> {
  return documents.get(id);
}
