/** Kazakh, Russian and English say the same things, and nothing on a screen is said outside of their files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import en from "@/locales/en.json";
import kk from "@/locales/kk.json";
import ru from "@/locales/ru.json";

type Tree = { [key: string]: string | Tree };
const LOCALES: Record<string, Tree> = { kk, ru, en };
/** `link.too_many` is a code of the centre, and no plural. */
const PLURAL = /(?<!too)_(zero|one|two|few|many|other)$/;

function leaves(tree: Tree, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") found.set(path + key, value);
    else for (const [inner, text] of leaves(value, `${path}${key}.`)) found.set(inner, text);
  }
  return found;
}

const baseKeys = (tree: Tree) =>
  [...new Set([...leaves(tree).keys()].map((key) => key.replace(PLURAL, "")))].sort();
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

describe.each(Object.keys(LOCALES))("%s", (language) => {
  const tree = LOCALES[language] ?? {};

  test("has every text", () => {
    expect(baseKeys(tree)).toEqual(baseKeys(kk));
  });

  test("has no empty text", () => {
    expect([...leaves(tree)].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  test("has every plural form of the language and no other", () => {
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories.slice().sort();
    const forms = new Map<string, string[]>();
    for (const key of leaves(tree).keys()) {
      const form = PLURAL.exec(key)?.[1];
      if (form !== undefined)
        forms.set(key.replace(PLURAL, ""), [...(forms.get(key.replace(PLURAL, "")) ?? []), form]);
    }
    expect(forms.size).toBeGreaterThan(0);
    for (const [key, found] of forms) expect([key, found.sort()]).toEqual([key, wanted]);
  });

  test("fills in the same values as the Kazakh text", () => {
    const others = leaves(tree);
    for (const [key, text] of leaves(kk)) {
      const other = others.get(key);
      if (other !== undefined) expect([key, placeholders(other)]).toEqual([key, placeholders(text)]);
    }
  });
});

/** Words that are the same in both languages. */
const SHARED = new Set([
  "body.police",
  "body.prosecutor",
  "inspection.cameras_one",
  "inspection.photos_one",
  "inspection.photos_other",
  "remark.body",
  "remark.frame",
  "remark.measured.mbit",
  "remark.target.camera",
  "setup.rate",
  "setup.house_change.codec",
  "setup.house_change.bit_rate",
  "setup.kbit",
  "archive.beside_one",
  "archive.export.camera",
  "camera.measured",
  "checklist.scenario",
  "desk.map",
  "keys.map",
  "plan_point.camera",
  "language.kk.name",
  "language.ru.name",
  "role.inspector",
  "school.phone",
  "school_action_name.evacuate",
  "norms.option.college",
  "norms.option.police",
  "norms.owner.police",
  "norms.owner.psychologist",
  "norms.unit.Mbit/s",
  "school_kind.college",
  "schools.column.phone",
  "source.operator",
  "supervision.duty.technician",
  "top.zone",
  "watches.camera",
  "zone.office",
]);

test("Kazakh is not Russian left standing", () => {
  const russian = leaves(ru);
  const same = [...leaves(kk)].filter(([key, text]) => russian.get(key) === text && /[а-я]{4}/i.test(text));
  expect(same.filter(([key]) => !SHARED.has(key))).toEqual([]);
});

const SPOKEN = new Set(["title", "aria-label", "placeholder", "alt", "label", "detail"]);

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : entry.name.endsWith(".tsx") ? [path] : [];
  });
}

/** Words written straight into JSX: between tags, or in an attribute that is shown or read aloud. */
function literals(path: string): string[] {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, "utf8"),
    ts.ScriptTarget.Latest,
    true,
    ts.ScriptKind.TSX,
  );
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) found.push(`${path}: ${node.text.trim()}`);
    if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText()) && node.initializer !== undefined) {
      if (ts.isStringLiteral(node.initializer) && /\p{L}/u.test(node.initializer.text))
        found.push(`${path}: ${node.getText()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Names of keys on the keyboard are the same in every language. */
const KEYBOARD = /: (Ctrl [KSYZ]|Esc)$/;

test("no text is written outside of the locale files", () => {
  const folder = join(import.meta.dirname, "../src");
  expect(
    files(folder)
      .flatMap(literals)
      .filter((text) => !KEYBOARD.test(text)),
  ).toEqual([]);
}, 60_000);
