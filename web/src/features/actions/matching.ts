/** Schools by a part of their names. Pure. */
import type { School } from "@/api/types";

const plain = (text: string) => text.toLocaleLowerCase("kk");

/** Every word stands somewhere in the name, address or key, whichever language it is in. */
export function matching(typed: string, schools: Iterable<School>): School[] {
  const words = plain(typed)
    .split(/[\s,.№«»"-]+/u)
    .filter(Boolean);
  return [...schools].filter((school) => {
    const { name, address, site } = school;
    const hay = plain([name.kk, name.ru, name.en, address.kk, address.ru, address.en, site].join(" "));
    return words.every((word) => hay.includes(word));
  });
}
