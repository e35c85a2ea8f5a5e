/** Characters of a regular expression that stand for something else than themselves. */
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** Whether a name is like a pattern, in which `*` stands for any characters and `?` for one. */
export function globMatcher(pattern: string): (name: string) => boolean {
  const parts = Array.from(pattern, (character) => {
    if (character === "*") return "[^]*";
    return character === "?" ? "[^]" : character.replace(SPECIAL, "\\$&");
  });
  const like = new RegExp(`^${parts.join("")}$`, "u");
  return (name) => like.test(name);
}
