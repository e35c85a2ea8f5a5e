import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { canInstallPackages, installPackage } from "./debian-packages.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Sees to a browser for the tests of the page, by installing it where that needs no question. They are skipped without. */
export async function offerBrowser() {
  if (hasBrowser()) return;
  if (canInstallPackages()) {
    console.log("A browser is missing: installing Debian's package of chromium.");
    await installPackage("chromium");
    if (hasBrowser()) return;
  }
  console.log(
    `There is no browser here (${NAMES.join(", ")}): the tests of the page are skipped. CHROMIUM=path names one.`,
  );
}

function hasBrowser() {
  const { CHROMIUM, PATH = "" } = process.env;
  if (CHROMIUM) return existsSync(CHROMIUM);
  return PATH.split(delimiter).some((folder) => NAMES.some((name) => existsSync(join(folder, name))));
}
