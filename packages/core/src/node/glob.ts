/** Characters of a regular expression that stand for something else than themselves. */
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** Whether a name begins with `prefix` and goes on like `pattern`, in which `*` stands for any characters and `?` for one. */
export function nameMatcher(prefix: string, pattern: string): (name: string) => boolean {
  const parts = Array.from(pattern, (character) => {
    if (character === "*") return "[^]*";
    return character === "?" ? "[^]" : character.replace(SPECIAL, "\\$&");
  });
  const like = new RegExp(`^${parts.join("")}$`, "u");
  return (name) => name.startsWith(prefix) && like.test(name.slice(prefix.length));
}
