/** Screens of remarks, inspections and districts, pressed as people press them. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import i18n from "i18next";
import { act, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Remark } from "@/api/types";
import { InspectionList, type InspectionRow } from "@/features/inspection/InspectionList";
import { Districts } from "@/features/quality/Districts";
import type { DistrictQuality } from "@/features/quality/quality";
import { DeedPanel } from "@/features/remarks/DeedPanel";
import { WriteButton } from "@/features/remarks/WriteButton";
import { startTexts } from "@/locales/i18n";
import { SessionContext, WorldContext } from "@/world/hooks";
import type { WorldStore } from "@/world/store";

interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown> | null;
}

const wire = vi.hoisted(() => {
  const wire = { answers: {} as Record<string, unknown>, asked: [] as unknown[] };
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("fetch", async (input: Request) => {
    const { pathname } = new URL(input.url);
    const text = await input.text();
    wire.asked.push({ method: input.method, path: pathname, body: text === "" ? null : JSON.parse(text) });
    const body = wire.answers[`${input.method} ${pathname}`];
    return new Response(JSON.stringify(body ?? { code: "not_found" }), {
      status: body === undefined ? 404 : 200,
      headers: { "content-type": "application/json" },
    });
  });
  return wire;
});
const asked = (method: string) => (wire.asked as Asked[]).filter((one) => one.method === method);

let root: Root;
let page: HTMLElement;
vi.setConfig({ testTimeout: 40_000 });
beforeAll(startTexts);
beforeEach(async () => {
  await i18n.changeLanguage("en");
  wire.answers = {};
  wire.asked = [];
  page = document.createElement("div");
  document.body.append(page);
  root = createRoot(page);
});
afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
});

const NOW = Date.parse("2026-11-23T06:00:00Z");
const store = { now: () => NOW, subscribe: () => () => undefined } as unknown as WorldStore;
async function show(screen: ReactNode, rights: string[] = []): Promise<void> {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const session = { role: "inspector", rights, user: { id: "u1", name: "А. Инспектор" } };
  await act(async () => {
    root.render(
      <QueryClientProvider client={queries}>
        <SessionContext value={session as never}>
          <WorldContext value={store}>{screen}</WorldContext>
        </SessionContext>
      </QueryClientProvider>,
    );
  });
}
const all = (testId: string) => [...page.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)];
/** As patient as a loaded machine wants it. */
const PATIENCE_MS = 20_000;
async function until<T>(look: () => T): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    await act(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));
    try {
      return look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
const one = (testId: string) =>
  until(() => {
    const [found, ...others] = all(testId);
    if (found === undefined || others.length > 0) throw new Error(`${all(testId).length} of ${testId}`);
    return found;
  });
const press = async (testId: string) => {
  const element = await one(testId);
  await act(async () => void element.dispatchEvent(new MouseEvent("click", { bubbles: true })));
};
const type = async (testId: string, text: string) => {
  const field = await one(testId);
  const proto = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
  await act(async () => {
    Object.getOwnPropertyDescriptor(proto.prototype, "value")?.set?.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
};
const name = (text: string) => ({ kk: text, ru: text, en: text });

// --- how districts stand ---------------------------------------------------------------------------------------------

const district = (code: string, clean: number, bad: number): DistrictQuality => ({
  district: { code, name: name(code) },
  region: "KZ39",
  schools: 10,
  clean,
  unseen: 10 - clean,
  cameras: 40,
  counts: { bad, suspect: 0, unknown: 0, ok: 40 - bad },
  approved: 3,
  faults: [{ fault: "few_frames", cameras: bad }],
});

test("districts stand with the worst share first, turn round at a press, and lead to their cameras", async () => {
  wire.answers["GET /api/quality/districts"] = { items: [district("B", 9, 1), district("A", 2, 7)] };
  const onDistrict = vi.fn();
  await show(<Districts onDistrict={onDistrict} />);
  await one("quality-districts");
  const codes = () => all("district-row").map((row) => row.dataset["code"]);
  expect(codes()).toEqual(["A", "B"]);
  expect(all("district-row")[0]?.textContent).toContain("20 % (2)");
  expect(all("district-row")[0]?.textContent).toContain("few frames a second 7");
  await press("sort-bad");
  expect(codes()).toEqual(["B", "A"]);
  await press("sort-bad");
  expect(codes()).toEqual(["A", "B"]);
  expect(page.querySelector('[aria-sort="descending"]')?.textContent).toContain("Bad");
  await act(async () => page.querySelector<HTMLElement>("tbody button")?.click());
  expect(onDistrict).toHaveBeenCalledWith("A");
});

// --- a remark is withdrawn -------------------------------------------------------------------------------------------

test("a remark is withdrawn only with a reason, and with the version that was on the screen", async () => {
  const remark = {
    id: "r1",
    version: 4,
    state: "issued",
    deadline: "2026-12-01",
    rights: ["comment", "withdraw"],
    target: { kind: "school" },
  } as unknown as Remark;
  wire.answers["POST /api/remarks/r1/deeds"] = { ...remark, state: "withdrawn", rights: [] };
  await show(<DeedPanel remark={remark} />);
  await press("deed-withdraw");
  expect((await one("deed-form")).dataset["deed"]).toBe("withdraw");
  await press("deed-do");
  expect((await one("deed-lack")).textContent).not.toBe("");
  expect(asked("POST")).toEqual([]);
  await type("deed-text", "  Written to the wrong school ");
  await press("deed-do");
  await until(() => expect(asked("POST")).toHaveLength(1));
  expect(asked("POST")[0]?.body).toMatchObject({
    deed: "withdraw",
    text: "Written to the wrong school",
    version: 4,
  });
});

// --- a remark is written from a live picture -------------------------------------------------------------------------

test("over a live picture a remark begins for who may write one, and for nobody else", async () => {
  const about = { school: "s1", target: { kind: "camera" as const, camera: "c1" }, title: "Hall" };
  await show(<WriteButton onPicture about={about} onWritten={vi.fn()} />, ["remarks.read"]);
  expect(all("write-open")).toEqual([]);
  await show(<WriteButton onPicture about={about} onWritten={vi.fn()} />, ["remarks.write"]);
  expect((await one("write-open")).getAttribute("aria-label")).toBe("Write a remark");
});

// --- inspections -----------------------------------------------------------------------------------------------------

const inspection = {
  id: "i1",
  school: "s1",
  school_name: name("School 12"),
  by: { id: "u1", name: "А. Инспектор" },
  body: "police",
  started_at: "2026-11-20T05:00:00Z",
  finished_at: "2026-11-20T06:00:00Z",
  counts: { ok: 12, remark: 3, not_seen: 1 },
  items: [],
  missing: ["f".repeat(64)],
} as unknown as InspectionRow;

async function showInspections(filter: { q?: string; mine?: true }, items: InspectionRow[]) {
  wire.answers["GET /api/inspections"] = { items, next: null };
  const onFilter = vi.fn();
  await show(
    <InspectionList
      filter={filter}
      onFilter={onFilter}
      mayInspect
      remarksOf={(school, words) => <a href={`/remarks?school=${school}`}>{words}</a>}
    />,
  );
  return onFilter;
}

test.each([
  ["en", "in order 12, remarks 3, not seen 1", "1 photo has not come yet"],
  ["ru", "в порядке: 12, с замечаниями: 3, не осмотрено: 1", "1 фото ещё не пришло"],
  ["kk", "дұрыс: 12, ескерту: 3, қаралмаған: 1", "1 фото әлі келген жоқ"],
])("an inspection says what was seen and what has not come yet (%s)", async (language, counts, missing) => {
  await i18n.changeLanguage(language);
  const onFilter = await showInspections({}, [inspection]);
  const row = await one("inspection-row");
  expect((await one("inspection-counts")).textContent).toBe(counts);
  expect((await one("inspection-missing")).textContent).toBe(missing);
  expect(row.querySelector("a")?.getAttribute("href")).toBe("/remarks?school=s1");
  expect(row.textContent).not.toMatch(/inspection\.|body\./);
  await type("inspections-search", "12");
  expect(onFilter).toHaveBeenCalledWith({ q: "12" });
});

test("no inspection at all is said otherwise than none that fits", async () => {
  await showInspections({}, []);
  await one("inspections-empty");
  const onFilter = await showInspections({ q: "x", mine: true }, []);
  await one("inspections-none-fits");
  await press("inspections-widen");
  expect(onFilter).toHaveBeenCalledWith({ school: undefined, mine: undefined, q: undefined });
});
