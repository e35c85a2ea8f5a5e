/** The value of a lock that is kept from everybody for a while after its release by `token`. */
export function keptValue(token: string): string {
  return `released:${token}`;
}
