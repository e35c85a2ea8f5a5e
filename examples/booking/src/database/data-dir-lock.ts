import { mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StartUpError } from "../start-up-error.js";

/**
 * Keeps a folder to this process: an embedded database would destroy it together with another.
 *
 * @returns what gives it back
 * @throws StartUpError if another process has it, or it can't be used
 */
export function lockDataDir(dataDir: string): () => void {
  const path = `${resolve(dataDir)}.lock`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (!create(path)) {
      const holder = Number(readFileSync(path, "utf8"));
      if (isRunning(holder)) {
        throw new StartUpError(`DATA_DIR ${dataDir} is in use by process ${holder}. Choose another one.`);
      }
      unlinkSync(path);
      if (!create(path)) throw new StartUpError(`DATA_DIR ${dataDir} is in use. Choose another one.`);
    }
  } catch (error) {
    if (error instanceof StartUpError) throw error;
    throw new StartUpError(`DATA_DIR ${dataDir} can't be used: ${(error as Error).message}`);
  }
  const giveBack = () => {
    process.off("exit", giveBack);
    rmSync(path, { force: true });
  };
  // For who is ended before there is anything to close.
  process.on("exit", giveBack);
  return giveBack;
}

/** Whether the file was not there before. */
function create(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid || !Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
