import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { runOrExit } from "./run.mjs";

const POLICY = "/usr/sbin/policy-rc.d";

/** Whether packages can be installed without a question: on Debian and its like, as root. */
export function canInstallPackages() {
  const release = "/etc/os-release";
  if (process.getuid?.() !== 0 || !existsSync(release)) return false;
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync(release, "utf8"));
}

/** Installs a package. None of its services starts: a policy forbids it, and one that is there already stays. */
export async function installPackage(name) {
  const ownPolicy = !existsSync(POLICY);
  const removePolicy = () => rmSync(POLICY, { force: true });
  if (ownPolicy) {
    writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    process.once("exit", removePolicy);
  }
  const apt = (...args) =>
    runOrExit("apt-get", args, { title: `apt-get ${args[0]}`, env: { DEBIAN_FRONTEND: "noninteractive" } });
  await apt("update");
  await apt("install", "-y", "--no-install-recommends", name);
  if (ownPolicy) removePolicy();
}
