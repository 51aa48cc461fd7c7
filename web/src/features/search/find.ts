/** Search over schools and cameras in what the browser already knows. Pure. */
import type { Camera, LocalText, School } from "@/api/types";

export type Found =
  { kind: "school"; school: School } | { kind: "camera"; camera: Camera; school: School | undefined };

const LIMIT = 40;

function words(text: string): string[] {
  return text
    .toLocaleLowerCase("kk")
    .split(/[\s,.№«»"-]+/u)
    .filter(Boolean);
}

function hay(...texts: (LocalText | string | undefined)[]): string {
  return texts
    .flatMap((text) =>
      text === undefined ? [] : typeof text === "string" ? [text] : [text.kk, text.ru, text.en],
    )
    .join(" ")
    .toLocaleLowerCase("kk");
}

/** Every word of the question stands somewhere in the names, whichever language they are in. Schools first. */
export function find(
  question: string,
  schools: ReadonlyMap<string, School>,
  cameras: ReadonlyMap<string, Camera>,
): Found[] {
  const asked = words(question);
  const matches = (text: string) => asked.every((word) => text.includes(word));
  const found: Found[] = [];
  for (const school of schools.values()) {
    if (found.length >= LIMIT) return found;
    if (matches(hay(school.name, school.address, school.site, school.head)))
      found.push({ kind: "school", school });
  }
  if (asked.length === 0) return found;
  for (const camera of cameras.values()) {
    if (found.length >= LIMIT) return found;
    const school = schools.get(camera.school);
    if (school === undefined) continue; // a neighbour's: it is shown with its alarm alone
    if (matches(hay(camera.name, camera.key, school?.name, school?.site)))
      found.push({ kind: "camera", camera, school });
  }
  return found;
}

/** Those whose title begins a word with each word of the question; all of them without a question. */
export function matchingDeeds<T extends { title: string }>(question: string, deeds: readonly T[]): T[] {
  const asked = words(question);
  return deeds.filter((deed) => {
    const said = words(deed.title);
    return asked.every((word) => said.some((own) => own.startsWith(word)));
  });
}
