/** What the norms ask, as people see it: nothing unknown looks well, and each number says of what it is a share. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import i18n from "i18next";
import { act, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { askedOf, readNorms, readRegistry, readStanding } from "@/app/places";
import { Documents } from "@/features/norms/Documents";
import { EMPTY, lackOf, ordered } from "@/features/norms/documents";
import { sentence } from "@/features/norms/explanation";
import { areasOf } from "@/features/norms/geo";
import type {
  NormItem,
  Reason,
  RequirementPage,
  SchoolDocument,
  SchoolNorms,
  Site,
  StandingRow,
} from "@/features/norms/norms";
import { RegistryImport } from "@/features/norms/RegistryImport";
import { Requirement } from "@/features/norms/Requirement";
import { draftOf, lackOf as siteLack, wishOf } from "@/features/norms/site";
import { SiteForm } from "@/features/norms/SiteForm";
import { Standing } from "@/features/norms/Standing";
import { percent, share, sorted, step, trendRuns } from "@/features/norms/standing";
import { Today } from "@/features/norms/Today";
import { isoDay } from "@/vocabulary/time";
import { startTexts } from "@/locales/i18n";
import { WorldContext } from "@/world/hooks";
import type { WorldStore } from "@/world/store";

/** The client keeps the `fetch` that it finds when it is loaded. */
const wire = vi.hoisted(() => {
  const wire = { fetch: null as typeof fetch | null };
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("fetch", (...about: Parameters<typeof fetch>) => wire.fetch?.(...about));
  return wire;
});
/** 23.11.2026, 11:00 in Almaty. */
const NOW = Date.parse("2026-11-23T06:00:00Z");
const name = (text: string) => ({ kk: `${text} (kk)`, ru: text, en: `${text} (en)` });

// --- the centre, as far as these screens ask it ---------------------------------------------------------------------

interface Asked {
  method: string;
  path: string;
  body: unknown;
}
type Answer = { status: number; body: unknown };
let answers: Record<string, Answer | Answer[]> = {};
let asked: Asked[] = [];

async function centre(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(
    input instanceof Request ? input : new URL(String(input), "http://centre.test"),
    init,
  );
  const path = new URL(request.url).pathname;
  const text = request.headers.get("content-type")?.includes("json") === true ? await request.text() : "";
  asked.push({ method: request.method, path, body: text === "" ? null : JSON.parse(text) });
  const known = answers[`${request.method} ${path}`];
  const answer = Array.isArray(known) ? (known.length > 1 ? known.shift() : known[0]) : known;
  const { status, body } = answer ?? { status: 404, body: { code: "not_found" } };
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}
const says = (body: unknown): Answer => ({ status: 200, body });

// --- a page with one screen on it ------------------------------------------------------------------------------------

let root: Root;
let page: HTMLElement;
const store = { now: () => NOW, subscribe: () => () => undefined } as unknown as WorldStore;

async function show(screen: ReactNode): Promise<void> {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  await act(async () => {
    root.render(
      <QueryClientProvider client={queries}>
        <WorldContext value={store}>{screen}</WorldContext>
      </QueryClientProvider>,
    );
  });
}
const all = (testId: string) => [...page.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)];
const one = (testId: string): HTMLElement => {
  const [found, ...others] = all(testId);
  if (found === undefined || others.length > 0)
    throw new Error(`${1 + others.length} of ${testId}: ${page.innerHTML}`);
  return found;
};
/** As patient as a loaded machine wants it. */
const PATIENCE_MS = 30_000;
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
const shown = (testId: string) => until(() => one(testId));
const press = (element: Element) =>
  act(async () => void element.dispatchEvent(new MouseEvent("click", { bubbles: true })));
const type = (testId: string, text: string) =>
  act(async () => {
    const field = one(testId) as HTMLInputElement | HTMLSelectElement;
    const proto =
      field instanceof HTMLSelectElement ? HTMLSelectElement.prototype : HTMLInputElement.prototype;
    Object.getOwnPropertyDescriptor(proto, "value")?.set?.call(field, text);
    field.dispatchEvent(
      new Event(field instanceof HTMLSelectElement ? "change" : "input", { bubbles: true }),
    );
  });

vi.setConfig({ testTimeout: 2 * PATIENCE_MS });
beforeAll(async () => {
  await startTexts();
  await i18n.changeLanguage("ru");
});
beforeEach(() => {
  answers = {};
  asked = [];
  wire.fetch = centre;
  page = document.createElement("div");
  document.body.append(page);
  root = createRoot(page);
});
afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
});

// --- what fails today ------------------------------------------------------------------------------------------------

const item = (requirement: string, change: Partial<NormItem> = {}): NormItem => ({
  requirement,
  title: name(requirement),
  clause: "п. 88",
  status: "digest",
  verdict: "not",
  since: "2026-11-20T04:00:00Z",
  due: "2026-11-21",
  owner: "head",
  severity: "critical",
  gate: true,
  how_checked: "telemetry",
  what_to_do: name("Почините"),
  ...change,
});
const NONE = { not: 0, partly: 0, unknown: 0, compliant: 0, not_applicable: 0 };
const school = (items: NormItem[], due_soon: NormItem[] = []): SchoolNorms => ({
  as_of: "2026-11-23T05:59:00Z",
  gate: items[0]?.verdict ?? "unknown",
  counts: items.reduce((sum, { verdict }) => ({ ...sum, [verdict]: sum[verdict] + 1 }), NONE),
  items,
  due_soon,
});
const ways = {
  why: (one: NormItem, className: string, children: ReactNode) => (
    <a href={`#${one.requirement}`} className={className}>
      {children}
    </a>
  ),
  mend: (one: NormItem) => <button type="button">{one.how_checked}</button>,
};
const TODAY = "GET /api/schools/s/norms";
const today = () => show(<Today school="s" asked={{}} ways={ways} />);

describe("what fails today", () => {
  test("stands in the centre's order with clause, standing, owner, last day and a way to mend it", async () => {
    answers[TODAY] = says(
      school([
        item("archive"),
        item("fire", { verdict: "partly" }),
        item("button", { verdict: "unknown", due: null, status: "assumed", since: null }),
        item("fence", { verdict: "compliant" }),
      ]),
    );
    await today();
    await shown("norms-today");
    expect(all("norm-row").map(({ dataset }) => [dataset["requirement"], dataset["verdict"]])).toEqual([
      ["archive", "not"],
      ["fire", "partly"],
    ]);
    const [archive] = all("norm-row");
    const [button] = all("norm-unknown");
    for (const words of [
      "Не выполнено",
      "п. 88",
      "По пересказу акта",
      "Руководитель школы",
      "21.11.2026",
      "Почините",
    ])
      expect(archive?.textContent).toContain(words);
    expect(archive?.querySelector("[data-testid=norm-overdue]")).not.toBeNull();
    for (const words of ["button", "Решающее требование", "Наше предположение"])
      expect(button?.textContent).toContain(words);
    expect(one("norms-met").textContent).toContain("fence");
  });

  test("never says that all is well while something is not known", async () => {
    answers[TODAY] = says(school([item("a", { verdict: "unknown" }), item("b", { verdict: "compliant" })]));
    await today();
    await shown("norms-today");
    expect(all("norms-nothing-fails")).toEqual([]);
    expect(one("norms-gate").textContent).toContain("нет данных");
    expect(one("norms-unknown").textContent).toContain("Неизвестно об 1 требовании");
  });

  test("says that all is well only when all that concerns the school holds", async () => {
    answers[TODAY] = says(
      school([item("a", { verdict: "compliant" }), item("b", { verdict: "not_applicable" })]),
    );
    await today();
    expect((await shown("norms-nothing-fails")).textContent).toContain("1 требование");
  });

  test("is not empty where nothing was judged yet, and not fine where the centre does not answer", async () => {
    answers[TODAY] = [{ status: 503, body: { code: "unavailable" } }, says(school([]))];
    await today();
    expect((await shown("norms-problem")).textContent).toContain("неизвестно");
    await press(one("norms-problem").querySelector("button") as Element);
    await shown("norms-none");
    expect(all("norms-nothing-fails")).toEqual([]);
  });

  test("shows below what comes due", async () => {
    answers[TODAY] = says(
      school([item("a", { verdict: "compliant" })], [item("contract", { due: "2026-12-01" })]),
    );
    await today();
    await shown("norms-due-soon");
    expect(one("norm-due").textContent).toMatch(/contract.*8 дн/);
  });
});

// --- why -------------------------------------------------------------------------------------------------------------

const reason = (change: Partial<Reason>): Reason => ({
  says: "compare",
  holds: null,
  fact: "camera.archive_days",
  compare: "at_least",
  limit: 30,
  unit: "d",
  parameter: "",
  value: null,
  state: "known",
  observed_at: null,
  expires_at: null,
  due_on: null,
  evidence: "",
  collection: "",
  counted: 0,
  holding: 0,
  failing: 0,
  unknown: 0,
  subjects: [],
  parts: [],
  ...change,
});

describe("a reason as a sentence", () => {
  const t = i18n.t;
  const naming = (key: string) => ({ "camera.archive_days": "Глубина архива", camera: "Камеры" })[key] ?? key;
  const text = (change: Partial<Reason>) => sentence(t, reason(change), naming);
  test.each<[string, Partial<Reason>, string]>([
    ["a measured lack", { value: 21, holds: false }, "Глубина архива: 21 сут.; нужно не меньше 30 сут."],
    ["what nobody saw", { state: "missing" }, "Глубина архива: данных нет; нужно не меньше 30 сут."],
    [
      "what was seen too long ago",
      { state: "expired", value: 31, expires_at: "2026-11-20T00:00:00Z" },
      "Глубина архива: данные устарели 20.11.2026; нужно не меньше 30 сут.",
    ],
    [
      "a limit that no act tells",
      { state: "parameter_unknown", value: 21, limit: null },
      "Глубина архива: 21 сут.; нужное значение в доступных нам актах не найдено",
    ],
    ["a flag", { fact: "x", value: false, compare: "is", limit: true, unit: "" }, "x: нет; это обязательно"],
    [
      "a deadline",
      {
        says: "within",
        compare: "within",
        fact: "x",
        value: "2025-09-12",
        limit: "12 months",
        due_on: "2026-09-12",
      },
      "x: 12.09.2025; последний день — 12.09.2026",
    ],
    [
      "each of several",
      { says: "every", collection: "camera", counted: 11, holding: 8, failing: 2, unknown: 1, limit: 1 },
      "Камеры: выполняется для 8 из 11, не выполняется для 2, о 1 данных нет; нужно для всех",
    ],
    [
      "what was never listed",
      { says: "every", collection: "camera", state: "not_listed", limit: 1 },
      "Камеры: списка нет, поэтому обо всех сказать нельзя",
    ],
  ])("%s", (_, change, words) => expect(text(change)).toBe(words));
});

test("a requirement's page opens what fails, with its age, its proof and the clause's standing in plain words", async () => {
  const body: RequirementPage = {
    item: item("archive"),
    at: "2026-11-23T05:59:00Z",
    norm_day: "2026-11-23",
    pack_digest: "d1",
    provisions: [
      {
        key: "88",
        paragraph: "88",
        text: name("Архив не меньше 30 суток"),
        status: "digest",
        source: "https://adilet.zan.kz/rus/docs/V2200027414",
        checked_on: "2026-11-20",
      },
    ],
    applies: null,
    check: reason({
      says: "all",
      holds: false,
      parts: [
        reason({ value: 21, holds: false, observed_at: "2026-11-23T03:00:00Z", evidence: "camera:c1" }),
        reason({ says: "any", holds: true, parts: [reason({ value: 40, holds: true })] }),
      ],
    }),
    partly: null,
    titles: { "camera.archive_days": name("глубина архива") },
  };
  answers["GET /api/schools/s/norms/archive"] = says(body);
  await show(
    <Requirement
      school="s"
      requirement="archive"
      asked={{}}
      links={{
        evidence: (proof) => <a href={`#${proof}`}>{proof}</a>,
        subject: (collection, key) => `${collection} ${key}`,
      }}
      mend={() => null}
    />,
  );
  await shown("norm-page");
  const reasons = all("norm-reason");
  expect(reasons.map(({ dataset }) => dataset["holds"])).toEqual(["no", "no", "yes", "yes"]);
  expect(reasons[1]?.textContent).toContain("Глубина архива: 21 сут.");
  expect(reasons[1]?.textContent).toContain("установлено 23.11.2026 08:00:00");
  expect(reasons[1]?.querySelector("a")?.getAttribute("href")).toBe("#camera:c1");
  expect([...page.querySelectorAll("details")].map(({ open }) => open)).toEqual([true, false]);
  expect(one("norm-clause").textContent).toContain("Самого текста мы не видели");
});

// --- how territories stand -------------------------------------------------------------------------------------------

const row = (
  id: string,
  organisations: number,
  compliant: number,
  change: Partial<StandingRow> = {},
): StandingRow => ({
  id,
  name: name(id),
  organisations,
  connected: organisations,
  working: 0,
  compliant,
  unknown: organisations - compliant,
  drilled: 0,
  trend: [],
  ...change,
});

describe("standing", () => {
  test("is counted of all organisations; where there are none there is no share, and it is never the best", () => {
    const rows = [row("a", 10, 9), row("b", 0, 0), row("c", 200, 20)];
    expect(rows.map((one) => share(one, "compliant"))).toEqual([0.9, null, 0.1]);
    const ids = (down: boolean) => sorted(rows, "compliant", down, ({ id }) => id).map(({ id }) => id);
    expect(ids(false)).toEqual(["c", "a", "b"]);
    expect(ids(true)).toEqual(["a", "c", "b"]);
    expect([0.999, 1, 0].map(percent)).toEqual([99, 100, 0]);
    expect([null, 0, 0.2, 0.999, 1].map(step)).toEqual([null, 0, 1, 4, 4]);
  });

  test("draws no line over months without a snapshot", () => {
    expect(trendRuns([0, null, 0.5, 1], 90, 10)).toEqual(["M0.0 10.0h.1", "M60.0 5.0h.1L90.0 0.0"]);
  });

  test("carries the registry's date and the same denominators, and leads one level down", async () => {
    answers["GET /api/norms/standing"] = says({
      ...row("", 210, 29),
      as_of: "2026-11-23T05:59:00Z",
      registry_as_of: "2026-11-01T00:00:00Z",
      children: [row("KZ39", 200, 20), row("KZ75", 10, 9)],
    });
    const moves: unknown[] = [];
    await show(
      <Standing
        place={{ level: "country", of: undefined, pack: undefined, view: "table", measure: "compliant" }}
        onMove={(change) => moves.push(change)}
        school={(_, className, children) => <a className={className}>{children}</a>}
      />,
    );
    expect((await shown("standing-all")).textContent).toContain("01.11.2026");
    expect(one("standing-compliant").textContent).toBe("29 (13 %)");
    expect(all("standing-row").map(({ dataset }) => dataset["id"])).toEqual(["KZ39", "KZ75"]);
    expect(all("standing-row")[0]?.textContent).toContain("20 (10 %)");
    await press(one("sort-organisations"));
    expect(all("standing-row").map(({ dataset }) => dataset["id"])).toEqual(["KZ75", "KZ39"]);
    await press(all("standing-row")[1]?.querySelector("button") as Element);
    expect(moves).toEqual([{ level: "region", of: "KZ39" }]);
  });

  test("on the map each territory says its share, and one without data says so", async () => {
    const square = (code: string, lon: number) => ({
      type: "Feature",
      properties: { code },
      geometry: {
        type: "Polygon",
        coordinates: [
          [
            [lon, 0],
            [lon + 10, 0],
            [lon + 10, 10],
            [lon, 10],
            [lon, 0],
          ],
        ],
      },
    });
    answers["GET /geo/regions.geojson"] = says({
      type: "FeatureCollection",
      features: [square("A", 0), square("B", 10)],
    });
    answers["GET /api/norms/standing"] = says({
      ...row("", 10, 4),
      as_of: "2026-11-23T05:59:00Z",
      registry_as_of: null,
      children: [row("A", 10, 4)],
    });
    const moves: unknown[] = [];
    await show(
      <Standing
        place={{ level: "country", of: undefined, pack: undefined, view: "map", measure: "compliant" }}
        onMove={(change) => moves.push(change)}
        school={() => null}
      />,
    );
    await shown("standing-map");
    const [known, blank] = all("standing-area");
    expect([known?.getAttribute("aria-label"), known?.dataset["step"]]).toEqual(["A: 40 %", "2"]);
    expect([blank?.dataset["step"], blank?.tabIndex]).toEqual(["none", -1]);
    await act(
      async () => void known?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })),
    );
    expect(moves).toEqual([{ level: "region", of: "A" }]);
    expect(one("standing-all").textContent).toContain("Дата реестра неизвестна");
  });

  test("borders become paths that fill the box, with the number in the middle", () => {
    const coordinates = [
      [
        [0, 0],
        [10, 0],
        [10, 10],
        [0, 10],
        [0, 0],
      ],
    ];
    const { areas } = areasOf(
      [{ type: "Feature", properties: { code: "A" }, geometry: { type: "Polygon", coordinates } }],
      100,
    );
    expect(areas[0]?.path).toMatch(/^M0\.0 .*Z$/);
    expect(areas[0]?.at.x).toBeCloseTo(50);
  });
});

// --- documents, the site, the registry -------------------------------------------------------------------------------

const paper = (id: string, change: Partial<SchoolDocument> = {}): SchoolDocument => ({
  id,
  kind: "guard_contract",
  number: "17",
  issued: "2026-01-10",
  valid_to: null,
  issuer: "",
  withdrawn_at: null,
  ...change,
});

const KINDS = [
  { kind: "guard_contract", title: name("договор охраны"), ends: true },
  { kind: "order", title: name("приказ"), ends: false },
];

describe("documents", () => {
  test("what ends first stands first, withdrawn ones last", () => {
    const items = [
      paper("endless"),
      paper("gone", { withdrawn_at: "2026-11-01T00:00:00Z", valid_to: "2026-01-01" }),
      paper("late", { valid_to: "2027-01-01" }),
      paper("soon", { valid_to: "2026-12-01" }),
    ];
    expect(ordered(items).map(({ id }) => id)).toEqual(["soon", "late", "endless", "gone"]);
  });

  test("the form says what is missing before the centre has to", () => {
    const today = "2026-11-23";
    const draft = { ...EMPTY, kind: "order", issued: "2026-11-20" };
    expect(lackOf(EMPTY, today, false)).toBe("kind");
    expect(lackOf({ ...draft, issued: "" }, today, false)).toBe("issued");
    expect(lackOf({ ...draft, issued: "2026-11-24" }, today, false)).toBe("future");
    expect(lackOf({ ...draft, valid_to: "2026-11-19" }, today, false)).toBe("order");
    expect(lackOf(draft, today, false)).toBeNull();
    expect(lackOf(draft, today, true)).toBe("end");
  });

  test("one is entered and withdrawn; withdrawing says what it means first", async () => {
    const there = {
      items: [paper("p", { valid_to: "2026-12-01" })],
      kinds: KINDS,
      may_edit: true,
    };
    answers["GET /api/schools/s/documents"] = says(there);
    answers["POST /api/schools/s/documents"] = says(paper("new"));
    answers["DELETE /api/schools/s/documents/p"] = says(paper("p"));
    await show(<Documents school="s" />);
    await shown("document-form");
    await press(one("document-add"));
    expect(one("document-lack").textContent).toBe("Выберите вид документа");
    await type("document-kind", "order");
    await type("document-issued", "2026-11-20");
    await press(one("document-add"));
    await until(() =>
      expect(asked.find(({ method }) => method === "POST")?.body).toMatchObject({
        kind: "order",
        issued: "2026-11-20",
        valid_to: null,
      }),
    );
    await press(one("document-withdraw"));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await press(one("document-withdraw-yes"));
    await until(() => expect(asked.some(({ method }) => method === "DELETE")).toBe(true));
  });

  test("who may only read is offered nothing to press", async () => {
    answers["GET /api/schools/s/documents"] = says({ items: [], kinds: [], may_edit: false });
    await show(<Documents school="s" />);
    expect((await shown("documents-none")).textContent).toContain("неизвестным");
    expect([all("document-form"), all("document-withdraw")]).toEqual([[], []]);
  });
});

describe("the facts of a school", () => {
  const blank: Site = {
    kind: "school",
    ownership: null,
    settlement: null,
    premises: null,
    peak_people: null,
    children: 0,
    has_preschool: null,
    round_the_clock: false,
    changed_at: null,
    may_edit: true,
  };

  test("keep what is not known apart from no and from nought", () => {
    const draft = draftOf(blank);
    expect([draft.has_preschool, draft.round_the_clock, draft.peak_people, draft.children]).toEqual([
      "",
      "no",
      "",
      "0",
    ]);
    expect(wishOf({ ...draft, peak_people: " 1 200 " })).toMatchObject({
      has_preschool: null,
      round_the_clock: false,
      peak_people: 1200,
      children: 0,
      ownership: null,
    });
    expect(siteLack({ ...draft, children: "many" })).toBe("children");
    expect(siteLack({ ...draft, peak_people: "-1" })).toBe("peak_people");
  });

  test("are sent whole", async () => {
    answers["GET /api/schools/s/site"] = says(blank);
    answers["PUT /api/schools/s/site"] = says({ ...blank, changed_at: "2026-11-23T06:00:00Z" });
    await show(<SiteForm school="s" />);
    await shown("site-form");
    await type("site-settlement", "village");
    await type("site-peak_people", "12x");
    await press(one("site-save"));
    expect(one("site-lack").textContent).toContain("целое число");
    await type("site-peak_people", "712");
    await press(one("site-save"));
    await until(() =>
      expect(asked.find(({ method }) => method === "PUT")?.body).toMatchObject({
        settlement: "village",
        peak_people: 712,
      }),
    );
    await until(() => expect(page.querySelector("[role=status]")?.textContent).toContain("Сохранено"));
  });
});

describe("an import of the registry", () => {
  const dry = {
    id: "i",
    file_name: "schools.xlsx",
    state: "faulty",
    rows: 20_000,
    added: 2,
    changed: 1,
    unchanged: 19_697,
    errors_count: 300,
    errors: [{ row: 17, column: "lat", value: "12", code: "not_a_number" }],
    changes: [
      { row: 3, site: "kst-003", kind: "changed", fields: [{ field: "head", before: "А", after: "Б" }] },
    ],
    applied_at: null,
  };

  test("with wrong rows shows them by number and has nothing to press", async () => {
    answers["GET /api/registry/imports/i"] = says(dry);
    await show(<RegistryImport id="i" onUploaded={() => undefined} />);
    expect((await shown("import-blocked")).textContent).toContain("300 ошибок");
    expect(all("import-apply")).toEqual([]);
    expect(all("import-error").map(({ dataset }) => dataset["row"])).toEqual(["17"]);
    await press(one("import-sheet-changes"));
    expect(one("import-change").textContent).toMatch(/kst-003.*head.*А.*Б/);
  });

  test("begins with a file, which goes whole and as it is; one that is too big does not go", async () => {
    answers["POST /api/registry/imports"] = { status: 201, body: { ...dry, id: "new" } };
    const uploaded: string[] = [];
    await show(<RegistryImport id={undefined} onUploaded={(id) => uploaded.push(id)} />);
    const choose = (file: File) =>
      act(async () => {
        const input = one("registry-file");
        Object.defineProperty(input, "files", { configurable: true, value: [file] });
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
    const big = new File(["site"], "big.csv");
    Object.defineProperty(big, "size", { value: 20_000_001 });
    await choose(big);
    expect(one("registry-too-big").textContent).toContain("20 МБ");
    await choose(new File(["site,kind"], "schools.csv"));
    await until(() => expect(uploaded).toEqual(["new"]));
    expect(asked.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test("without errors is applied at a press, once", async () => {
    answers["GET /api/registry/imports/i"] = says({ ...dry, state: "ready", errors: [], errors_count: 0 });
    answers["POST /api/registry/imports/i/apply"] = says({
      ...dry,
      state: "applied",
      errors: [],
      errors_count: 0,
      applied_at: "2026-11-23T06:00:00Z",
    });
    await show(<RegistryImport id="i" onUploaded={() => undefined} />);
    await press(await shown("import-apply"));
    await until(() => expect(asked.filter(({ path }) => path.endsWith("/apply"))).toHaveLength(1));
  });
});

test("addresses are read with suspicion, and only a day of the past asks for a norm of today", () => {
  expect(readNorms({ day: "2026-13-99", today: "yes", pack: 7 })).toEqual({
    pack: undefined,
    day: undefined,
    today: undefined,
  });
  const day = "2026-11-22";
  expect(askedOf(readNorms({ day }))).toEqual({ pack: undefined, at: day, norm_day: undefined });
  expect(askedOf(readNorms({ day, today: true }))).toEqual({ at: day, norm_day: isoDay(Date.now()) });
  expect(askedOf(readNorms({ today: true, pack: "kz" }))).toEqual({ pack: "kz" });
  expect(readStanding({ region: "KZ39", measure: "best", view: "list" })).toEqual({
    region: "KZ39",
    district: undefined,
    pack: undefined,
    view: undefined,
    measure: undefined,
  });
  expect(readRegistry({ import: 7 })).toEqual({ import: undefined });
});
